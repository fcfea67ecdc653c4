#!/bin/sh
# Trains a network and exports it with its card: retrain.sh DATA WEIGHTS RUNS [DEVICE [OUT]]
# Started again with the same RUNS folder it goes on from the last finished epoch.
# DATA holds street/ and street_extra/; WEIGHTS is a fused YOLOX of the size, or "none".
# Rendered pictures are drawn into RUNS/pictures first, unless PICTURES=DIR has those that
# ../render/pictures.sh has written before. NETWORK=small trains street-small, for GPUs.
# REFERENCE=FILE.onnx is the file whose time is 1 in the card. VERSION and LOOK_VERSION are told in the cards.
set -eu
if [ $# -lt 3 ]; then
    sed -n '2,7s/^# //p' "$0" >&2
    exit 2
fi
absolute() { CDPATH='' cd -- "$1" && pwd; }
data=$(absolute "$1")
network=${NETWORK:-nano}
case $network in
nano) full=640x384 half=512x320 least=416x256 ;;
small) full=640x640 half=512x512 least=416x416 ;;
*) echo "NETWORK is nano or small, not '$network'" >&2; exit 2 ;;
esac
if [ "$2" = none ]; then
    # runs from nothing share no basin: one is all there is
    weights="" freeze="" teacher="" seeds="11"
else
    weights=$(absolute "$(dirname "$2")")/$(basename "$2")
    freeze="--freeze stem d2" teacher=$weights seeds="11 21"
fi
mkdir -p "$3"
runs=$(absolute "$3")
device=${4:-cpu}
cd "$(dirname "$0")"
out=${5:-../street-$network}
python=${PYTHON:-python3}
if [ -z "${PICTURES:-}" ]; then
    PICTURES=$runs/pictures
    ../render/pictures.sh "$data" "$PICTURES"
fi
drawn=$(absolute "$PICTURES")
# SAMPLES shortens a trial of this script; the shipped model has the default.
samples=${SAMPLES:-800}
# On CPU cores, a process a core is faster than one process on all.
jobs=1 alone=""
if [ "$device" = cpu ]; then
    jobs=$(nproc) alone="--threads 1"
fi

bins="bins,real,$data/street/train.json,$data/street/images/train"
facades="facades,real,$data/street/train.json,$data/street/images/train"
extra="street_extra,real,$data/street_extra/train.json,$data/street_extra/images"
composed="composed,rendered,$drawn/composed/annotations.json,$drawn/composed"
again="composed_again,rendered,$drawn/composed-again/annotations.json,$drawn/composed-again"
whole="whole,rendered,$drawn/whole/annotations.json,$drawn/whole"
val_real="val_real,real,$data/street/val.json,$data/street/images/val"
val_rendered="val_rendered,rendered,$drawn/val/annotations.json,$drawn/val"

# A processor without AVX-512 takes ten times as long with bfloat16.
bf16=--bf16
if [ "$device" = cpu ] && ! grep -qs avx512 /proc/cpuinfo; then bf16=""; fi

# What every run says. Unquoted on purpose: each word is an argument.
common="--network $network --size $full --last-sizes $full --device $device --samples $samples"
common="$common $bf16 --added added.json $freeze"

# street_extra is never trained on: it is what stalls and boards are judged by. A run per seed, and the
# mean of their weights.
# shellcheck disable=SC2086
"$python" -m train fit --out "$runs/base" --seeds $seeds ${weights:+--weights "$weights"} ${teacher:+--teacher "$teacher"} $common --sizes "$least" "$half" \
    --epochs "${EPOCHS:-90}" --validate-every 30 --not-on "$extra" \
    --train "$bins,0.24,bin_overflow" --train "$facades,0.20,ad_sign" \
    --train "$composed,0.14" --train "$again,0.14" --train "$whole,0.28" --val "$val_real" --val "$val_rendered"
base=$runs/base.pth
set --
for seed in $seeds; do set -- "$@" "$runs/base/seed-$seed/last.pth"; done
"$python" -m train mean "$@" --out "$base" --force
# What fine-tuning on four of its groups brings on the fifth.
# shellcheck disable=SC2086
"$python" -m train crossval --start "$base" ${teacher:+--teacher "$teacher"} $common --sizes "$half" "$full" \
    --jobs "$jobs" $alone --out "$runs/crossval" --extra "$extra,0.20" \
    --epochs 2 --seed 12 --lr 1e-4 --warm-up 20 --ema 0.98 --mosaic 0.35 --paste 0.3 \
    --train "$bins,0.22,bin_overflow" --train "$facades,0.12,ad_sign" \
    --train "$composed,0.12" --train "$again,0.12" --train "$whole,0.22"
# What rendered pictures bring: short runs from the start weights at several shares of them.
# shellcheck disable=SC2086
"$python" -m train mixcurve --jobs "$jobs" $alone --out "$runs/mixcurve" ${weights:+--weights "$weights"} ${teacher:+--teacher "$teacher"} $common --sizes "$half" \
    --epochs 2 --seed 13 --warm-up 20 --ema 0.98 --folds 3 --shares 0 0.3 0.6 0.9 --extra "$extra,0.20" \
    --train "$bins,0.22,bin_overflow" --train "$facades,0.12,ad_sign" \
    --train "$composed,0.12" --train "$again,0.12" --train "$whole,0.22"
date=$(date -u +%Y-%m-%d)
second=""
if [ "$network" = nano ] && [ -n "$weights" ]; then
    look=$(dirname "$out")/street-look
    # The network that stalls and boards are shown to a second time: goes on from the mean, with close-ups.
    # shellcheck disable=SC2086
    "$python" -m train fit --out "$runs/closer" --seeds 31 41 --start "$base" --close-ups "$base" --teacher "$teacher" $common \
        --sizes 256x256 --last-sizes 256x256 --last-share 1 --epochs 40 --lr 3e-4 --board 0.15 --panels 0.6 --not-on "$extra" \
        --train "$bins,0.24,bin_overflow" --train "$facades,0.20,ad_sign" \
        --train "$composed,0.14" --train "$again,0.14" --train "$whole,0.28"
    "$python" -m train mean "$runs/closer/seed-31/last.pth" "$runs/closer/seed-41/last.pth" --out "$runs/closer.pth" --force
    "$python" -m train second "$base" --closer "$runs/closer.pth" --weights "$weights" --out "$look" --force --date "$date" \
        --version "${LOOK_VERSION:-0.0.0}" --detector-name "street-$network ${VERSION:-0.0.0}" \
        --note "What it does was chosen among many variants with street_extra, the rendered scenes and the night clip in sight, so its figures on them flatter." \
        --val "$extra" --val "$val_real" --val "$val_rendered"
    [ ! -f "$look/model.toml" ] || second=$look/model.toml
fi
# What a card says in words: notes are true of the recipe, weak spots of what it has given so far.
set -- \
    --note "bin_overflow, bin_normal, garbage_pile and ad_sign rest on photographs, with rendered pictures beside them; street_stall rests on rendered pictures alone, billboard too but for the few boards that were labelled in photographs of other things." \
    --note "No stall and no board of street_extra was trained on, nor are twins of its photographs. It decided the threshold of street_stall, with rendered pictures that of billboard, and, with rendered pictures, what the second look does, so its figures with the second look flatter." \
    --note "The same places occur in the training and validation photographs of bins, so their scores flatter."
if [ "$network" = nano ]; then
    set -- "$@" \
        --weak-spot "Things under 32 pixels at the network's input: few are found." \
        --weak-spot "Rickshaws, carts and police barricades close to the camera are taken for stalls; the second look drops most of them." \
        --weak-spot "Boxes around stalls in a row are loose, or hold two of them." \
        --weak-spot "Boards of two panels, one of letters: one panel is taken for the board." \
        --weak-spot "LED walls of many screens at night: one screen may be taken for the board." \
        --weak-spot "Billboards in photographs: projecting signs and posters on buses are taken for them."
fi
"$python" -m train export "$base" --name "street-$network" --version "${VERSION:-0.0.0}" "$@" --out "$out" --force --int8 \
    --date "$date" ${REFERENCE:+--reference "$REFERENCE"} ${second:+--second "$second"} \
    --precision bin_overflow=0.85 --precision street_stall=0.75 --precision ad_sign=0.8 \
    --crossval "$runs/crossval/crossval.json" --mixcurve "$runs/mixcurve/mixcurve.json" \
    --not-on "$extra" --train "$bins,0.24,bin_overflow" --train "$facades,0.20,ad_sign" \
    --train "$composed,0.14" --train "$again,0.14" --train "$whole,0.28" --val "$val_real" --val "$val_rendered" --val "$extra"
# What the second look does, chosen for each group of street_extra without it, as its card tells then.
[ -z "$second" ] || "$python" -m train choose "$out/street-$network.onnx" "$second" --extra "$extra" --val "$val_rendered" \
    --stall-free "photographs,real,$data/street/train.json,$data/street/images/train" --out "$runs/choose.json" --card
