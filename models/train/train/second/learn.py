"""Teaches the second look: the teacher's word on vehicles, and from labels whether a detection is right.

Labels of stalls and boards count on rendered pictures only. Real photographs of
bins and facades show neither, and what never shows in a photograph would soon be
told by the photograph instead of the thing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from ..data import PictureStore
from ..ema import Ema
from ..progress import Progress
from .crops import stacked, varied
from .network import JUDGED, SIZE, SecondLook
from .samples import Samples
from .vehicles import knowing_vehicles

# Cut-outs of each kind in a batch: a vehicle or none; of each class, wrong and right.
VEHICLES_A_BATCH, NONE_A_BATCH, LABELLED_A_BATCH = 16, 16, 5
SURE = 0.3
# How much the labels weigh beside the teacher's word.
LABELS_WEIGH = 0.3
# Labels are taken for this sure only: some of what is called false is a thing nobody labelled.
SOFT = 0.05


@dataclass
class Asked:
    """How long to learn, and from what."""

    weights: Path
    steps: int = 700
    lr: float = 5e-5
    head_lr: float = 2e-3
    warm_up: int = 50
    seed: int = 3
    bf16: bool = False


@dataclass
class Part:
    """A source's pictures, the places in them, and the teacher's word (NaN: not asked)."""

    store: PictureStore
    places: Samples
    told: np.ndarray
    rendered: bool


@dataclass
class Drawing:
    """Draws batches with as much of every kind as is wanted."""

    parts: list[Part]
    rng: np.random.Generator
    groups: list[tuple[int, list[tuple[int, int]]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        every = [(p, i) for p, part in enumerate(self.parts) for i in range(len(part.told))]
        told = [(p, i) for p, i in every if not np.isnan(self.parts[p].told[i])]
        self.add(VEHICLES_A_BATCH, [(p, i) for p, i in told if self.parts[p].told[i] > SURE])
        self.add(NONE_A_BATCH, [(p, i) for p, i in told if self.parts[p].told[i] <= SURE])
        for kind in range(len(JUDGED)):
            for right in (False, True):
                places = [
                    (p, i) for p, i in every
                    if self.label(p, i) == kind and self.parts[p].places.right[i] == right
                ]
                self.add(LABELLED_A_BATCH, places)

    def add(self, count: int, places: list[tuple[int, int]]) -> None:
        if places:
            self.groups.append((count, places))

    def label(self, part: int, index: int) -> int:
        """The judged class a place teaches; -1 when none."""
        of, kind = self.parts[part], self.parts[part].places.kinds[index]
        return kind if of.rendered or JUDGED[kind] == "bin_overflow" else -1

    def batch(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Cut-outs; the teacher's word (NaN: none); the labelled class (-1: none); whether right."""
        crops, told, kinds, right = [], [], [], []
        for count, places in self.groups:
            for chosen in self.rng.integers(len(places), size=count):
                p, i = places[chosen]
                of = self.parts[p].places
                pixels = self.parts[p].store.pixels[of.pictures[i]]
                crops.append(varied(pixels, of.boxes[i], SIZE, self.rng))
                told.append(self.parts[p].told[i])
                kinds.append(self.label(p, i))
                right.append(float(of.right[i]))
        numbers = (torch.tensor(np.array(v, np.float32)) for v in (told, right))
        told_, right_ = numbers
        return torch.from_numpy(stacked(crops)).float(), told_, torch.tensor(kinds), right_


def loss_of(
    vehicle: torch.Tensor, logits: torch.Tensor, told: torch.Tensor, kinds: torch.Tensor, right: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Cross-entropy with the teacher's word, and with the labels; each only where there is one."""
    asked, labelled = ~told.isnan(), kinds >= 0
    of_vehicles = F.binary_cross_entropy_with_logits(vehicle[asked], told[asked])
    mine = logits[labelled, kinds[labelled]]
    soft = right[labelled] * (1 - 2 * SOFT) + SOFT
    return of_vehicles, F.binary_cross_entropy_with_logits(mine, soft)


def learn(parts: list[Part], asked: Asked) -> SecondLook:
    """The averaged network after so many steps."""
    torch.manual_seed(asked.seed)
    drawing = Drawing(parts, np.random.default_rng(asked.seed))
    net = SecondLook(knowing_vehicles(asked.weights)).to(memory_format=torch.channels_last).train()
    groups = [{"params": net.net.parameters()}, {"params": net.head.parameters(), "lr": asked.head_lr}]
    optimizer = torch.optim.AdamW(groups, lr=asked.lr, weight_decay=0.02)
    warm = torch.optim.lr_scheduler.LinearLR(optimizer, 0.02, total_iters=asked.warm_up)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(asked.steps - asked.warm_up, 1))
    rate = torch.optim.lr_scheduler.SequentialLR(optimizer, [warm, cosine], [asked.warm_up])
    average = Ema(net, 0.99)
    progress = Progress("second look", asked.steps)
    for step in range(asked.steps):
        crops, *targets = drawing.batch()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=asked.bf16):
            vehicle, logits = net(crops.contiguous(memory_format=torch.channels_last))
        of_vehicles, of_labels = loss_of(vehicle.float(), logits.float(), *targets)
        optimizer.zero_grad()
        (of_vehicles + LABELS_WEIGH * of_labels).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        rate.step()
        average.update(net)
        progress.show(step + 1, f"vehicles {of_vehicles:.3f} labels {of_labels:.3f}")
    return average.model.eval()
