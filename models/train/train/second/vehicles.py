"""The teacher of the second look: what the start network knows of vehicles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..data import Size, letterbox
from ..losses import to_corners
from ..model import Yolox, anchor_grid, decode_boxes, load_fused
from .crops import MARGIN, cut, square, stacked

# COCO's bicycle, car, motorcycle, aeroplane, bus, train, lorry: rickshaws are seen as one of them.
VEHICLES = (1, 2, 3, 4, 5, 6, 7)
# It sees each place larger than the second look does.
TEACHER_SIZE = 256
# How sure it must be of a vehicle in a picture for that place to be learnt from.
SURE = 0.2
SUREST = 8
# The middle of the cut-out, as a share of the box's longer side, and how much of it a vehicle covers.
MIDDLE = 0.7
COVERED = 0.7


def knowing_vehicles(path: Path) -> Yolox:
    """The start network with only the rows of vehicles left of its classes."""
    return load_fused(path, len(VEHICLES), dict(enumerate(VEHICLES)))


def vehicle_in_the_middle(raw: Tensor, grid: Tensor, size: int) -> Tensor:
    """[N]: the probability of the surest vehicle that covers most of the middle of a cut-out."""
    boxes = to_corners(decode_boxes(raw, grid))
    scores = raw[..., 4].sigmoid() * raw[..., 5:].sigmoid().amax(-1)
    half = size / MARGIN * MIDDLE / 2
    low, high = size / 2 - half, size / 2 + half
    width = (boxes[..., 2].clamp(max=high) - boxes[..., 0].clamp(min=low)).clamp(min=0)
    height = (boxes[..., 3].clamp(max=high) - boxes[..., 1].clamp(min=low)).clamp(min=0)
    covers = (width * height > COVERED * (2 * half) ** 2).to(scores.dtype)
    return (scores * covers).amax(-1)


@torch.no_grad()
def vehicles_of(teacher: Yolox, image: np.ndarray, size: Size) -> np.ndarray:
    """[n, 4]: the surest vehicles of a picture, in its pixels."""
    boxed, scale, left, top = letterbox(image, size)
    raw = teacher(torch.from_numpy(stacked([boxed])).float())[0]
    scores = (raw[:, 4].sigmoid() * raw[:, 5:].sigmoid().amax(-1)).numpy()
    best = np.argsort(-scores)[:SUREST]
    best = best[scores[best] > SURE]
    boxes = to_corners(decode_boxes(raw, anchor_grid(size[1], size[0])))[best].numpy()
    boxes[:, [0, 2]] = (boxes[:, [0, 2]] - left) / scale
    boxes[:, [1, 3]] = (boxes[:, [1, 3]] - top) / scale
    return boxes


@torch.no_grad()
def told(teacher: Yolox, places: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """[N]: how surely the teacher sees a vehicle in the middle of each picture's box."""
    crops = [cut(image, square(box), TEACHER_SIZE) for image, box in places]
    raw = teacher(torch.from_numpy(stacked(crops)).float())
    return vehicle_in_the_middle(raw, anchor_grid(TEACHER_SIZE, TEACHER_SIZE), TEACHER_SIZE).numpy()
