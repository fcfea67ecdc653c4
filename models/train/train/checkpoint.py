"""Checkpoints: written whole or not at all; where a run starts, and what came before it."""

from __future__ import annotations

import os
from pathlib import Path

import torch

from .augment import Augmenter
from .classes import CLASSES
from .data import Batches, PictureStore
from .model import YoloxNano, add_batch_norm, load_fused, measure_batch_norm
from .settings import Settings


def save(path: Path, content: dict) -> None:
    """Writes a checkpoint so that a cut-off write leaves the old one."""
    partial = path.with_suffix(".part")
    torch.save(content, partial)
    os.replace(partial, path)


def read(path: str | Path) -> dict:
    return torch.load(path, map_location="cpu")


def network(state: dict) -> YoloxNano:
    """The trainable network with these weights."""
    model = YoloxNano(len(CLASSES))
    add_batch_norm(model)
    model.load_state_dict(state)
    return model


def averaged(path: str | Path) -> tuple[YoloxNano, dict]:
    """The averaged weights of a checkpoint, for use, and all it holds."""
    content = read(path)
    return network(content["ema"]).eval(), content


def input_size(content: dict) -> tuple[int, int]:
    """Width and height the checkpoint's run was meant for."""
    return tuple(content["settings"].get("size", (416, 416)))


def first_model(settings: Settings, store: PictureStore) -> YoloxNano:
    """Fused COCO weights with measured batch norms, an earlier run's average, or nothing at all."""
    if settings.start:
        return network(read(settings.start)["ema"])
    if settings.weights:
        model = load_fused(Path(settings.weights), len(CLASSES), {})
    else:
        model = YoloxNano(len(CLASSES))
    add_batch_norm(model)
    sample = Batches(store, Augmenter(0.3), 16, 4, [settings.size], settings.seed, 0xFFFF)
    measure_batch_norm(model, [sample[i][0].float() for i in range(4)])
    return model


def earlier_runs(settings: Settings) -> list[dict]:
    """What the checkpoint that a run starts from had behind it, itself included."""
    if not settings.start:
        return []
    content = read(settings.start)
    own = {k: content[k] for k in ("steps", "settings")}
    return [*content.get("before", []), {"epochs": content["epoch"] + 1, **own}]
