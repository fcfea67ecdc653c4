#!/bin/sh
# Trains street-nano and exports it: retrain.sh DATA WEIGHTS RENDERED RUNS [DEVICE]
# Started again with the same RUNS folder it goes on from the last finished epoch.
set -eu
if [ $# -lt 4 ]; then
    sed -n '2,3s/^# //p' "$0" >&2
    exit 2
fi
absolute() { CDPATH='' cd -- "$1" && pwd; }
data=$(absolute "$1")
weights=$(absolute "$(dirname "$2")")/$(basename "$2")
rendered=$(absolute "$3")
mkdir -p "$4"
runs=$(absolute "$4")
device=${5:-cpu}
python=${PYTHON:-python3}
cd "$(dirname "$0")"

set -- \
    --train "street,real,$data/street/train.json,$data/street/images/train,0.40" \
    --train "extra,real,$data/street_extra/train.json,$data/street_extra/images,0.10" \
    --train "rendered,rendered,$rendered/train/annotations.json,$rendered/train,0.50" \
    --val "val_real,real,$data/street/val.json,$data/street/images/val" \
    --val "val_rendered,rendered,$rendered/val/annotations.json,$rendered/val"
"$python" -m train fit --out "$runs/first" --weights "$weights" --device "$device" \
    --epochs 12 --samples 3136 --sizes 320 --last-sizes 416 --last-share 0.34 \
    --freeze stem d2 d3 "$@"
"$python" -m train fit --out "$runs/second" --start "$runs/first/last.pth" --device "$device" \
    --epochs 3 --samples 3136 --sizes 416 --last-sizes 416 --mosaic 0.25 --last-mosaic 0.1 \
    --lr 5e-4 --warm-up 80 --ema 0.995 --seed 2 --freeze stem d2 "$@"
"$python" -m train export "$runs/second/last.pth" --out ../street-nano \
    --date "$(date -u +%Y-%m-%d)" "$@"
