"""Thresholds for a stated precision, and how far scores can be read as probabilities.

An alarm is right if it is in the right place, so boxes are matched more
loosely here than for average precision.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .score import Found, judge

ALARM_IOU = 0.3
LOWEST, HIGHEST = 0.15, 0.85
LEAST_ALARMS = 10
BINS = 10


@dataclass
class Point:
    threshold: float
    precision: float
    recall: float


def point_at(judged: list[tuple], threshold: float) -> Point:
    """Precision and recall at a threshold, the sets pooled."""
    fired = sum(int((scores >= threshold).sum()) for scores, *_ in judged)
    hits = sum(int(right[scores >= threshold].sum()) for scores, right, *_ in judged)
    total = sum(boxes for _, _, boxes, _ in judged)
    return Point(threshold, hits / max(fired, 1), hits / max(total, 1))


def choose(sets: list[Found], kind: int, wanted: float) -> Point | None:
    """The lowest threshold from which on the wanted precision holds; None without labels.

    "From which on" guards against a lucky dip: precision must hold at every
    higher threshold that still has some alarms. If it never holds, the
    threshold of the best F0.5 (precision weighs double) is taken.
    """
    judged = [j for j in (judge(found, kind, ALARM_IOU) for found in sets) if j[2]]
    if not judged:
        return None
    grid = [round(t, 2) for t in np.arange(LOWEST, HIGHEST + 1e-9, 0.01)]
    points = [point_at(judged, t) for t in grid]
    enough = [
        p for p in points
        if sum(int((s >= p.threshold).sum()) for s, *_ in judged) >= LEAST_ALARMS
    ] or points
    best = None
    for point in reversed(enough):
        if point.precision < wanted:
            break
        best = point
    return best or max(enough, key=f_half)


def f_half(point: Point) -> float:
    p, r = point.precision, point.recall
    return 1.25 * p * r / max(0.25 * p + r, 1e-9)


@dataclass
class Reliability:
    """Per bin of the score: its mean, the share of right detections, and their number."""

    scores: list[float]
    shares: list[float]
    counts: list[int]
    ece: float


def reliability(sets: list[Found], kind: int, floor: float = 0.05) -> Reliability | None:
    """Compares scores with the share that is right, above a floor; None without detections."""
    judged = [j for j in (judge(found, kind, ALARM_IOU) for found in sets) if j[2]]
    if not judged:
        return None
    scores = np.concatenate([j[0] for j in judged])
    right = np.concatenate([j[1] for j in judged])[scores >= floor]
    scores = scores[scores >= floor]
    if len(scores) == 0:
        return None
    place = np.minimum((scores * BINS).astype(int), BINS - 1)
    filled = [b for b in range(BINS) if (place == b).any()]
    means = [float(scores[place == b].mean()) for b in filled]
    shares = [float(right[place == b].mean()) for b in filled]
    counts = [int((place == b).sum()) for b in filled]
    gaps = np.abs(np.array(means) - shares)
    return Reliability(means, shares, counts, float((gaps * counts).sum() / len(scores)))
