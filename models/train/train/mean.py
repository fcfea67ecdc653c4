"""The mean of several runs' weights, which is a network too where the runs began alike.

Runs of one recipe that differ in their seeds end in one basin of the loss, where the mean of
their weights costs no more to run than one of them and often errs less (model soups, Wortsman
et al. 2022). What it brings these networks stands in EXPERIMENTS.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from .checkpoint import earlier_runs_of, read, save
from .coco import BadInput
from .export import refuse_overwriting

# What runs must have in common, or the mean of their weights is noise.
COMMON = ("network", "weights", "start", "teacher", "freeze", "size")


def mean_of(contents: list[dict], names: list[str]) -> dict:
    """A checkpoint whose average is the mean of theirs. Raises BadInput when they began differently."""
    first = contents[0]
    if len(contents) > 1 and not (first["settings"].get("weights") or first["settings"].get("start")):
        raise BadInput(
            f"{names[0]} began from random weights of its own: the mean with another run's is no network; "
            "give one run, or runs with --weights or --start"
        )
    for name, other in zip(names[1:], contents[1:]):
        for key in COMMON:
            own, theirs = first["settings"].get(key), other["settings"].get(key)
            if own != theirs:
                raise BadInput(
                    f"{name} was made with {key} {theirs!r}, {names[0]} with {own!r}: "
                    "the mean of their weights is no network; give runs that began alike"
                )
    averages = [content["ema"] for content in contents]
    mean = {
        key: sum(a[key] for a in averages) / len(averages) if tensor.is_floating_point() else tensor
        for key, tensor in averages[0].items()
    }
    others = [run for content in contents[1:] for run in earlier_runs_of(content)]
    kept = {key: first[key] for key in ("epoch", "steps", "settings", "history")}
    return {**kept, "ema": mean, "before": others + first.get("before", []), "runs_averaged": len(contents)}


def mean(args: argparse.Namespace) -> None:
    refuse_overwriting([args.out], args.force)
    contents = [read(path) for path in args.checkpoints]
    args.out.parent.mkdir(parents=True, exist_ok=True)
    save(args.out, mean_of(contents, [str(path) for path in args.checkpoints]))
    print(f"{args.out}: the mean of {len(contents)} runs", flush=True)


def mean_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoints", type=Path, nargs="+", help="last.pth of runs that began alike")
    parser.add_argument("--out", type=Path, required=True, help="the checkpoint to write")
    parser.add_argument("--force", action="store_true", help="overwrite a file that is there")
