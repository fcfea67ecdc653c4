"""Teaches the second look the teacher's word on vehicles."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from ..data import PictureStore
from ..ema import Ema
from ..progress import Progress
from .crops import stacked, varied
from .network import SIZE, SecondLook
from .samples import Samples
from .vehicles import knowing_vehicles

# Half of a batch are places where the teacher is this sure of a vehicle.
SURE = 0.3
BATCH = 64


@dataclass
class Asked:
    """How long to learn, and how."""

    weights: Path
    steps: int = 700
    lr: float = 5e-5
    head_lr: float = 2e-3
    warm_up: int = 50
    seed: int = 3
    bf16: bool = False


@dataclass
class Part:
    """A source's pictures and the places in them."""

    store: PictureStore
    places: Samples


class Drawing:
    """Draws batches of which half are vehicles, as far as there are both kinds."""

    def __init__(self, parts: list[Part], seed: int):
        self.parts, self.rng = parts, np.random.default_rng(seed)
        every = [(part, i) for part in parts for i in range(len(part.places.told))]
        sure = [part.places.told[i] > SURE for part, i in every]
        both = ([e for e, s in zip(every, sure) if s == kind] for kind in (True, False))
        self.groups = [group for group in both if group]

    def batch(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Cut-outs, and the teacher's word on them."""
        crops, told = [], []
        for group in self.groups:
            for chosen in self.rng.integers(len(group), size=BATCH // len(self.groups)):
                part, i = group[chosen]
                pixels = part.store.pixels[part.places.pictures[i]]
                crops.append(varied(pixels, part.places.boxes[i], SIZE, self.rng))
                told.append(part.places.told[i])
        return torch.from_numpy(stacked(crops)).float(), torch.tensor(np.array(told, np.float32))


def learn(parts: list[Part], asked: Asked) -> SecondLook:
    """The averaged network after so many steps."""
    torch.manual_seed(asked.seed)
    drawing = Drawing(parts, asked.seed)
    net = SecondLook(knowing_vehicles(asked.weights)).to(memory_format=torch.channels_last).train()
    groups = [{"params": net.net.parameters()}, {"params": net.head.parameters(), "lr": asked.head_lr}]
    optimizer = torch.optim.AdamW(groups, lr=asked.lr, weight_decay=0.02)
    warm = torch.optim.lr_scheduler.LinearLR(optimizer, 0.02, total_iters=asked.warm_up)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(asked.steps - asked.warm_up, 1))
    rate = torch.optim.lr_scheduler.SequentialLR(optimizer, [warm, cosine], [asked.warm_up])
    average = Ema(net, 0.99)
    progress = Progress("second look", asked.steps)
    for step in range(asked.steps):
        crops, told = drawing.batch()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=asked.bf16):
            vehicle = net(crops.contiguous(memory_format=torch.channels_last))
        loss = F.binary_cross_entropy_with_logits(vehicle.float(), told)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        rate.step()
        average.update(net)
        progress.show(step + 1, f"vehicles {loss:.3f}")
    return average.model.eval()
