"""Copy-paste: an object cut out by its box, with a soft edge, put into another picture.

Decoys (pieces without an object, pasted the same way) keep the soft edge from
becoming the sign by which an object is known.
"""

from __future__ import annotations

import cv2
import numpy as np

from .place import area, clip
from .scene import Scene, View

COVERED = 0.5
LARGEST_STRETCH = 2.5


def soft_edge(width: int, height: int, share: float) -> np.ndarray:
    """[height, width, 1] weights: 1 inside, falling to 0 over `share` of the shorter side."""
    edge = max(1.0, share * min(width, height))
    x = np.minimum(np.arange(width) + 0.5, width - 0.5 - np.arange(width)) / edge
    y = np.minimum(np.arange(height) + 0.5, height - 0.5 - np.arange(height)) / edge
    return np.clip(np.minimum(x[None], y[:, None]), 0, 1)[..., None].astype(np.float32)


def cut_out(
    scene: Scene, box: np.ndarray, margin: float
) -> tuple[np.ndarray, np.ndarray] | None:
    """The box's pixels with a margin around, and the box in them; None if it is too small."""
    height, width = scene.image.shape[:2]
    spare = margin * (box[2:] - box[:2])
    outer = clip(np.concatenate((box[:2] - spare, box[2:] + spare)), (0, 0, width, height))
    x1, y1, x2, y2 = (int(v) for v in np.round(outer))
    if x2 - x1 < 12 or y2 - y1 < 12:
        return None
    inner = clip(box - np.array((x1, y1, x1, y1), np.float32), (0, 0, x2 - x1, y2 - y1))
    return scene.image[y1:y2, x1:x2], inner


def decoy_box(scene: Scene, rng: np.random.Generator) -> np.ndarray | None:
    """A window of the scene that touches no box and no ignore region."""
    height, width = scene.image.shape[:2]
    for _try in range(8):
        w, h = width * rng.uniform(0.15, 0.5), height * rng.uniform(0.15, 0.6)
        x, y = rng.uniform(0, width - w), rng.uniform(0, height - h)
        window = np.array((x, y, x + w, y + h), np.float32)
        others = (*scene.boxes, *scene.ignore)
        if all(area(clip(other, tuple(window))) == 0 for other in others):
            return window
    return None


def target_size(
    view: View, piece: np.ndarray, rng: np.random.Generator
) -> tuple[int, int]:
    """A size from small and far to nearly filling the frame, about the piece's own shape."""
    height = np.exp(rng.uniform(np.log(0.07), np.log(0.95))) * view.height
    height = min(height, LARGEST_STRETCH * piece.shape[0])
    width = height * piece.shape[1] / piece.shape[0] * np.exp(rng.uniform(-0.2, 0.2))
    shrink = min(1.0, 0.97 * view.width / width)
    return max(8, int(width * shrink)), max(8, int(height * shrink))


def hide(view: View, rect: np.ndarray) -> None:
    """Turns boxes mostly covered by `rect` into ignore regions."""
    kept = [area(clip(b, tuple(rect))) < COVERED * area(b) for b in view.boxes]
    view.ignore.extend(b for b, keep in zip(view.boxes, kept) if not keep)
    view.boxes = [b for b, keep in zip(view.boxes, kept) if keep]
    view.labels = [label for label, keep in zip(view.labels, kept) if keep]


def paste(
    view: View, donor: Scene, box: np.ndarray, label: int | None, rng: np.random.Generator
) -> bool:
    """Puts the donor's `box` somewhere into the view; `label` None makes it a decoy."""
    cut = cut_out(donor, box, rng.uniform(0.02, 0.12))
    if cut is None:
        return False
    piece, inner = cut
    if rng.random() < 0.5:
        piece = np.ascontiguousarray(piece[:, ::-1])
        inner[[0, 2]] = piece.shape[1] - inner[[2, 0]]
    width, height = target_size(view, piece, rng)
    x = int(rng.integers(0, view.width - width + 1))
    y = int(rng.integers(0, view.height - height + 1))
    scale = np.array((width / piece.shape[1], height / piece.shape[0]) * 2, np.float32)
    method = cv2.INTER_AREA if scale[0] < 1 else cv2.INTER_LINEAR
    drawn = cv2.resize(piece, (width, height), interpolation=method).astype(np.float32)
    under = view.image[y : y + height, x : x + width].astype(np.float32)
    match = rng.uniform(0, 0.6)
    drawn = drawn * (1 - match + match * (under.mean() + 8) / (drawn.mean() + 8))
    weight = soft_edge(width, height, rng.uniform(0.02, 0.1))
    view.image[y : y + height, x : x + width] = np.clip(
        under + (drawn - under) * weight, 0, 255
    ).astype(np.uint8)
    rect = np.array((x, y, x + width, y + height), np.float32)
    hide(view, rect)
    view.regions.append(rect)
    view.labelled.append(donor.labelled)
    if label is not None:
        view.boxes.append(inner * scale + np.array((x, y, x, y), np.float32))
        view.labels.append(label)
    return True
