#!/bin/sh
# Trains street-nano and exports it: retrain.sh DATA WEIGHTS RENDERED RUNS [DEVICE [OUT]]
# Started again with the same RUNS folder it goes on from the last finished epoch.
# DATA holds street/ and street_extra/; RENDERED holds train/ and val/, and beside them any
# folders composed-* and scenes-* with images and an annotations.json.
set -eu
if [ $# -lt 4 ]; then
    sed -n '2,5s/^# //p' "$0" >&2
    exit 2
fi
absolute() { CDPATH='' cd -- "$1" && pwd; }
data=$(absolute "$1")
weights=$(absolute "$(dirname "$2")")/$(basename "$2")
rendered=$(absolute "$3")
mkdir -p "$4"
runs=$(absolute "$4")
device=${5:-cpu}
cd "$(dirname "$0")"
out=${6:-../street-nano}
python=${PYTHON:-python3}
# EPOCHS and SAMPLES shorten a trial of this script; the shipped model has the defaults.
epochs=${EPOCHS:-24}
samples=${SAMPLES:-3200}

set --
count=$(find "$rendered" -maxdepth 2 -name annotations.json ! -path '*/val*/*' | wc -l)
for file in "$rendered"/*/annotations.json; do
    folder=$(dirname "$file")
    name=$(basename "$folder")
    case "$name" in val*) continue ;; esac
    share=$(awk "BEGIN { print 0.44 / $count }")
    set -- "$@" --train "$name,rendered,$file,$folder,$share"
done
bins="bins,real,$data/street/train.json,$data/street/images/train,0.26,bin_overflow"
facades="facades,real,$data/street/train.json,$data/street/images/train,0.20,ad_sign"
extra="extra,real,$data/street_extra/train.json,$data/street_extra/images,0.10"
val_real="val_real,real,$data/street/val.json,$data/street/images/val"
val_rendered="val_rendered,rendered,$rendered/val/annotations.json,$rendered/val"

# All but street_extra first, so that its cross-validation below is honest.
"$python" -m train fit --out "$runs/base" --weights "$weights" --device "$device" \
    --epochs "$epochs" --samples "$samples" --freeze stem d2 --validate-every 4 --seed 11 \
    --train "$bins" --train "$facades" "$@" --val "$val_real" --val "$val_rendered"
tune() {
    "$python" -m train "$@" --start "$runs/base/last.pth" --device "$device" \
        --epochs 4 --samples "$samples" --freeze stem d2 --seed 12 --lr 5e-4 --warm-up 40 \
        --ema 0.99 --sizes 640x384 512x320 --mosaic 0.35 --train "$bins" --train "$facades"
}
tune crossval --out "$runs/crossval" --extra "$extra" "$@"
tune fit --out "$runs/final" --train "$extra" --val "$val_real" --val "$val_rendered" "$@"
"$python" -m train export "$runs/final/last.pth" --out "$out" --force --int8 \
    --date "$(date -u +%Y-%m-%d)" --crossval "$runs/crossval/crossval.json" \
    --train "$bins" --train "$facades" --train "$extra" "$@" \
    --val "$val_real" --val "$val_rendered"
