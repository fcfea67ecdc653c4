"""Everything that makes a release of a checkpoint: ONNX files, cards, plots, measurements."""

from __future__ import annotations

import argparse
import json
import tomllib
from pathlib import Path

from . import card, crossval, failures, mixcurve
from .checkpoint import averaged, input_size
from .coco import BadInput
from .data import PictureStore
from .detect import detect_store, onnx_predictor, torch_predictor
from .export import export_model, refuse_overwriting
from .flags import trained_on
from .plot import curves
from .quantise import calibration_pixels, quantise
from .score import score
from .second.measure import read_second
from .shapes import Size, shapes_in
from .source import Source, labelled_by
from .timing import medians_ms

CALIBRATION_PICTURES = 160


def aps(path: Path, val: list[Source]) -> dict[str, dict[str, float]]:
    """AP50 per source and class of an ONNX file."""
    predict, shapes = onnx_predictor(path), shapes_in(path)
    result = {}
    for source in val:
        scores = score(detect_store(predict, PictureStore([source]), shapes))
        result[source.name] = {name: s.ap50 for name, s in scores.items()}
    return result


def int8_pairs(plain: Path, small: Path, val: list[Source]) -> dict[str, object]:
    """Time ratio and AP50 change per class of the int8 file, measured beside the fp32 one."""
    times = medians_ms([plain, small])
    before, after = aps(plain, val), aps(small, val)
    pairs: dict[str, object] = {"file": small.name, "time_ratio_to_fp32": round(times[1] / times[0], 3)}
    worst = 0.0
    for name, scores in before.items():
        changes = {kind: after[name].get(kind, 0.0) - ap for kind, ap in scores.items()}
        worst = min(worst, *changes.values())
        pairs[f"{name}_ap50_change"] = [f"{kind} {change:+.3f}" for kind, change in changes.items()]
    pairs["largest_loss"] = round(-worst, 3)
    pairs["default_on_cpu"] = worst >= -0.01
    return pairs


def extras(args: argparse.Namespace, onnx_file: Path, size: Size) -> dict[str, dict[str, object]]:
    """Card sections from other commands' results and from measurements of the file."""
    found: dict[str, dict[str, object]] = {}
    if args.crossval:
        found["crossval"] = crossval.card_pairs(json.loads(args.crossval.read_text()))
    if args.mixcurve:
        found["rendered_share"] = mixcurve.card_pairs(json.loads(args.mixcurve.read_text()))
    if args.reference:
        times = medians_ms([args.reference, onnx_file])
        found["time"] = {
            "ratio": round(times[1] / times[0], 3),
            "to": args.reference.name,
            "how": "median processor time of one picture, ONNX Runtime, one thread, in one run",
        }
    if args.int8:
        found["int8"] = made_int8(onnx_file, onnx_file.with_name(f"{args.name}-int8.onnx"), size, args)
    return found


def made_int8(onnx_file: Path, small: Path, size: Size, args: argparse.Namespace) -> dict[str, object]:
    """Writes the int8 file of an ONNX file, calibrated on the training sources, and measures both."""
    pixels = calibration_pixels(PictureStore(trained_on(args)), size, CALIBRATION_PICTURES)
    quantise(onnx_file, small, pixels)
    return int8_pairs(onnx_file, small, args.val)


def int8(args: argparse.Namespace) -> None:
    """The command `int8`: the same of a file that was exported before."""
    content = tomllib.loads(args.card.read_text())
    if not (args.train and args.val):
        raise BadInput("int8 needs --train SOURCE to calibrate on and --val SOURCE to measure on")
    small, other = args.out / f"{content['name']}-int8.onnx", args.out / "int8.toml"
    refuse_overwriting([small, other], args.force)
    args.out.mkdir(parents=True, exist_ok=True)
    size = content["input"]["width"], content["input"]["height"]
    pairs = made_int8(args.card.with_name(content["file"]), small, size, args)
    card.beside(args.card, other, small)
    print("\n".join(f"{name}: {value}" for name, value in pairs.items()), flush=True)


def release(args: argparse.Namespace) -> None:
    model, content = averaged(args.checkpoint)
    size = input_size(content)
    onnx_file, card_file = args.out / f"{args.name}.onnx", args.out / "model.toml"
    refuse_overwriting([onnx_file, card_file], args.force)
    gap = export_model(model, onnx_file, size, decoded=args.decoded, force=args.force)
    print(f"{onnx_file.name}: differs from PyTorch by {gap:.3f} of the tolerance", flush=True)
    plots = args.out / "plots"
    curves(content.get("history", []), plots)
    facts = card.Facts(
        name=args.name, version=args.version, date=args.date, notes=args.note,
        weak_spots=args.weak_spot, precision=dict(args.precision), fixed=dict(args.threshold),
        extra=extras(args, onnx_file, size), second=read_second(args.second) if args.second else None,
    )
    predict, shapes = torch_predictor(model, args.device), shapes_in(onnx_file)
    card.write(
        card_file, onnx_file, facts, predict=predict, shapes=shapes, content=content,
        train=labelled_by(trained_on(args), content["settings"].get("added")), val=args.val, decoded=args.decoded,
    )
    if args.int8:
        small = onnx_file.with_name(f"{args.name}-int8.onnx")
        card.beside(card_file, args.out / "int8.toml", small)
    limits = card.read_thresholds(card_file)
    failures.draw([s for s in args.val if s.rendered], predict, shapes, limits, plots)
