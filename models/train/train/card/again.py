"""The command `measure`: what a card's file scores is measured again, as after a change of how outputs
are read or of the second look. What it was made from, and what took other commands, stays."""

from __future__ import annotations

import argparse
import re
import tomllib
from pathlib import Path

from ..coco import BadInput
from ..detect import onnx_predictor
from ..second.measure import read_second
from . import Facts, found_out
from .toml import rewrite, section, value

# Sections that only measuring writes; those that other commands wrote stay.
OF_OTHERS = ("[scores.crossval]", "[scores.rendered_share]", "[scores.time]", "[scores.int8]")


def sections(text: str) -> list[str]:
    """A card's text before its first header, and then each header with what stands under it."""
    return re.split(r"(?m)^(?=\[)", text)


def with_value(part: str, key: str, item: object) -> str:
    """A section with one of its values replaced."""
    line = f"{key} = {value(item)}"
    return re.sub(rf"(?m)^{key} = .*$", lambda _: line, part, count=1)


def renewed(text: str, version: str, notes: list[str], reading: list[str], scores: list[str]) -> str:
    """The card's text with other sections on how outputs are read and how good they are."""
    head, *others = sections(text)
    first = [with_value(head, "version", version)]
    first += [p for p in others if p.startswith(("[input]", "[output]", "[cost]"))]
    origin = [p for p in others if p.startswith(("[training", "[[training"))]
    said = tomllib.loads("".join(origin))["training"]["notes"]
    origin = [with_value(p, "notes", said + notes) if p.startswith("[training]") else p for p in origin]
    kept = [p for p in others if p.startswith(OF_OTHERS)]
    return "\n".join(p.rstrip("\n") + "\n" for p in first + reading + origin + scores + kept)


def put_section(card: Path, header: str, pairs: dict[str, object]) -> None:
    """Puts a section at the end of a card, for an earlier one of that header if there is one; all else stays."""
    kept = [part.rstrip("\n") + "\n" for part in sections(card.read_text()) if not part.startswith(header + "\n")]
    rewrite(card, "\n".join([*kept, section(header, pairs)]))


def measure_again(args: argparse.Namespace) -> None:
    text = args.card.read_text()
    content = tomllib.loads(text)
    if not args.val:
        raise BadInput("measure needs --val SOURCE: what is measured on")
    if "training" not in content:
        raise BadInput(f"{args.card} says nothing of how its model was made; write it with export")
    facts = Facts(
        name=content["name"], version=args.version, date=args.date, precision=dict(args.precision),
        fixed=dict(args.threshold), second=read_second(args.second) if args.second else None,
    )
    predict = onnx_predictor(args.card.with_name(content["file"]))
    size = content["input"]["width"], content["input"]["height"]
    shapes = (size, *map(tuple, content["input"].get("shapes", [])))
    reading, scores = found_out(predict, shapes, args.val, facts, args.card.parent / "plots")
    scores.insert(0, section("[scores.measured]", {"date": args.date}))
    text = renewed(text, args.version, args.note, reading, scores)
    rewrite(args.card, text)
