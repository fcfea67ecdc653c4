#!/bin/sh
# Trains street-nano and exports it: retrain.sh DATA WEIGHTS RUNS [DEVICE [OUT]]
# Started again with the same RUNS folder it goes on from the last finished epoch.
# DATA holds street/ and street_extra/. Rendered pictures are drawn into RUNS/pictures first;
# PICTURES=DIR takes those that ../render/pictures.sh has written before.
set -eu
if [ $# -lt 3 ]; then
    sed -n '2,5s/^# //p' "$0" >&2
    exit 2
fi
absolute() { CDPATH='' cd -- "$1" && pwd; }
data=$(absolute "$1")
weights=$(absolute "$(dirname "$2")")/$(basename "$2")
mkdir -p "$3"
runs=$(absolute "$3")
device=${4:-cpu}
cd "$(dirname "$0")"
out=${5:-../street-nano}
python=${PYTHON:-python3}
if [ -z "${PICTURES:-}" ]; then
    PICTURES=$runs/pictures
    ../render/pictures.sh "$data" "$PICTURES"
fi
drawn=$(absolute "$PICTURES")
# SAMPLES shortens a trial of this script; the shipped model has the default.
samples=${SAMPLES:-800}

bins="bins,real,$data/street/train.json,$data/street/images/train"
facades="facades,real,$data/street/train.json,$data/street/images/train"
extra="extra,real,$data/street_extra/train.json,$data/street_extra/images"
composed="composed,rendered,$drawn/composed/annotations.json,$drawn/composed"
whole="whole,rendered,$drawn/whole/annotations.json,$drawn/whole"
val_real="val_real,real,$data/street/val.json,$data/street/images/val"
val_rendered="val_rendered,rendered,$drawn/val/annotations.json,$drawn/val"

# All but street_extra first, so that its cross-validation below is honest.
"$python" -m train fit --out "$runs/base" --weights "$weights" --device "$device" \
    --epochs 48 --samples "$samples" --bf16 --freeze stem d2 --validate-every 12 --seed 11 --not-on "$extra" \
    --train "$bins,0.24,bin_overflow" --train "$facades,0.20,ad_sign" \
    --train "$composed,0.28" --train "$whole,0.28" --val "$val_real" --val "$val_rendered"
tune() {
    "$python" -m train "$@" --start "$runs/base/last.pth" --device "$device" \
        --epochs 6 --samples "$samples" --bf16 --freeze stem d2 --seed 12 --lr 5e-4 --warm-up 20 \
        --ema 0.98 --sizes 512x320 640x384 --last-sizes 640x384 --mosaic 0.35 --paste 0.3 \
        --train "$bins,0.22,bin_overflow" --train "$facades,0.12,ad_sign" \
        --train "$composed,0.24" --train "$whole,0.22"
}
tune crossval --out "$runs/crossval" --extra "$extra,0.20"
tune fit --out "$runs/final" --train "$extra,0.20" --val "$val_real" --val "$val_rendered"
"$python" -m train export "$runs/final/last.pth" --out "$out" --force --int8 \
    --date "$(date -u +%Y-%m-%d)" --crossval "$runs/crossval/crossval.json" \
    --train "$bins,0.22,bin_overflow" --train "$facades,0.12,ad_sign" --train "$extra,0.20" \
    --train "$composed,0.24" --train "$whole,0.22" --val "$val_real" --val "$val_rendered"
