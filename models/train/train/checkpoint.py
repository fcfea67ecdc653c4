"""Checkpoints: written whole or not at all; where a run starts, and what came before it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import torch

from .augment import Augmenter
from .classes import CLASSES
from .coco import BadInput
from .data import Batches, PictureStore
from .export import read_back
from .model import Yolox, add_batch_norm, load_fused, measure_batch_norm
from .settings import Settings


def save(path: Path, content: dict) -> None:
    """Writes a checkpoint so that a cut-off write leaves the old one."""
    partial = path.with_suffix(".part")
    torch.save(content, partial)
    os.replace(partial, path)


def read(path: str | Path) -> dict:
    return torch.load(path, map_location="cpu")


def network(content: dict, weights: str) -> Yolox:
    """The trainable network of a checkpoint, with its weights called `model` or `ema`."""
    model = Yolox(len(CLASSES), content["settings"].get("network", "nano"))
    if any(key.startswith("ap.") for key in content[weights]):
        model.remember()
    add_batch_norm(model)
    model.load_state_dict(content[weights])
    return model


def must_be(size: str, content: dict, path: str | Path) -> None:
    """Raises BadInput when the checkpoint's network is of another size."""
    found = content["settings"].get("network", "nano")
    if found != size:
        raise BadInput(f"{path} holds a network of the size {found!r}; give --network {found}")


def averaged(path: str | Path) -> tuple[Yolox, dict]:
    """The averaged weights of a checkpoint, for use, and all it holds."""
    content = read(path)
    return network(content, "ema").eval(), content


def input_size(content: dict) -> tuple[int, int]:
    """Width and height the checkpoint's run was meant for."""
    return tuple(content["settings"].get("size", (416, 416)))


def first_model(settings: Settings, store: PictureStore) -> Yolox:
    """An earlier run's average; fused weights, COCO's or an exported file's, with measured batch norms; or nothing at all.

    Raises BadInput when what it starts from is of another size, or none of these.
    """
    if settings.start and not exported(settings):
        content = read(settings.start)
        must_be(settings.network, content, settings.start)
        return network(content, "ema")
    if settings.start:
        model = read_back(Path(settings.start), settings.network)
    elif settings.weights:
        model = load_fused(Path(settings.weights), len(CLASSES), {}, settings.network)
    else:
        model = Yolox(len(CLASSES), settings.network)
    add_batch_norm(model)
    # the same pictures whatever the seed: runs whose weights are to be averaged begin alike
    sample = Batches(store, Augmenter(0.3), 16, 4, [settings.size], 0, 0xFFFF)
    measure_batch_norm(model, [sample[i][0].float() for i in range(4)])
    return model


def earlier_runs(settings: Settings) -> list[dict]:
    """What the checkpoint that a run starts from had behind it, itself included."""
    if not settings.start:
        return []
    if exported(settings):
        path = Path(settings.start)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        return [{"epochs": 0, "steps": 0, "settings": {"exported": path.name, "sha256": sha256}}]
    return earlier_runs_of(read(settings.start))


def exported(settings: Settings) -> bool:
    """Whether a run starts from an ONNX file, which does not tell what came before it."""
    return bool(settings.start) and Path(settings.start).suffix == ".onnx"


def earlier_runs_of(content: dict) -> list[dict]:
    """The runs that made a checkpoint, its own last."""
    own = {k: content[k] for k in ("steps", "settings")}
    return [*content.get("before", []), {"epochs": content["epoch"] + 1, **own}]
