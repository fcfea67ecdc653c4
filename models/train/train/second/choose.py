"""The command `choose`: what becomes of a score at the second look, chosen for each scene group without it.

Networks that have learnt from no picture of a set may still be put together with that set in sight, and then
what they score on it flatters. Here each group of the set is judged by what is best on all there is but it: the
other groups, pictures that show none of the class, and validation sources. So it is cross-validation of the
choice, not of the networks.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from ..boxes import with_doubt
from ..card.again import put_section
from ..classes import CLASSES
from ..coco import BadInput, Picture
from ..crossval import folds_of
from ..data import opened
from ..detect import Predict, detect_all, onnx_predictor
from ..score import ap_of, judge
from ..shapes import Shapes, shapes_in
from ..source import Source, off
from .measure import Second, Told, applied, asked, read_second
from .network import AGAIN, JUDGED, LIKE_VEHICLES

WEIGHTS = (0.15, 0.25, 0.35, 0.5, 0.65)
# By how much a file's numbers may differ from what its weights say they are.
TOLERANCE = 1e-3

# Where the card has it.
SECTION = "[scores.chosen]"

# Of one picture: the scores of a class's detections, which of them are right, and how many there are to find.
Outcome = tuple[np.ndarray, np.ndarray, int]


@dataclass(frozen=True)
class Choice:
    """What the network of close-ups weighs, whether vehicles are counted, and whether boxes are moved."""

    weight: float
    vehicles: bool
    moved: bool


def choices(name: str) -> list[Choice]:
    """All that a class may have. Without a weight nothing is moved: there is one network less then."""
    counted = (False, True) if name == LIKE_VEHICLES else (False,)
    looked = [Choice(w, v, m) for w in WEIGHTS for v in counted for m in (False, True)]
    return [Choice(0.0, v, False) for v in counted] + looked


def shipped(name: str) -> Choice:
    return Choice(AGAIN[name], name == LIKE_VEHICLES, True)


def chosen_told(told: Told, name: str, choice: Choice) -> Told:
    """What would have been told of a class by another choice, and nothing of other classes. Raises BadInput where
    what was told is not by the shipped one."""
    own = told.kinds == JUDGED.index(name)
    sure, clear = told.pull[own], told.keep[own] / (1 - AGAIN[name])
    if not np.allclose(told.add[own], AGAIN[name] * sure * clear, atol=TOLERANCE):
        raise BadInput(f"the second look weighs {name} otherwise than {AGAIN[name]}; write it anew with second")
    counted = clear if choice.vehicles else np.ones_like(clear)
    return Told(
        told.rows[own], told.kinds[own], (1 - choice.weight) * counted, choice.weight * sure * counted, told.place[own],
        sure if choice.moved else np.zeros_like(sure),
    )


@dataclass
class Seen:
    """A source's pictures, what the detector sees in each, and what the second look says of that."""

    pictures: list[Picture]
    found: list[np.ndarray]
    told: list[Told]

    @staticmethod
    def of(source: Source, predict: Predict, shapes: Shapes, second: Second, bad: str) -> Seen:
        """Each picture as it is: that is what the daemon cuts out of."""
        seen = Seen([], [], [])
        kinds = [CLASSES.index(name) for name in JUDGED]
        for picture, image in opened(source, bad):
            (rows,) = detect_all(predict, [image], shapes)
            seen.pictures.append(in_file(picture, image))
            seen.found.append(rows)
            seen.told.append(asked(second.look, second.size, kinds, image, rows))
        return seen

    def outcomes(self, name: str, choice: Choice, *, shows_none: bool = False) -> list[Outcome]:
        """By picture, at IoU 0.5; where it is said that pictures show none, all that is found is wrong."""
        kind, results = CLASSES.index(name), []
        for picture, rows, told in zip(self.pictures, self.found, self.told):
            (after,) = with_doubt([applied(chosen_told(told, name, choice), [kind], rows)])
            if shows_none:
                scores = after[after[:, 5] == kind, 4]
                results.append((scores, np.zeros(len(scores), bool), 0))
            else:
                results.append(judge(([picture], [after]), kind, 0.5)[:3])
        return results


def in_file(picture: Picture, image: np.ndarray) -> Picture:
    """The picture with its labels in the pixels of its file."""
    factor = np.array([image.shape[1] / picture.width, image.shape[0] / picture.height] * 2, np.float32)
    size = {"width": image.shape[1], "height": image.shape[0]}
    return replace(picture, boxes=picture.boxes * factor, ignore=picture.ignore * factor, **size)


def ap(outcomes: list[Outcome]) -> float:
    """AP50 of pictures taken together."""
    if not outcomes:
        return float("nan")
    scores, right, totals = zip(*outcomes)
    return ap_of(np.concatenate(scores), np.concatenate(right), sum(totals))


@dataclass
class Evidence:
    """All outcomes of one class by each choice: of the set that is judged, of pictures that show none, and of each
    validation source."""

    groups: np.ndarray
    judged: dict[Choice, list[Outcome]]
    none: dict[Choice, list[Outcome]]
    others: list[dict[Choice, list[Outcome]]]

    def part(self, choice: Choice, fold: tuple[str, ...], *, within: bool) -> list[Outcome]:
        inside = np.isin(self.groups, fold) == within
        return [self.judged[choice][i] for i in np.flatnonzero(inside)]

    def worth(self, choice: Choice, without: tuple[str, ...]) -> float:
        """The AP50 of all groups but these, with what is found where there is none, plus that of each other source."""
        here = ap(self.part(choice, without, within=False) + self.none[choice])
        elsewhere = [ap(outcomes[choice]) for outcomes in self.others]
        return float(np.nansum([here, *elsewhere]))

    def best(self, without: tuple[str, ...]) -> Choice:
        return max(self.judged, key=lambda choice: self.worth(choice, without))

    def judged_by(self, chosen: dict[tuple[str, ...], Choice]) -> dict[str, object]:
        """AP50 of every fold by its choice, of all pooled, and the mean over folds that have the class."""
        parts = {fold: self.part(choice, fold, within=True) for fold, choice in chosen.items()}
        folds = [
            {"held_out": list(fold), "boxes": sum(o[2] for o in part), "ap50": ap(part), "choice": asdict(chosen[fold])}
            for fold, part in parts.items()
        ]
        mean = float(np.mean([f["ap50"] for f in folds if f["boxes"]]))
        return {"pooled": ap([o for part in parts.values() for o in part]), "mean": mean, "folds": folds}


def gather(name: str, extra: Seen, none: Seen | None, others: list[Seen]) -> Evidence:
    groups = np.array([str(picture.meta.get("scene_group")) for picture in extra.pictures])
    every = choices(name)
    judged = {choice: extra.outcomes(name, choice) for choice in every}
    empty = {choice: none.outcomes(name, choice, shows_none=True) if none else [] for choice in every}
    return Evidence(groups, judged, empty, [{c: seen.outcomes(name, c) for c in every} for seen in others])


def told_lines(name: str, result: dict) -> list[str]:
    lines = [f"{name}: AP50 of each fold, by what all but it chose and by what ships"]
    for fold, ships in zip(result["chosen"]["folds"], result["ships"]["folds"]):
        choice = ", ".join(f"{k} {v}" for k, v in fold["choice"].items())
        aps = f"{fold['ap50']:.3f}  {ships['ap50']:.3f}" if fold["boxes"] else "none to find"
        lines.append(f"  {'+'.join(fold['held_out']):<24}{fold['boxes']:5d} boxes  {aps}  ({choice})")
    for key in ("pooled", "mean"):
        lines.append(f"  {key:<36}{result['chosen'][key]:.3f}  {result['ships'][key]:.3f}")
    return lines


def card_pairs(results: dict[str, dict], judged: str, by: list[str]) -> dict[str, object]:
    """The results as the card tells them."""
    pairs: dict[str, object] = {"judged": judged, "by": by, "pairs": "what all but the fold chose, what ships"}
    for name, result in results.items():
        both = result["chosen"], result["ships"]
        pairs[f"{name}_ap50_pooled"] = [round(one["pooled"], 3) for one in both]
        pairs[f"{name}_ap50_mean_of_folds"] = [round(one["mean"], 3) for one in both]
        pairs[f"{name}_folds"] = [
            f"{'+'.join(fold['held_out'])}, {fold['boxes']} boxes: {fold['ap50']:.3f}, {ships['ap50']:.3f}"
            for fold, ships in zip(*(one["folds"] for one in both)) if fold["boxes"]
        ]
    return pairs


def choose(args: argparse.Namespace) -> None:
    predict, shapes = onnx_predictor(args.detector), shapes_in(args.detector)
    second = read_second(args.look)
    if second.classes != JUDGED:
        raise BadInput(f"{args.look} looks at {', '.join(second.classes)}, not at {', '.join(JUDGED)}")

    def see(source: Source) -> Seen:
        seen = Seen.of(source, predict, shapes, second, args.bad)
        print(f"{source.name}: {len(seen.pictures)} pictures", flush=True)
        return seen

    if args.out:
        args.out.parent.mkdir(parents=True, exist_ok=True)
    folds = folds_of(args.extra, args.folds)
    extra, others = see(args.extra), [see(source) for source in args.val]
    # twins of the pictures that are judged would tell of them
    none = see(off([args.stall_free], args.extra)[0]) if args.stall_free else None
    results = {}
    for name in JUDGED:
        if not any((picture.labels == CLASSES.index(name)).any() for picture in extra.pictures):
            print(f"{name}: {args.extra.name} shows none", flush=True)
            continue
        evidence = gather(name, extra, none if name == LIKE_VEHICLES else None, others)
        results[name] = {
            "chosen": evidence.judged_by({fold: evidence.best(fold) for fold in folds}),
            "ships": evidence.judged_by(dict.fromkeys(folds, shipped(name))),
        }
        print("\n".join(told_lines(name, results[name])), flush=True)
    if args.out:
        args.out.write_text(json.dumps(results, indent=1))
    if args.card:
        by = [source.name for source in (args.stall_free, *args.val) if source]
        put_section(args.look, SECTION, card_pairs(results, args.extra.name, by))
