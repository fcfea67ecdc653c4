"""Drawing a scene, scaled and cut, onto a view, with its boxes."""

from __future__ import annotations

import cv2
import numpy as np

from .scene import Scene, View

LEAST_SEEN = 0.4
LEAST_SIDE_PX = 5


def clip(box: np.ndarray, limits: tuple[float, float, float, float]) -> np.ndarray:
    """The part of a corner box inside `limits` (x1, y1, x2, y2)."""
    low, high = np.array(limits[:2], np.float32), np.array(limits[2:], np.float32)
    return np.concatenate((np.clip(box[:2], low, high), np.clip(box[2:], low, high)))


def area(box: np.ndarray) -> float:
    return float(max(box[2] - box[0], 0) * max(box[3] - box[1], 0))


def place(
    view: View,
    scene: Scene,
    window: tuple[int, int, int, int],
    rect: tuple[float, float, float, float],
    flip: bool,
    rng: np.random.Generator,
) -> None:
    """Draws a scene scaled onto `rect` (x, y, w, h), cut by `window` (x1, y1, x2, y2).

    A box of which the cut leaves too little becomes an ignore region.
    """
    height, width = scene.image.shape[:2]
    x, y, w, h = rect
    sx, sy = w / width, h / height
    x1, y1 = int(max(window[0], round(x))), int(max(window[1], round(y)))
    x2, y2 = int(min(window[2], round(x + w))), int(min(window[3], round(y + h)))
    if x2 - x1 < 8 or y2 - y1 < 8:
        return
    image = scene.image[:, ::-1] if flip else scene.image
    u1, u2 = int((x1 - x) / sx), int(np.ceil((x2 - x) / sx))
    v1, v2 = int((y1 - y) / sy), int(np.ceil((y2 - y) / sy))
    crop = image[max(v1, 0) : max(v2, 1), max(u1, 0) : max(u2, 1)]
    if crop.size == 0:
        return
    shrinking = sx < 1 and sy < 1 and rng.random() < 0.5
    method = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    view.image[y1:y2, x1:x2] = cv2.resize(
        np.ascontiguousarray(crop), (x2 - x1, y2 - y1), interpolation=method
    )
    view.regions.append(np.array((x1, y1, x2, y2), np.float32))
    view.labelled.append(scene.labelled)

    def move(boxes: np.ndarray) -> np.ndarray:
        boxes = boxes.copy()
        if flip:
            boxes[:, [0, 2]] = width - boxes[:, [2, 0]]
        boxes[:, [0, 2]] = boxes[:, [0, 2]] * sx + x
        boxes[:, [1, 3]] = boxes[:, [1, 3]] * sy + y
        return boxes

    limits = (x1, y1, x2, y2)
    for box, label in zip(move(scene.boxes), scene.labels):
        cut = clip(box, limits)
        if area(cut) <= 0:
            continue
        if area(cut) >= LEAST_SEEN * area(box) and min(cut[2:] - cut[:2]) >= LEAST_SIDE_PX:
            view.boxes.append(cut)
            view.labels.append(int(label))
        else:
            view.ignore.append(cut)
    view.ignore.extend(clip(box, limits) for box in move(scene.ignore))
