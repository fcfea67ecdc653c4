"""The network of the second look: the start network's trunk under a head of its own."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..model import Yolox

# Classes that are looked at again.
JUDGED = ("bin_overflow", "billboard", "street_stall")
STALL = JUDGED.index("street_stall")
SIZE = 192


class SecondLook(nn.Module):
    """Cut-outs [N, 3, SIZE, SIZE], floats of 0 to 255, in; see `forward`."""

    def __init__(self, net: Yolox):
        super().__init__()
        self.net = net
        wide = net.cp[0].in_channels
        self.head = nn.Linear(2 * wide * len(net.cp), 1 + len(JUDGED))
        nn.init.normal_(self.head.weight, std=1e-3)
        nn.init.zeros_(self.head.bias)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits: [N] of a vehicle filling the middle; [N, judged] of the detector being right."""
        pooled = []
        for _, known in self.net.towers(x):
            edge = known.shape[-1] // 4
            middle = known[..., edge : known.shape[-2] - edge, edge : known.shape[-1] - edge]
            pooled += [middle.mean((2, 3)), middle.amax((2, 3))]
        logits = self.head(torch.cat(pooled, 1))
        return logits[:, 0], logits[:, 1:]


def kept(vehicle: Tensor, logits: Tensor) -> Tensor:
    """[N, judged]: what the detector's scores are multiplied by."""
    right = logits.sigmoid()
    none = torch.ones_like(right)
    none[:, STALL] = 1 - vehicle.sigmoid()
    return right * none
