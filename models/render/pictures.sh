#!/bin/sh
# Draws the pictures the shipped model learns from: pictures.sh DATA OUT
# DATA holds street/ and street_extra/. OUT gets whole, composed, composed-again and val.
# Called again it goes on where it stopped. One to three processor hours.
set -eu
if [ $# -ne 2 ]; then
    sed -n '2,4s/^# //p' "$0" >&2
    exit 2
fi
absolute() { CDPATH='' cd -- "$1" && pwd; }
data=$(absolute "$1")
mkdir -p "$2"
out=$(absolute "$2")
cd "$(dirname "$0")"
# COUNT shortens a trial of this script.
whole=${COUNT:-1200}
composed=${COUNT:-2000}
[ -d node_modules ] || npm ci
node render.mjs pictures --out "$out/val" --count 300 --seed v3val --split val
node render.mjs pictures --out "$out/whole" --count "$whole" --seed v3
node render.mjs backgrounds --images "$data" --out "$out/backgrounds.json"
node render.mjs compose --backgrounds "$out/backgrounds.json" --images "$data" \
    --out "$out/composed" --count "$composed" --seed v3
node render.mjs compose --backgrounds "$out/backgrounds.json" --images "$data" \
    --out "$out/composed-again" --count "$composed" --seed v4
