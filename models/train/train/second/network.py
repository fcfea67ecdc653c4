"""The network of the second look: for stalls the detector again, closer up, and the start network's word on
vehicles; for boards a detector that has learnt from close-ups."""

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
# Of them, those that vehicles are taken for.
LIKE_VEHICLES = ("street_stall",)
SIZE = 256
# COCO's bicycle, car, motorcycle, aeroplane, bus, train, lorry: rickshaws are seen as one of them.
VEHICLES = (1, 2, 3, 4, 5, 6, 7)
# The middle of the cut-out, as a share of the box's longer side, and how much of it a vehicle covers.
MIDDLE = 0.7
COVERED = 0.7
# Those whose box is moved to where the thing is seen again, in proportion to how surely it is. Stalls in
# photographs lose by it: what of a stall is seen close up is often a part.
MOVED = ("billboard",)
# Those that a network taught by close-ups looks at; the others are shown to the detector again.
CLOSER = ("billboard",)
# How much what is seen the second time weighs beside what the detector saw the first time.
AGAIN = {"street_stall": 0.25, "billboard": 0.5}
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
    longer = (high - low).amax(-1)
    off = ((low + high) / 2 - MARGIN / 2).abs().amax(-1)
    same = (longer > LONGER[0]) & (longer < LONGER[1]) & (off < OFF)
    sure = (raw[..., 4].sigmoid() * same.to(raw.dtype))[..., None] * raw[..., 5:].sigmoid()[..., kinds]
    surest = sure.argmax(1)
    place = corners.gather(1, surest[..., None].expand(-1, -1, 4))
    return sure.amax(1), place


class SecondLook(nn.Module):
    """Cut-outs [N, 3, SIZE, SIZE], floats of 0 to 255, in; out, [N, JUDGED] each: what scores are
    multiplied by, what is added then, together at most 1; where the thing is seen, corners in shares
    of the cut-out ([N, JUDGED, 4]); and what share of the way there the box is moved."""

    def __init__(self, detector: Yolox, closer: Yolox, vehicles: Yolox):
        super().__init__()
        self.detector, self.closer = (fused_copy(network) for network in (detector, closer))
        self.vehicles = vehicles
        self.register_buffer("grid", anchor_grid(SIZE, SIZE))
        told = ([float(name in names) for name in JUDGED] for names in (LIKE_VEHICLES, MOVED))
        for name, values in zip(("like_vehicles", "moved"), told):
            self.register_buffer(name, torch.tensor(values))
        self.register_buffer("again", torch.tensor([AGAIN[name] for name in JUDGED]))
        self.eval()

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        seen, place = self.seen(crops)
        vehicle = any_vehicle(self.vehicles(crops), self.grid, SIZE)[:, None]
        no_vehicle = 1 - self.like_vehicles * vehicle
        return (1 - self.again) * no_vehicle, self.again * seen * no_vehicle, place, seen * self.moved

    def seen(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """What `seen_again` says of each class, of the network that looks at it."""
        raw = {False: self.detector(crops), True: self.closer(crops)}
        each = [
            seen_again(raw[name in CLOSER], self.grid, SIZE, [CLASSES.index(name)]) for name in JUDGED
        ]
        sure, places = zip(*each)
        return torch.cat(sure, 1), torch.cat(places, 1)


def fused_copy(network: Yolox) -> Yolox:
    copied = copy.deepcopy(network).cpu().float()
    fuse_batch_norm(copied.eval())
    return copied
