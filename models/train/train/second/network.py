"""The network of the second look: a detector that has learnt from close-ups, and of stalls the start network's
word on vehicles."""

from __future__ import annotations

import copy
from pathlib import Path

import torch
from torch import Tensor, nn

from ..classes import CLASSES
from ..losses import to_corners
from ..model import Yolox, anchor_grid, decode_boxes, fuse_batch_norm, load_fused
from .crops import MARGIN

# What is looked at again: the classes that rest on rendered pictures.
JUDGED = ("street_stall", "billboard")
# Of them, what vehicles are taken for.
LIKE_VEHICLES = "street_stall"
SIZE = 256
# COCO's bicycle, car, motorcycle, aeroplane, bus, train, lorry: rickshaws are seen as one of them.
VEHICLES = (1, 2, 3, 4, 5, 6, 7)
# The middle of the cut-out, as a share of the box's longer side, and how much of it a vehicle covers.
MIDDLE = 0.7
COVERED = 0.7
# How much what is seen the second time weighs beside what the detector saw the first time. That of stalls is
# the best of six on rendered scenes, vehicles counted: see EXPERIMENTS.md.
AGAIN = {"street_stall": 0.35, "billboard": 0.5}
# The same thing seen again: its longer side and how far its middle is off, in longer sides of the box.
LONGER = (0.7, 1.4)
OFF = 0.2


def knowing_vehicles(path: Path) -> Yolox:
    """The start network with only the rows of vehicles left of its classes."""
    return load_fused(path, len(VEHICLES), dict(enumerate(VEHICLES)))


def any_vehicle(raw: Tensor, grid: Tensor, size: int) -> Tensor:
    """[N]: the probability that one of the vehicles covers most of the middle of a cut-out, as if
    they were seen independently of each other: what is half a car and half a lorry is a vehicle."""
    boxes = to_corners(decode_boxes(raw, grid))
    half = size / MARGIN * MIDDLE / 2
    low, high = size / 2 - half, size / 2 + half
    width = (boxes[..., 2].clamp(max=high) - boxes[..., 0].clamp(min=low)).clamp(min=0)
    height = (boxes[..., 3].clamp(max=high) - boxes[..., 1].clamp(min=low)).clamp(min=0)
    covers = (width * height > COVERED * (2 * half) ** 2).to(raw.dtype)
    scores = (raw[..., 4].sigmoid() * covers)[..., None] * raw[..., 5:].sigmoid()
    none = torch.ones_like(scores[:, 0, 0])
    for kind in range(scores.shape[-1]):
        none = none * (1 - scores[..., kind].amax(1))
    return 1 - none


def seen_again(raw: Tensor, grid: Tensor, size: int, kinds: list[int]) -> tuple[Tensor, Tensor]:
    """How sure the surest box of each class is in the place of the one that was cut out, [N, kinds],
    and its corners in shares of the cut-out, [N, kinds, 4]."""
    corners = to_corners(decode_boxes(raw, grid)) / size
    boxes = corners * MARGIN
    low, high = boxes[..., :2], boxes[..., 2:]
    # not amax: ONNX Runtime 1.20 gives it a wrong shape where there is no cut-out
    longer = torch.maximum(*(high - low).unbind(-1))
    off = torch.maximum(*((low + high) / 2 - MARGIN / 2).abs().unbind(-1))
    same = (longer > LONGER[0]) & (longer < LONGER[1]) & (off < OFF)
    sure = (raw[..., 4].sigmoid() * same.to(raw.dtype))[..., None] * raw[..., 5:].sigmoid()[..., kinds]
    surest = sure.argmax(1)
    place = corners.gather(1, surest[..., None].expand(-1, -1, 4))
    return sure.amax(1), place


class SecondLook(nn.Module):
    """Cut-outs [N, 3, SIZE, SIZE], floats of 0 to 255, and the place in JUDGED of what each was taken for, [N],
    in; out, [N, JUDGED] each: what scores are multiplied by, what is added then, together at most 1; where
    the thing is seen, corners in shares of the cut-out ([N, JUDGED, 4]); and what share of the way there
    the box is moved, which is how surely it is seen. All nothing for what a cut-out was not taken for.

    The start network is shown only what vehicles are taken for, so that the others cost no more than one look."""

    def __init__(self, closer: Yolox, vehicles: Yolox):
        super().__init__()
        self.closer, self.vehicles = fused_copy(closer), vehicles
        self.register_buffer("grid", anchor_grid(SIZE, SIZE))
        self.register_buffer("again", torch.tensor([AGAIN[name] for name in JUDGED]))
        self.eval()

    def forward(self, crops: Tensor, kinds: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        seen, place = seen_again(self.closer(crops), self.grid, SIZE, [CLASSES.index(name) for name in JUDGED])
        clear = self.without_vehicle(crops, kinds)[:, None]
        is_own = (kinds[:, None] == torch.arange(len(JUDGED))).to(crops.dtype)
        keep = (1 - self.again) * clear * is_own
        return keep, self.again * seen * clear * is_own, place * is_own[..., None], seen * is_own

    def without_vehicle(self, crops: Tensor, kinds: Tensor) -> Tensor:
        """[N]: the probability that no vehicle is there; 1 for what no vehicle is taken for."""
        asked = (kinds == JUDGED.index(LIKE_VEHICLES)).nonzero()[:, 0]
        clear = 1 - any_vehicle(self.vehicles(crops[asked]), self.grid, SIZE)
        return torch.ones_like(crops[:, 0, 0, 0]).scatter(0, asked, clear)


def fused_copy(network: Yolox) -> Yolox:
    copied = copy.deepcopy(network).cpu().float()
    fuse_batch_norm(copied.eval())
    return copied
