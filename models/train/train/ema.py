"""Moving average of the weights, which is what is evaluated and exported."""

from __future__ import annotations

import copy
import math

import torch
from torch import nn


class Ema:
    def __init__(self, model: nn.Module, decay: float = 0.998, warm_up: int = 200):
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self.decay, self.warm_up, self.updates = decay, warm_up, 0

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        self.updates += 1
        decay = self.decay * (1 - math.exp(-self.updates / self.warm_up))
        current = model.state_dict()
        for name, value in self.model.state_dict().items():
            if value.dtype.is_floating_point:
                value.mul_(decay).add_(current[name], alpha=1 - decay)
            else:
                value.copy_(current[name])
