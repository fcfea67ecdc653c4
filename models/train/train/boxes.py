"""Corner boxes in NumPy: overlap and suppression."""

from __future__ import annotations

import numpy as np

NMS_IOU = 0.5


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
