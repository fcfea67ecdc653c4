"""Command line: `python -m train fit|evaluate|clips|export`."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from . import card, clips, evaluate, export, fit, settings
from .checkpoint import averaged, input_size
from .classes import CLASSES
from .data import PictureStore
from .source import Source

SOURCE_HELP = "NAME,real|rendered,ANNOTATIONS,IMAGES[,SHARE]: a COCO file and its picture folder"


def parser() -> argparse.ArgumentParser:
    main = argparse.ArgumentParser(prog="python -m train", description=__doc__)
    commands = main.add_subparsers(dest="command", required=True)

    one = commands.add_parser("fit", help="train, or resume the run in --out")
    one.add_argument("--train", action="append", required=True, metavar="SOURCE", help=SOURCE_HELP)
    one.add_argument("--val", action="append", default=[], metavar="SOURCE", help=SOURCE_HELP)
    settings.add_flags(one)

    two = commands.add_parser("evaluate", help="AP per class of a checkpoint")
    two.add_argument("checkpoint")
    two.add_argument("--val", action="append", required=True, metavar="SOURCE", help=SOURCE_HELP)
    two.add_argument("--device", default="cpu")

    three = commands.add_parser("clips", help="recall and false alarms on clips with known truth")
    three.add_argument("checkpoint")
    three.add_argument("--clips", type=Path, required=True, help="folder of .mp4 files")
    three.add_argument("--truth", type=Path, required=True, help="truth.json")
    three.add_argument("--card", type=Path, required=True, help="model.toml with the thresholds")

    four = commands.add_parser("export", help="write the ONNX file and its card")
    four.add_argument("checkpoint")
    four.add_argument("--out", type=Path, required=True, help="the model's folder")
    four.add_argument("--name", default="street-nano")
    four.add_argument("--version", default="0.1.0")
    four.add_argument("--train", action="append", default=[], metavar="SOURCE", help=SOURCE_HELP)
    four.add_argument("--val", action="append", default=[], metavar="SOURCE", help=SOURCE_HELP)
    four.add_argument("--date", required=True, help="YYYY-MM-DD, told in the card")
    four.add_argument("--note", action="append", default=[], help="a sentence for the card")
    four.add_argument(
        "--threshold", action="append", default=[], metavar="CLASS=VALUE",
        help="a threshold set by hand instead of the one chosen on the validation pictures",
    )
    return main


def main() -> None:
    args = parser().parse_args()
    if args.command == "fit":
        train, val = ([Source.parse(s) for s in group] for group in (args.train, args.val))
        fit.fit(settings.from_flags(args), train, val)
    elif args.command == "evaluate":
        model, content = averaged(args.checkpoint)
        model = model.to(args.device, memory_format=torch.channels_last)
        for source in map(Source.parse, args.val):
            found = evaluate.score_store(model, PictureStore([source]), input_size(content), args.device)
            print(f"[{source.name}]\n{evaluate.table(evaluate.score(*found))}")
            for kind, name in enumerate(CLASSES):
                threshold, points = evaluate.operating_point([found], kind)
                for precision, recall in points:
                    print(f"{name}: at {threshold} precision {precision:.2f} recall {recall:.2f}")
    elif args.command == "clips":
        model, content = averaged(args.checkpoint)
        clips.check(model, args.clips, args.truth, card.thresholds(args.card))
    else:
        model, content = averaged(args.checkpoint)
        fixed = dict(pair.split("=", 1) for pair in args.threshold)
        unknown = set(fixed) - set(CLASSES)
        if unknown:
            raise SystemExit(f"no such class: {sorted(unknown)}")
        export.export_model(
            model,
            args.out / f"{args.name}.onnx",
        )
        card.write(
            args.out,
            name=args.name,
            version=args.version,
            model=model,
            content=content,
            train=[Source.parse(s) for s in args.train],
            val=[Source.parse(s) for s in args.val],
            date=args.date,
            notes=args.note,
            fixed={name: float(value) for name, value in fixed.items()},
        )


if __name__ == "__main__":
    main()
