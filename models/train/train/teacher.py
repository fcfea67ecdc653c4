"""What the start weights know of everyday things, kept while the street classes are learnt.

The network begins with COCO's 80 classes and soon forgets them, although
knowing a truck or a motorcycle is what keeps it from taking one for a stall.
The start network therefore stays as a teacher: beside the street classes the
network goes on telling these things apart as the teacher does, on every
training picture and without a label (learning without forgetting, Li and
Hoiem 2016; the loss is the quality focal loss of Li et al. 2020, with power 1).
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .model import COCO_CLASSES, REMEMBERED, Yolox, load_fused


def teacher(path: Path, network: str) -> Yolox:
    """The start network with COCO's own classes, not to be trained."""
    own = {index: index for index in range(COCO_CLASSES)}
    return load_fused(path, COCO_CLASSES, own, network).eval().requires_grad_(False)


@torch.no_grad()
def told(teacher: nn.Module, images: Tensor) -> Tensor:
    """[N, anchors, things]: how surely the teacher sees each remembered thing at each anchor."""
    raw = teacher(images).float()
    return raw[..., 4:5].sigmoid() * raw[..., 5:][..., list(REMEMBERED)].sigmoid()


def forgotten(logits: Tensor, wanted: Tensor) -> Tensor:
    """The loss of what differs from the teacher, in proportion, by the sum of its certainties."""
    gap = (logits.sigmoid() - wanted).detach().abs()
    loss = F.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    return (loss * gap).sum() / wanted.sum().clamp(min=1.0)
