"""What a run is asked to do: kept in its checkpoints and told in the card."""

from __future__ import annotations

import argparse
from dataclasses import MISSING, dataclass, fields

from .data import Size
from .model import DESIGNS


def parse_size(text: str) -> Size:
    """`416` or `640x384`: width and height in pixels, multiples of 32."""
    parts = [int(p) for p in text.lower().split("x")]
    width, height = (parts * 2)[:2]
    if len(parts) > 2 or width < 32 or height < 32 or width % 32 or height % 32:
        raise ValueError(f"not a size of multiples of 32, as 640x384: {text!r}")
    return width, height


@dataclass
class Settings:
    """Sizes are (width, height); `size` is that of the deployed model and of validation."""

    out: str
    network: str = "nano"
    weights: str | None = None
    start: str | None = None
    teacher: str | None = None
    size: Size = (640, 384)
    sizes: tuple[Size, ...] = ((416, 256), (512, 320))
    last_sizes: tuple[Size, ...] = ((640, 384),)
    last_share: float = 0.3
    epochs: int = 30
    samples: int = 3200
    batch: int = 16
    lr: float = 1e-3
    warm_up: int = 100
    weight_decay: float = 0.05
    mosaic: float = 0.5
    last_mosaic: float = 0.25
    paste: float = 0.2
    board: float = 0.12
    panels: float = 0.0
    ema: float = 0.998
    seed: int = 1
    workers: int = 1
    threads: int = 0
    processes: int = 1
    device: str = "cpu"
    bf16: bool = False
    validate_every: int = 1
    freeze: tuple[str, ...] = ()
    bad: str = "skip"
    added: str | None = None
    close_ups: str | None = None


CHOICES = {"bad": ("skip", "refuse"), "network": tuple(DESIGNS)}

HELP = {
    "out": "folder of checkpoints; a run found there goes on",
    "network": "size of the network",
    "weights": "fused YOLOX of that size to start from",
    "teacher": "fused COCO weights whose knowledge of other things is kept",
    "start": "earlier checkpoint, or exported ONNX file, to start from",
    "sizes": "picture sizes while learning",
    "last_sizes": "picture sizes of the last share",
    "freeze": "stages kept as started, of stem d2 d3 d4 d5",
    "added": "file of labels added to training pictures of other labellers",
    "close_ups": "checkpoint: learn from close-ups of stalls and boards, and of what it takes for one",
    "bad": "what to do with faulty pictures and boxes",
    "paste": "chance of each of two pasted objects",
    "processes": "processes that share each batch; on CPU cores faster than threads",
    "board": "chance of a board made of another picture",
    "panels": "chance that a poster among them has several panels",
}


def add_flags(parser: argparse.ArgumentParser) -> None:
    """One flag for every setting."""
    for setting in fields(Settings):
        flag, default = "--" + setting.name.replace("_", "-"), setting.default
        told = HELP.get(setting.name)
        if setting.name == "size":
            parser.add_argument(flag, type=parse_size, default=default, help=told)
        elif setting.name in ("sizes", "last_sizes"):
            parser.add_argument(flag, type=parse_size, nargs="+", default=default, help=told)
        elif setting.name == "freeze":
            parser.add_argument(flag, nargs="+", default=(), metavar="STAGE", help=told)
        elif setting.name in CHOICES:
            parser.add_argument(flag, choices=CHOICES[setting.name], default=default, help=told)
        elif isinstance(default, bool):
            parser.add_argument(flag, action="store_true", help=told)
        elif default is MISSING:
            parser.add_argument(flag, required=True, help=told)
        else:
            kind = str if default is None else type(default)
            parser.add_argument(flag, type=kind, default=default, help=told)


def from_flags(args: argparse.Namespace) -> Settings:
    values = {f.name: getattr(args, f.name) for f in fields(Settings)}
    for name in ("sizes", "last_sizes", "freeze"):
        values[name] = tuple(values[name])
    return Settings(**values)
