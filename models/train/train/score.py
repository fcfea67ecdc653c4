"""COCO-style average precision, per class and size, under partial labels.

A class is judged only on the pictures that label it. Boxes are matched as
COCO does: by score, each to the best free true box; detections mostly inside
an ignore region count neither way.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .boxes import overlap
from .classes import CLASSES
from .coco import Picture
from .shapes import Shapes, best, scale_in

IOUS = tuple(round(0.5 + 0.05 * i, 2) for i in range(10))
# Side (root of the area) in pixels of the network's input.
SIZES = {"small": (0.0, 32.0), "medium": (32.0, 96.0), "large": (96.0, 1e9)}

Found = tuple[list[Picture], list[np.ndarray]]


@dataclass
class ClassScore:
    ap50: float
    ap: float
    boxes: int
    pictures: int
    by_size: dict[str, tuple[float, int]] = field(default_factory=dict)


def match(
    found: np.ndarray, true: np.ndarray, ignore: np.ndarray, iou: float
) -> tuple[np.ndarray, np.ndarray]:
    """For detections of one class, best first: is it right, and is it to be left out?"""
    right = np.zeros(len(found), bool)
    skip = np.zeros(len(found), bool)
    taken = np.zeros(len(true), bool)
    ious = overlap(found[:, :4], true)[0] if len(true) else np.zeros((len(found), 0))
    within = overlap(found[:, :4], ignore)[1] if len(ignore) else np.zeros((len(found), 0))
    for index in range(len(found)):
        free = np.where(taken, -1.0, ious[index])
        if len(free) and free.max() >= iou:
            right[index] = taken[free.argmax()] = True
        elif within.shape[1] and within[index].max() > 0.5:
            skip[index] = True
    return right, skip


def ap_of(scores: np.ndarray, right: np.ndarray, total: int) -> float:
    """COCO's 101-point interpolated average precision."""
    if total == 0:
        return float("nan")
    hits = right[np.argsort(-scores, kind="stable")].astype(float)
    recall = hits.cumsum() / total
    precision = hits.cumsum() / np.arange(1, len(hits) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    places = np.searchsorted(recall, np.linspace(0, 1, 101), side="left")
    return float(np.append(precision, 0.0)[np.minimum(places, len(precision))].mean())


def sides(boxes: np.ndarray, scale: float) -> np.ndarray:
    extent = np.clip(boxes[:, 2:4] - boxes[:, :2], 0, None)
    return np.sqrt(extent.prod(1)) * scale


def within(
    mine: np.ndarray, true: np.ndarray, ignore: np.ndarray, scale: float, limits: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Leaves true boxes of the size; the others become ignored, as do unlike detections."""
    low, high = limits
    fit = (sides(true, scale) >= low) & (sides(true, scale) < high)
    mine_fit = (sides(mine, scale) >= low) & (sides(mine, scale) < high)
    others = true[~fit]
    beside = overlap(mine[:, :4], others)[0].max(1) if len(others) else np.zeros(len(mine))
    here = overlap(mine[:, :4], true[fit])[0].max(1) if fit.any() else np.zeros(len(mine))
    keep = (here >= 0.5) | (mine_fit & (beside < 0.5))
    return mine[keep], true[fit], ignore


def judge(
    found: Found,
    kind: int,
    iou: float,
    limits: tuple[float, float] | None = None,
    shapes: Shapes = ((640, 384),),
) -> tuple[np.ndarray, np.ndarray, int, int]:
    """Scores and rightness of a class's detections, and its number of boxes and pictures.

    `limits` judges only boxes whose side at the network's input lies between them.
    """
    scores, rights, total, seen = [], [], 0, 0
    for picture, detected in zip(*found):
        if not picture.labelled[kind]:
            continue
        seen += 1
        true = picture.boxes[picture.labels == kind]
        mine = detected[detected[:, 5] == kind]
        ignore = picture.ignored(kind)
        if limits is not None:
            shape = best(shapes, picture.width, picture.height)
            scale = scale_in(shape, picture.width, picture.height)
            mine, true, ignore = within(mine, true, ignore, scale, limits)
        total += len(true)
        right, skip = match(mine, true, ignore, iou)
        scores.append(mine[~skip, 4])
        rights.append(right[~skip])
    if not scores:
        return np.zeros(0), np.zeros(0, bool), 0, 0
    return np.concatenate(scores), np.concatenate(rights), total, seen


def score(found: Found, shapes: Shapes | None = None) -> dict[str, ClassScore]:
    """AP of every class that has a labelled box; per size too where the input's is given."""
    result = {}
    for kind, name in enumerate(CLASSES):
        values = []
        for iou in IOUS:
            scores, right, total, seen = judge(found, kind, iou)
            values.append(ap_of(scores, right, total))
        if not total:
            continue
        result[name] = ClassScore(values[0], float(np.mean(values)), total, seen)
        for label, limits in SIZES.items() if shapes else ():
            scores, right, count, _ = judge(found, kind, 0.5, limits, shapes)
            result[name].by_size[label] = (ap_of(scores, right, count), count)
    return result


def table(scores: dict[str, ClassScore]) -> str:
    lines = [f"{'class':<14}{'AP50':>7}{'AP':>7}{'boxes':>7}{'pictures':>9}"]
    for name, s in scores.items():
        lines.append(f"{name:<14}{s.ap50:7.3f}{s.ap:7.3f}{s.boxes:7d}{s.pictures:9d}")
    return "\n".join(lines)
