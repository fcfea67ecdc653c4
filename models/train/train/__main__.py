"""Trains the street detector. Reads local files only; fetches nothing."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import card, clips, crossval, fit, mixcurve, plot, release, seeds, settings, timing, video
from .card.again import measure_again
from .checkpoint import averaged, input_size, read
from .classes import CLASSES
from .coco import BadInput
from .data import PictureStore
from .detect import detect_store, onnx_predictor, torch_predictor
from .export import WouldOverwrite
from .flags import (
    SOURCE_HELP, choose_flags, export_flags, int8_flags, measure_flags, not_on_flag, second_flags, source, source_flags,
    trained_on,
)
from .mean import mean, mean_flags
from .score import score, table
from .second.choose import choose
from .second.release import second
from .settings import parse_size
from .shapes import shapes_in, shapes_of, written


def run_fit(args: argparse.Namespace) -> None:
    wanted = settings.from_flags(args)
    runs = [wanted]
    if args.seeds:
        runs = [seeds.of_seed(wanted, seed) for seed in args.seeds]
        seeds.fit_seeds(wanted, args.seeds, trained_on(args), args.val)
    else:
        fit.fit(wanted, trained_on(args), args.val)
    for run in runs:
        out = Path(run.out)
        plot.curves(read(out / "last.pth")["history"], out / "plots")


def predictor(args: argparse.Namespace) -> tuple:
    """The predict function and input shapes of a checkpoint or an ONNX file."""
    asked = (args.size,) if args.size else None
    if args.model.suffix == ".onnx":
        return onnx_predictor(args.model), asked or shapes_in(args.model)
    model, content = averaged(args.model)
    return torch_predictor(model, args.device), asked or shapes_of(input_size(content))


def run_evaluate(args: argparse.Namespace) -> None:
    predict, shapes = predictor(args)
    for source in args.val:
        scores = score(detect_store(predict, PictureStore([source], args.bad), shapes), shapes)
        print(f"[{source.name}] at {written(shapes)}\n{table(scores)}", flush=True)
        for name, found in scores.items():
            parts = [f"{label} {ap:.3f} of {n}" for label, (ap, n) in found.by_size.items() if n]
            print(f"{name}: {', '.join(parts)}")


def run_clips(args: argparse.Namespace) -> None:
    predict, shapes = predictor(args)
    limits = card.read_thresholds(args.card) if args.card else dict.fromkeys(CLASSES, args.limit)
    clean = clips.check(predict, shapes, args.clips, args.truth, limits)
    if not clean:
        sys.exit(1)


def run_video(args: argparse.Namespace) -> None:
    predict, shapes = predictor(args)
    limits = card.read_thresholds(args.card) if args.card else dict.fromkeys(CLASSES, args.limit)
    video.check(predict, shapes, args.clips, limits)


def run_crossval(args: argparse.Namespace) -> None:
    crossval.crossval(settings.from_flags(args), args.extra, args.train, args.folds, args.jobs)


def run_mixcurve(args: argparse.Namespace) -> None:
    made = settings.from_flags(args)
    mixcurve.mixcurve(made, args.extra, args.train, args.shares, args.folds, args.jobs)


def run_time(args: argparse.Namespace) -> None:
    times = timing.medians_ms(args.files, args.rounds)
    for path, time in zip(args.files, times):
        print(f"{path.name}: {time:.1f} ms, {time / times[0]:.3f} of {args.files[0].name}")


def run_cost(args: argparse.Namespace) -> None:
    for name, count in card.count_cost(args.card).items():
        print(f"{name} {count}")


def model_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=Path, help="checkpoint or ONNX file")
    parser.add_argument("--size", type=parse_size, help="the one input size, instead of the model's own shapes")
    parser.add_argument("--device", default="cpu")


def add_training(commands) -> None:
    one = commands.add_parser("fit", help="train, or resume the run in --out")
    source_flags(one, train=True, val=True)
    not_on_flag(one)
    one.add_argument("--seeds", type=int, nargs="+", help="runs of these seeds, in OUT/seed-N; on CPU cores side by side")
    settings.add_flags(one)
    one.set_defaults(do=run_fit)
    for name, told, do in (
        ("crossval", "cross-validate over scene groups", run_crossval),
        ("mixcurve", "cross-validate at several shares of rendered pictures", run_mixcurve),
    ):
        sub = commands.add_parser(name, help=told)
        sub.add_argument("--extra", type=source, required=True, metavar="SOURCE", help=SOURCE_HELP)
        sub.add_argument("--folds", type=int, default=5)
        sub.add_argument("--jobs", type=int, default=1, help="folds trained at a time")
        if name == "mixcurve":
            sub.add_argument("--shares", type=float, nargs="+", default=[0.0, 0.25, 0.5, 0.75])
        source_flags(sub, train=True)
        settings.add_flags(sub)
        sub.set_defaults(do=do)


def parser() -> argparse.ArgumentParser:
    main = argparse.ArgumentParser(prog="python -m train", description=__doc__)
    commands = main.add_subparsers(dest="command", required=True)
    add_training(commands)
    two = commands.add_parser("evaluate", help="AP per class and size")
    model_flags(two)
    source_flags(two, val=True)
    two.add_argument("--bad", choices=("skip", "refuse"), default="skip")
    two.set_defaults(do=run_evaluate)
    three = commands.add_parser("clips", help="recall and false alarms on clips with known truth")
    model_flags(three)
    three.add_argument("--clips", type=Path, required=True, help="folder of .mp4 files")
    three.add_argument("--truth", type=Path, required=True, help="truth.json")
    three.set_defaults(do=run_clips)
    other = commands.add_parser("video", help="real clips: the static thing found, nothing lasting elsewhere")
    model_flags(other)
    other.add_argument("--clips", type=Path, required=True, help="folder of .mp4 and *_gt.json files")
    other.set_defaults(do=run_video)
    for sub in (three, other):
        sub.add_argument("--card", type=Path, help="model.toml with the thresholds")
        sub.add_argument("--limit", type=float, default=0.5, help="threshold of all classes without a card")
    averaged_runs = commands.add_parser("mean", help="the mean of several runs' weights as a checkpoint")
    mean_flags(averaged_runs)
    averaged_runs.set_defaults(do=mean)
    four = commands.add_parser("export", help="write the ONNX files, the card and its plots")
    export_flags(four)
    four.set_defaults(do=release.release)
    small = commands.add_parser("int8", help="write and measure the int8 file of an exported one")
    int8_flags(small)
    small.set_defaults(do=release.int8)
    counted = commands.add_parser("cost", help="count what a card's file costs, and put it into the card")
    counted.add_argument("card", type=Path, help="model.toml beside its ONNX file")
    counted.set_defaults(do=run_cost)
    five = commands.add_parser("second", help="measure and write the second look")
    second_flags(five)
    five.set_defaults(do=second)
    picked = commands.add_parser("choose", help="choose what the second look does, for each scene group without it")
    choose_flags(picked)
    picked.set_defaults(do=choose)
    again = commands.add_parser("measure", help="measure what a card's file scores again, and renew the card")
    measure_flags(again)
    again.set_defaults(do=measure_again)
    six = commands.add_parser("time", help="time of ONNX files beside each other, the first is 1")
    six.add_argument("files", type=Path, nargs="+")
    six.add_argument("--rounds", type=int, default=30)
    six.set_defaults(do=run_time)
    return main


def main() -> None:
    args = parser().parse_args()
    try:
        args.do(args)
    except (BadInput, WouldOverwrite) as fault:
        sys.exit(str(fault))
    except FileNotFoundError as fault:
        sys.exit(f"no such file: {fault.filename or fault}")


if __name__ == "__main__":
    main()
