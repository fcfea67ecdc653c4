"""Flags that several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path

from .classes import CLASSES
from .source import FORM, Source, off

SOURCE_HELP = f"{FORM}: a COCO file, its picture folder, its share of an epoch, and the class its pictures must label"


def source(text: str) -> Source:
    try:
        return Source.parse(text)
    except ValueError as fault:
        raise argparse.ArgumentTypeError(str(fault)) from fault


def source_flags(parser: argparse.ArgumentParser, *, train: bool = False, val: bool = False) -> None:
    if train:
        parser.add_argument(
            "--train", action="append", default=[], type=source, metavar="SOURCE", help=SOURCE_HELP
        )
    if val:
        parser.add_argument(
            "--val", action="append", default=[], type=source, metavar="SOURCE", help=SOURCE_HELP
        )


def class_value(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    if name not in CLASSES:
        raise argparse.ArgumentTypeError(f"no such class: {name!r}")
    return name, float(value)


def not_on_flag(parser: argparse.ArgumentParser) -> None:
    told = "leave out the photos of this source, twins of theirs, and composed pictures that stand on either"
    parser.add_argument("--not-on", type=source, metavar="SOURCE", help=told)


def trained_on(args: argparse.Namespace) -> list[Source]:
    """The sources of `--train` without what `--not-on` leaves out."""
    return off(args.train, args.not_on) if args.not_on else args.train


def export_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint")
    parser.add_argument("--out", type=Path, required=True, help="the model's folder")
    parser.add_argument("--name", default="street-nano")
    parser.add_argument("--version", default="0.2.0")
    parser.add_argument("--date", required=True, help="YYYY-MM-DD, told in the card")
    parser.add_argument("--note", action="append", default=[], help="a sentence for the card")
    parser.add_argument("--weak-spot", action="append", default=[], help="a sentence for the card")
    parser.add_argument("--force", action="store_true", help="overwrite files that are there")
    parser.add_argument("--decoded", action="store_true", help="box decoding in the graph")
    parser.add_argument("--int8", action="store_true", help="write and measure an int8 file too")
    parser.add_argument("--device", default="cpu", help="where the model is measured")
    parser.add_argument("--reference", type=Path, help="ONNX file whose time is 1")
    parser.add_argument("--crossval", type=Path, help="crossval.json of a cross-validation")
    parser.add_argument("--mixcurve", type=Path, help="mixcurve.json of a curve over shares")
    threshold_flags(parser)
    not_on_flag(parser)
    source_flags(parser, train=True, val=True)


def threshold_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--second", type=Path, help="card of the second look that thresholds are chosen with")
    parser.add_argument(
        "--precision", action="append", default=[], type=class_value, metavar="CLASS=VALUE",
        help="precision a class's threshold must reach on validation (0.9 unless given)",
    )
    parser.add_argument(
        "--threshold", action="append", default=[], type=class_value, metavar="CLASS=VALUE",
        help="a threshold given by hand instead",
    )


def measure_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("card", type=Path, help="model.toml beside its ONNX file")
    parser.add_argument("--version", required=True, help="the card's new version")
    parser.add_argument("--date", required=True, help="YYYY-MM-DD, told in the card")
    parser.add_argument("--note", action="append", default=[], help="a sentence more for the card")
    threshold_flags(parser)
    source_flags(parser, train=False, val=True)


def second_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("detector", type=Path, help="checkpoint whose detections are looked at again")
    parser.add_argument("--closer", type=Path, required=True, help="checkpoint that learnt from close-ups of billboards")
    parser.add_argument("--detector-name", default="street-nano", help="name and version told in the card")
    parser.add_argument("--weights", type=Path, required=True, help="fused YOLOX-nano weights")
    parser.add_argument("--out", type=Path, required=True, help="the model's folder")
    parser.add_argument("--name", default="street-look")
    parser.add_argument("--version", default="0.2.0")
    parser.add_argument("--date", required=True, help="YYYY-MM-DD, told in the card")
    parser.add_argument("--note", action="append", default=[], help="a sentence for the card")
    parser.add_argument("--force", action="store_true", help="overwrite files that are there")
    source_flags(parser, train=False, val=True)


def int8_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("card", type=Path, help="model.toml beside its ONNX file")
    parser.add_argument("--out", type=Path, required=True, help="folder of the int8 file and its card")
    parser.add_argument("--force", action="store_true", help="overwrite files that are there")
    not_on_flag(parser)
    source_flags(parser, train=True, val=True)


def choose_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("detector", type=Path, help="exported ONNX file")
    parser.add_argument("look", type=Path, help="card of its second look")
    told = "the set that is judged, by scene_group"
    parser.add_argument("--extra", type=source, required=True, metavar="SOURCE", help=f"{told}; {SOURCE_HELP}")
    parser.add_argument("--folds", type=int, default=5, help="its groups are put together into at most so many")
    told = "pictures in which stalls are few if any: what is taken for one counts as wrong"
    parser.add_argument("--stall-free", type=source, metavar="SOURCE", help=told)
    parser.add_argument("--bad", choices=("skip", "refuse"), default="skip")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    parser.add_argument("--card", action="store_true", help="put the scores into the second look's card")
    source_flags(parser, val=True)
