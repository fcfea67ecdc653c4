"""YOLOX in plain PyTorch, in two sizes, and how published fused weights become trainable again.

The networks are Megvii's YOLOX-nano (depth 0.33, width 0.25, depthwise
convolutions) and YOLOX-s (depth 0.33, width 0.5). Parameter names follow the
fused state dict that training starts from: every convolution block is a
`ConvBlock` whose convolution is called `0`, so that the fused file loads
without a renaming table.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .classes import CLASSES
from .coco import BadInput

STRIDES = (8, 16, 32)
COCO_CLASSES = 80
# COCO's person, bicycle, car, motorcycle, bus, train, truck, traffic light, stop sign, bench,
# umbrella, chair, potted plant, dining table: what a street is full of. See `teacher.py`.
REMEMBERED = (0, 1, 2, 3, 5, 6, 7, 9, 11, 13, 25, 56, 58, 60)
VEHICLES = tuple(REMEMBERED.index(i) for i in (2, 3, 5, 6, 7))
STALL = CLASSES.index("street_stall")


class Design(NamedTuple):
    """What the sizes differ in: channels of the stem, and whether 3x3 convolutions are depthwise."""

    stem: int
    separable: bool


DESIGNS = {"nano": Design(16, True), "small": Design(32, False)}


class ConvBlock(nn.Module):
    """Convolution, optional batch norm, SiLU. Fused checkpoints have no batch norm."""

    def __init__(self, c_in: int, c_out: int, kernel: int = 1, stride: int = 1, groups: int = 1):
        super().__init__()
        conv = nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, groups=groups, bias=True)
        self.add_module("0", conv)
        self.bn: nn.BatchNorm2d | None = None

    @property
    def conv(self) -> nn.Conv2d:
        return self._modules["0"]  # type: ignore[return-value]

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        if self.bn is not None:
            x = self.bn(x)
        return F.silu(x)


def conv3(design: Design, c_in: int, c_out: int, stride: int = 1) -> nn.Module:
    """A 3x3 convolution; where the design is separable, a 3x3 depthwise and a 1x1 block."""
    if not design.separable:
        return ConvBlock(c_in, c_out, 3, stride)
    return nn.Sequential(ConvBlock(c_in, c_in, 3, stride, groups=c_in), ConvBlock(c_in, c_out))


class Bottleneck(nn.Module):
    def __init__(self, design: Design, channels: int, shortcut: bool):
        super().__init__()
        self.a = ConvBlock(channels, channels)
        self.b = conv3(design, channels, channels)
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        y = self.b(self.a(x))
        return x + y if self.shortcut else y


class CspLayer(nn.Module):
    def __init__(self, design: Design, c_in: int, c_out: int, depth: int, shortcut: bool):
        super().__init__()
        hidden = c_out // 2
        self.c1 = ConvBlock(c_in, hidden)
        self.c2 = ConvBlock(c_in, hidden)
        self.m = nn.Sequential(*(Bottleneck(design, hidden, shortcut) for _ in range(depth)))
        self.c3 = ConvBlock(2 * hidden, c_out)

    def forward(self, x: Tensor) -> Tensor:
        return self.c3(torch.cat((self.m(self.c1(x)), self.c2(x)), 1))


class Spp(nn.Module):
    """Spatial pyramid pooling with windows 5, 9 and 13 (the larger two by stacking 5s)."""

    def __init__(self, channels: int):
        super().__init__()
        self.a = ConvBlock(channels, channels // 2)
        self.b = ConvBlock(channels * 2, channels)

    def forward(self, x: Tensor) -> Tensor:
        x = self.a(x)
        p5 = F.max_pool2d(x, 5, 1, 2)
        p9 = F.max_pool2d(p5, 5, 1, 2)
        p13 = F.max_pool2d(p9, 5, 1, 2)
        return self.b(torch.cat((x, p5, p9, p13), 1))


class Yolox(nn.Module):
    """Takes BGR values 0-255 as float, NCHW; sides must be multiples of 32."""

    def __init__(self, num_classes: int, network: str = "nano"):
        super().__init__()
        self.num_classes, self.network = num_classes, network
        design = DESIGNS[network]
        c = [design.stem * 2**i for i in range(5)]

        def conv(c_in: int, c_out: int, stride: int = 1) -> nn.Module:
            return conv3(design, c_in, c_out, stride)

        def csp(c_in: int, c_out: int, depth: int = 1, shortcut: bool = False) -> CspLayer:
            return CspLayer(design, c_in, c_out, depth, shortcut)

        self.stem = ConvBlock(12, c[0], 3)
        self.d2 = nn.Sequential(conv(c[0], c[1], 2), csp(c[1], c[1], 1, True))
        self.d3 = nn.Sequential(conv(c[1], c[2], 2), csp(c[2], c[2], 3, True))
        self.d4 = nn.Sequential(conv(c[2], c[3], 2), csp(c[3], c[3], 3, True))
        self.d5 = nn.Sequential(conv(c[3], c[4], 2), Spp(c[4]), csp(c[4], c[4]))
        self.l0 = ConvBlock(c[4], c[3])
        self.p4 = csp(c[4], c[3])
        self.r1 = ConvBlock(c[3], c[2])
        self.p3 = csp(c[3], c[2])
        self.b2 = conv(c[2], c[2], 2)
        self.n3 = csp(c[3], c[3])
        self.b1 = conv(c[3], c[3], 2)
        self.n4 = csp(c[4], c[4])
        wide = c[2]
        self.st = nn.ModuleList(ConvBlock(channels, wide) for channels in c[2:])
        self.cc = nn.ModuleList(nn.Sequential(conv(wide, wide), conv(wide, wide)) for _ in STRIDES)
        self.rc = nn.ModuleList(nn.Sequential(conv(wide, wide), conv(wide, wide)) for _ in STRIDES)
        self.cp = nn.ModuleList(nn.Conv2d(wide, num_classes, 1) for _ in STRIDES)
        self.rp = nn.ModuleList(nn.Conv2d(wide, 4, 1) for _ in STRIDES)
        self.op = nn.ModuleList(nn.Conv2d(wide, 1, 1) for _ in STRIDES)
        self.ap: nn.ModuleList | None = None

    def remember(self, teacher: "Yolox | None" = None) -> None:
        """Gives it outputs for the remembered things, the teacher's at first; see `no_vehicle`."""
        self.ap = nn.ModuleList(
            nn.Conv2d(layer.in_channels, len(REMEMBERED), 1) for layer in self.cp
        )
        if teacher is not None:
            rows = list(REMEMBERED)
            for mine, theirs in zip(self.ap, teacher.cp):
                mine.weight.data.copy_(theirs.weight[rows])
                mine.bias.data.copy_(theirs.bias[rows])

    def features(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = torch.cat(
            (x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]), 1
        )
        c3 = self.d3(self.d2(self.stem(x)))
        c4 = self.d4(c3)
        c5 = self.d5(c4)
        top = self.l0(c5)
        mid = self.r1(self.p4(torch.cat((F.interpolate(top, scale_factor=2.0), c4), 1)))
        out3 = self.p3(torch.cat((F.interpolate(mid, scale_factor=2.0), c3), 1))
        out4 = self.n3(torch.cat((self.b2(out3), mid), 1))
        out5 = self.n4(torch.cat((self.b1(out4), top), 1))
        return out3, out4, out5

    def towers(self, x: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Per stride, what boxes and objectness are read from, and what classes are read from."""
        stems = [self.st[level](feature) for level, feature in enumerate(self.features(x))]
        return [(self.rc[level](stem), self.cc[level](stem)) for level, stem in enumerate(stems)]

    def forward(self, x: Tensor) -> Tensor:
        """Raw logits [N, anchors, 4 + 1 + classes]: box in grid units, objectness, classes.

        While it trains and remembers, those of the remembered things follow.
        """
        maps = []
        for level, (reg, known) in enumerate(self.towers(x)):
            parts = [self.rp[level](reg), self.op[level](reg), self.cp[level](known)]
            if self.ap is not None and self.training:
                parts.append(self.ap[level](known))
            elif self.ap is not None:
                parts[2] = no_vehicle(parts[2], self.ap[level](known))
            maps.append(torch.cat(parts, 1).flatten(2))
        return torch.cat(maps, 2).transpose(1, 2)


def no_vehicle(classes: Tensor, things: Tensor) -> Tensor:
    """The class logits, the stall's probability times that of there being no vehicle near."""
    vehicle = things[:, list(VEHICLES)].sigmoid().amax(1, keepdim=True)
    vehicle = F.max_pool2d(vehicle, 3, 1, 1)
    stall = (classes[:, STALL : STALL + 1].sigmoid() * (1 - vehicle)).clamp(1e-6, 1 - 1e-6)
    return torch.cat((classes[:, :STALL], (stall / (1 - stall)).log(), classes[:, STALL + 1 :]), 1)


def anchor_grid(height: int, width: int) -> Tensor:
    """[anchors, 3]: cell x, cell y, stride, in the order of the network's output."""
    rows = []
    for stride in STRIDES:
        ys, xs = torch.meshgrid(
            torch.arange(height // stride), torch.arange(width // stride), indexing="ij"
        )
        cells = torch.stack((xs.flatten(), ys.flatten(), torch.full((xs.numel(),), stride)), 1)
        rows.append(cells.float())
    return torch.cat(rows)


def decode_boxes(raw: Tensor, grid: Tensor) -> Tensor:
    """Grid-unit boxes to pixel boxes (cx, cy, w, h) of the network's input."""
    stride = grid[:, 2:3]
    centre = (raw[..., :2] + grid[:, :2]) * stride
    size = raw[..., 2:4].clamp(max=10.0).exp() * stride
    return torch.cat((centre, size), -1)


def load_fused(
    path: Path, num_classes: int, class_rows: dict[int, int], network: str = "nano"
) -> Yolox:
    """The network with fused COCO weights; the class layer is made anew.

    `class_rows` maps our class to the COCO class whose row it starts from;
    the others start from small random rows with a rare-class bias.

    Raises BadInput when the file holds another network.
    """
    state = torch.load(path, map_location="cpu")
    model = Yolox(num_classes, network)
    kept = {k: v for k, v in state.items() if not k.startswith("cp.")}
    own = {k: v.shape for k, v in model.state_dict().items() if not k.startswith("cp.")}
    wrong = [k for k in {**own, **kept} if k not in kept or own.get(k) != kept[k].shape]
    if wrong:
        raise BadInput(
            f"{path} is not a fused YOLOX of the size {network!r}: {', '.join(wrong[:4])}; "
            "give the weights of that network, or none to start from nothing"
        )
    model.load_state_dict(kept, strict=False)
    with torch.no_grad():
        for level, layer in enumerate(model.cp):
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.constant_(layer.bias, -2.0)
            for ours, theirs in class_rows.items():
                layer.weight[ours] = state[f"cp.{level}.weight"][theirs]
                layer.bias[ours] = state[f"cp.{level}.bias"][theirs]
    return model


def add_batch_norm(model: Yolox) -> None:
    """Gives every block a batch norm that does nothing until `measure_batch_norm` ran."""
    for module in model.modules():
        if isinstance(module, ConvBlock):
            module.bn = nn.BatchNorm2d(module.conv.out_channels, eps=1e-3, momentum=0.03)


@torch.no_grad()
def measure_batch_norm(model: Yolox, batches: list[Tensor]) -> None:
    """Sets batch-norm statistics to those measured and undoes them in weight and bias.

    The blocks are measured one after another with the batch norms off, then
    each norm gets mean m, variance v, weight sqrt(v + eps) and bias m, so
    that in eval mode the network is the function it was without norms.
    """
    blocks = [m for m in model.modules() if isinstance(m, ConvBlock)]
    norms = [block.bn for block in blocks]
    sums: dict[int, list[Tensor]] = {}
    hooks = []
    for index, block in enumerate(blocks):
        block.bn = None

        def note(_module: nn.Module, _inputs: tuple, out: Tensor, index: int = index) -> None:
            var, mean = torch.var_mean(out.double(), dim=(0, 2, 3), unbiased=False)
            sums.setdefault(index, []).append(torch.stack((mean, var + mean * mean)))

        hooks.append(block.conv.register_forward_hook(note))
    model.eval()
    for batch in batches:
        model(batch)
    for hook in hooks:
        hook.remove()
    for index, (block, norm) in enumerate(zip(blocks, norms)):
        mean, square = torch.stack(sums[index]).mean(0)
        var = (square - mean * mean).clamp(min=1e-6)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(var)
        norm.weight.copy_((var + norm.eps).sqrt())
        norm.bias.copy_(mean)
        block.bn = norm


@torch.no_grad()
def fuse_batch_norm(model: Yolox) -> None:
    """Folds every batch norm into its convolution, for export."""
    for block in model.modules():
        if isinstance(block, ConvBlock) and block.bn is not None:
            norm = block.bn
            scale = norm.weight / (norm.running_var + norm.eps).sqrt()
            block.conv.weight.mul_(scale[:, None, None, None])
            block.conv.bias.copy_((block.conv.bias - norm.running_mean) * scale + norm.bias)
            block.bn = None
