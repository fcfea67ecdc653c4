"""The network of the second look: the start network's trunk under a head of its own."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..model import Yolox

# What is looked at again: the class that vehicles are taken for.
JUDGED = ("street_stall",)
SIZE = 192


class SecondLook(nn.Module):
    """Cut-outs [N, 3, SIZE, SIZE], floats of 0 to 255, in; [N] logits of a vehicle filling the middle."""

    def __init__(self, net: Yolox):
        super().__init__()
        self.net = net
        self.head = nn.Linear(2 * net.cp[0].in_channels * len(net.cp), 1)
        nn.init.normal_(self.head.weight, std=1e-3)
        nn.init.zeros_(self.head.bias)

    def forward(self, x: Tensor) -> Tensor:
        pooled = []
        for _, known in self.net.towers(x):
            edge = known.shape[-1] // 4
            middle = known[..., edge : known.shape[-2] - edge, edge : known.shape[-1] - edge]
            pooled += [middle.mean((2, 3)), middle.amax((2, 3))]
        return self.head(torch.cat(pooled, 1))[:, 0]

    def keep(self, x: Tensor) -> Tensor:
        """[N, 1]: what the detector's scores are multiplied by: the probability of no vehicle."""
        return 1 - self(x).sigmoid()[:, None]
