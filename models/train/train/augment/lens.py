"""Radial lens distortion, with boxes that hold the bent outline."""

from __future__ import annotations

import cv2
import numpy as np

from .place import clip
from .scene import GREY, View

POINTS_A_SIDE = 9


def source_radius(radius: np.ndarray, bend: float) -> np.ndarray:
    """Where a pixel at `radius` (1 = corner) takes its colour from. Corners stay put."""
    return radius * (1 + bend * radius**2) / (1 + bend)


def target_points(points: np.ndarray, width: int, height: int, bend: float) -> np.ndarray:
    """Where points of the undistorted picture lie in the distorted one."""
    centre = np.array((width, height), np.float32) / 2
    half = float(np.hypot(*centre))
    offset = (points - centre) / half
    radius = np.hypot(offset[:, 0], offset[:, 1])
    table = np.linspace(0, 1.6, 800)
    found = np.interp(radius, source_radius(table, bend), table)
    factor = np.where(radius > 1e-6, found / np.maximum(radius, 1e-6), 1 + bend)
    return centre + offset * factor[:, None] * half


def bent_box(box: np.ndarray, width: int, height: int, bend: float) -> np.ndarray:
    """The smallest box around the bent outline of `box`, inside the frame."""
    t = np.linspace(0, 1, POINTS_A_SIDE)
    x, y = box[0] + (box[2] - box[0]) * t, box[1] + (box[3] - box[1]) * t
    low, high = np.zeros_like(t), np.ones_like(t)
    outline = np.concatenate(
        [
            np.stack((x, box[1] + low), 1),
            np.stack((x, box[3] + low), 1),
            np.stack((box[0] * high, y), 1),
            np.stack((box[2] * high, y), 1),
        ]
    )
    moved = target_points(outline, width, height, bend)
    return clip(np.concatenate((moved.min(0), moved.max(0))), (0, 0, width, height)).astype(
        np.float32
    )


def distort(view: View, bend: float) -> None:
    """Bends the view: positive is a barrel, negative a cushion (down to -0.25)."""
    width, height = view.width, view.height
    centre_x, centre_y = width / 2, height / 2
    half = float(np.hypot(centre_x, centre_y))
    x = (np.arange(width, dtype=np.float32) + 0.5 - centre_x) / half
    y = (np.arange(height, dtype=np.float32) + 0.5 - centre_y) / half
    factor = (1 + bend * (x[None] ** 2 + y[:, None] ** 2)) / (1 + bend)
    map_x = (x[None] * factor * half + centre_x - 0.5).astype(np.float32)
    map_y = (y[:, None] * factor * half + centre_y - 0.5).astype(np.float32)
    view.image = cv2.remap(
        view.image, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT,
        borderValue=(GREY, GREY, GREY),
    )
    for boxes in (view.boxes, view.ignore, view.regions):
        boxes[:] = [bent_box(box, width, height, bend) for box in boxes]
