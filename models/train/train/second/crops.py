"""Cut-outs around boxes, as the server makes them."""

from __future__ import annotations

import cv2
import numpy as np

from ..augment import GREY

# Side of the square cut-out, in longer sides of the box.
MARGIN = 1.6
# Shorter sides than this, in pixels, are taken for this long.
LEAST_PX = 8.0


def square(box: np.ndarray, margin: float = MARGIN) -> tuple[float, float, float]:
    """Centre and side, in pixels, of the cut-out around a corner box."""
    x0, y0, x1, y1 = (float(v) for v in box)
    return (x0 + x1) / 2, (y0 + y1) / 2, max(x1 - x0, y1 - y0, LEAST_PX) * margin


def cut(image: np.ndarray, centre_and_side: tuple[float, float, float], size: int) -> np.ndarray:
    """[size, size, 3]: the square at the network's size, grey where the picture has ended."""
    x, y, side = centre_and_side
    scale = size / side
    if scale < 0.5:
        # two taps an axis would skip pixels; the average of an area does not
        image = cv2.resize(image, None, fx=2 * scale, fy=2 * scale, interpolation=cv2.INTER_AREA)
        x, y, scale = x * 2 * scale, y * 2 * scale, 0.5
    move = np.array([[scale, 0, size / 2 - x * scale], [0, scale, size / 2 - y * scale]], np.float32)
    return cv2.warpAffine(image, move, (size, size), borderValue=(GREY,) * 3)


def stacked(crops: list[np.ndarray]) -> np.ndarray:
    """[N, 3, size, size] of cut-outs."""
    return np.ascontiguousarray(np.stack(crops).transpose(0, 3, 1, 2))
