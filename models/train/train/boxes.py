"""Corner boxes in NumPy: overlap and suppression."""

from __future__ import annotations

import numpy as np

from .classes import CLASSES

NMS_IOU = 0.5
# A stall's counter or one of its canopies is often found beside the whole stall. A box that shares more
# than INSIDE of the smaller one's area with a surer one of these classes keeps DOUBTED of its score.
# Chosen on rendered scenes: see EXPERIMENTS.md.
INSIDE, DOUBTED = 0.7, 0.4
NESTED = ("street_stall",)


def overlap(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """IoU of corner boxes, and the share of each `a` that lies in each `b`."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    inter = np.clip(high - low, 0, None).prod(-1)
    area_a = (a[:, 2:] - a[:, :2]).prod(-1)[:, None]
    area_b = (b[:, 2:] - b[:, :2]).prod(-1)[None]
    return inter / np.maximum(area_a + area_b - inter, 1e-6), inter / np.maximum(area_a, 1e-6)


def suppress(boxes: np.ndarray, scores: np.ndarray, iou: float = NMS_IOU) -> np.ndarray:
    """Indices that greedy non-maximum suppression keeps, best first."""
    order = np.argsort(-scores, kind="stable")
    kept = []
    while len(order):
        first, order = order[0], order[1:]
        kept.append(first)
        if len(order):
            order = order[overlap(boxes[first][None], boxes[order])[0][0] <= iou]
    return np.array(kept, np.int64)


def doubted(boxes: np.ndarray) -> np.ndarray:
    """Which boxes of one class, best first, lie in a surer one."""
    within = overlap(boxes, boxes)[1]
    return np.tril(np.maximum(within, within.T) > INSIDE, -1).any(1)


def with_doubt(found: list[np.ndarray]) -> list[np.ndarray]:
    """Detections of pictures ([n, 6] each) with less of the scores of boxes in surer ones. It comes last."""
    after = []
    for rows in found:
        rows = rows[np.argsort(-rows[:, 4], kind="stable")]
        for name in NESTED:
            own = np.flatnonzero(rows[:, 5] == CLASSES.index(name))
            rows[own[doubted(rows[own, :4])], 4] *= DOUBTED
        after.append(rows[np.argsort(-rows[:, 4], kind="stable")])
    return after
