"""SimOTA assignment and YOLOX losses under partial labels.

A picture (or a mosaic's part) labels only some classes. For the others
nothing is known, so
- their class scores get no gradient there, except that a given box is a
  positive for its own class;
- an anchor that belongs to no box is not taught to be background where the
  network sees an unlabelled class with a fair score, nor in ignore regions.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from .model import anchor_grid, decode_boxes

RADIUS = 1.5
CANDIDATES = 10
BOX_WEIGHT = 5.0
UNLABELLED_SCORE = 0.15


@dataclass
class Losses:
    total: Tensor
    box: float
    objectness: float
    classes: float
    positives: int


def to_corners(boxes: Tensor) -> Tensor:
    half = boxes[..., 2:4] / 2
    return torch.cat((boxes[..., :2] - half, boxes[..., :2] + half), -1)


def pair_iou(a: Tensor, b: Tensor) -> Tensor:
    """IoU of every corner box in `a` with every one in `b`."""
    low = torch.maximum(a[:, None, :2], b[None, :, :2])
    high = torch.minimum(a[:, None, 2:], b[None, :, 2:])
    inter = (high - low).clamp(min=0).prod(-1)
    area_a = (a[:, 2:] - a[:, :2]).prod(-1)
    area_b = (b[:, 2:] - b[:, :2]).prod(-1)
    return inter / (area_a[:, None] + area_b[None] - inter).clamp(min=1e-6)


def region_mask(centres: Tensor, regions: Tensor, labelled: Tensor, classes: int) -> Tensor:
    """[anchors, classes]: is the class labelled where the anchor lies? True on grey padding."""
    mask = torch.ones(len(centres), classes, dtype=torch.bool, device=centres.device)
    for region, known in zip(regions, labelled):
        mask[inside(centres, region[None])[:, 0]] = known
    return mask


def inside(centres: Tensor, boxes: Tensor) -> Tensor:
    """[anchors, boxes]: does the anchor's centre lie in the box?"""
    return (
        (centres[:, None] > boxes[None, :, :2]) & (centres[:, None] < boxes[None, :, 2:])
    ).all(-1)


@torch.no_grad()
def assign(
    raw: Tensor, decoded: Tensor, grid: Tensor, boxes: Tensor, labels: Tensor, known: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """SimOTA for one picture: anchor indices, the box of each, and their IoU."""
    centres = (grid[:, :2] + 0.5) * grid[:, 2:3]
    in_box = inside(centres, boxes)
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    near = ((centres[:, None] - middle[None]).abs() < RADIUS * grid[:, None, 2:3]).all(-1)
    candidate = (in_box | near).any(1).nonzero()[:, 0]
    if len(candidate) == 0:
        empty = candidate.new_zeros(0)
        return empty, empty, raw.new_zeros(0)
    iou = pair_iou(to_corners(decoded[candidate]), boxes)
    score = (raw[candidate, 5:].sigmoid() * raw[candidate, 4:5].sigmoid()).sqrt()
    score = score.clamp(1e-6, 1 - 1e-6)
    wrong = -(1 - score).log() * known[candidate]
    own = score[:, labels]
    class_cost = wrong.sum(1, keepdim=True) - wrong[:, labels] - own.log()
    cost = class_cost - 3 * (iou + 1e-8).log()
    cost = cost + 1e5 * ~(in_box & near)[candidate]
    amount = iou.topk(min(CANDIDATES, len(candidate)), 0).values.sum(0).int().clamp(min=1)
    matched = torch.zeros_like(cost, dtype=torch.bool)
    order = cost.argsort(0)
    for box in range(len(boxes)):
        matched[order[: int(amount[box]), box], box] = True
    twice = matched.sum(1) > 1
    if twice.any():
        best = cost[twice].argmin(1)
        matched[twice] = F.one_hot(best, len(boxes)).bool()
    row, column = matched.nonzero(as_tuple=True)
    return candidate[row], column, iou[row, column]


def giou_loss(mine: Tensor, true: Tensor) -> Tensor:
    """1 - generalised IoU, of corner boxes pair by pair."""
    low, high = torch.maximum(mine[:, :2], true[:, :2]), torch.minimum(mine[:, 2:], true[:, 2:])
    inter = (high - low).clamp(min=0).prod(-1)
    union = (mine[:, 2:] - mine[:, :2]).prod(-1) + (true[:, 2:] - true[:, :2]).prod(-1) - inter
    overlap = inter / union.clamp(min=1e-6)
    hull = torch.maximum(mine[:, 2:], true[:, 2:]) - torch.minimum(mine[:, :2], true[:, :2])
    hull = hull.prod(-1).clamp(min=1e-6)
    return 1 - overlap + (hull - union) / hull


def l1_loss(raw: Tensor, cells: Tensor, true: Tensor) -> Tensor:
    """How far the box values of anchors, in their cells' units, are from those of their corner boxes.

    GIoU hardly moves a box that is nearly right; this goes on doing so (Ge et al. 2021, YOLOX).
    """
    stride = cells[:, 2:3]
    middle = (true[:, :2] + true[:, 2:]) / 2 / stride - cells[:, :2]
    extent = ((true[:, 2:] - true[:, :2]) / stride).clamp(min=1e-3).log()
    return (raw[:, :4] - torch.cat((middle, extent), 1)).abs().sum(1)


@torch.no_grad()
def punishable(
    logits: Tensor, objectness: Tensor, known: Tensor, centres: Tensor, ignore: Tensor
) -> Tensor:
    """[anchors]: may an anchor without a box be taught to be background?"""
    best, best_class = logits.sigmoid().max(1)
    unknown = ~known.gather(1, best_class[:, None])[:, 0]
    allowed = ~(unknown & (best * objectness.sigmoid() > UNLABELLED_SCORE))
    if len(ignore):
        allowed &= ~inside(centres, ignore).any(1)
    return allowed


@dataclass
class Sums:
    """One picture's losses, not yet divided by the batch's number of positives."""

    box: Tensor
    objectness: Tensor
    classes: Tensor
    positives: int


def of_picture(
    raw: Tensor, decoded: Tensor, grid: Tensor, target: dict[str, Tensor], exact: bool
) -> Sums:
    """The losses of one picture's anchors, summed."""
    classes = raw.shape[-1] - 5
    centres = (grid[:, :2] + 0.5) * grid[:, 2:3]
    boxes, labels, ignore, regions, labelled = (
        target[key].to(raw.device) for key in ("boxes", "labels", "ignore", "regions", "labelled")
    )
    known = region_mask(centres, regions, labelled, classes)
    logits, objectness = raw[:, 5:], raw[:, 4]
    wanted = torch.zeros_like(objectness)
    punished = punishable(logits, objectness, known, centres, ignore)
    box_sum = class_sum = raw.sum() * 0
    positives = 0
    if len(boxes):
        anchors, which, iou = assign(raw, decoded, grid, boxes, labels, known)
        positives = len(anchors)
        wanted[anchors] = 1.0
        punished[anchors] = True
        goal = F.one_hot(labels[which], classes).to(raw.dtype)
        mask = known[anchors] | goal.bool()
        loss = F.binary_cross_entropy_with_logits(
            logits[anchors], goal * iou[:, None], reduction="none"
        )
        class_sum = (loss * mask).sum()
        box_sum = BOX_WEIGHT * giou_loss(to_corners(decoded[anchors]), boxes[which]).sum()
        if exact:
            box_sum = box_sum + l1_loss(raw[anchors], grid[anchors], boxes[which]).sum()
    loss = F.binary_cross_entropy_with_logits(objectness, wanted, reduction="none")
    return Sums(box_sum, (loss * punished).sum(), class_sum, positives)


def compute(
    raw: Tensor, targets: list[dict[str, Tensor]], height: int, width: int, exact: bool = False
) -> Losses:
    """The batch's loss. `raw` is the network's output before any sigmoid; `exact` adds `l1_loss`."""
    grid = anchor_grid(height, width).to(raw.device)
    decoded = decode_boxes(raw, grid)
    parts = [of_picture(raw[i], decoded[i], grid, target, exact) for i, target in enumerate(targets)]
    positives = sum(part.positives for part in parts)
    count = max(positives, 1)
    box = torch.stack([part.box for part in parts]).sum() / count
    objects = torch.stack([part.objectness for part in parts]).sum() / count
    kinds = torch.stack([part.classes for part in parts]).sum() / count
    total = box + objects + kinds
    return Losses(total, box.item(), objects.item(), kinds.item(), positives)
