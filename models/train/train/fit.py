"""The training loop: schedule, checkpoints, resume, validation after every epoch."""

from __future__ import annotations

import json
import math
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from . import evaluate, losses
from .augment import Augmenter
from .classes import CLASSES
from .data import Batches, PictureStore, Source, loader
from .ema import Ema
from .machine import free_cores, keep_freed_memory
from .model import YoloxNano, add_batch_norm, load_fused, measure_batch_norm


@dataclass
class Settings:
    """What a run was asked to do; kept in its checkpoints and told in the card."""

    out: str
    weights: str | None = None
    start: str | None = None
    epochs: int = 30
    samples: int = 3000
    batch: int = 16
    sizes: tuple[int, ...] = (416,)
    last_sizes: tuple[int, ...] = (416,)
    last_share: float = 0.3
    lr: float = 1e-3
    warm_up: int = 100
    weight_decay: float = 0.05
    mosaic: float = 0.5
    last_mosaic: float = 0.2
    ema: float = 0.998
    seed: int = 1
    workers: int = 1
    threads: int = 0
    device: str = "cpu"
    bf16: bool = False
    validate_every: int = 1
    freeze: tuple[str, ...] = ()


def parameter_groups(model: nn.Module, decay: float) -> list[dict]:
    trained = [p for p in model.parameters() if p.requires_grad]
    heavy = [p for p in trained if p.ndim > 1]
    light = [p for p in trained if p.ndim <= 1]
    return [{"params": heavy, "weight_decay": decay}, {"params": light, "weight_decay": 0.0}]


def set_training(model: nn.Module, freeze: tuple[str, ...]) -> None:
    """Training mode, but the named first stages stay as they are, statistics included."""
    model.train()
    for name in freeze:
        getattr(model, name).eval().requires_grad_(False)


def learning_rate(settings: Settings, done: float, steps: int) -> float:
    """Cosine from `lr` to a twentieth of it, after a linear warm-up."""
    warm = min(1.0, (steps + 1) / max(settings.warm_up, 1))
    cosine = 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))
    return settings.lr * warm * (0.05 + 0.95 * cosine)


def first_model(settings: Settings, store: PictureStore) -> YoloxNano:
    """Fused COCO weights with measured batch norms, or an earlier run's average."""
    if settings.start:
        model = YoloxNano(len(CLASSES))
        add_batch_norm(model)
        model.load_state_dict(torch.load(settings.start, map_location="cpu")["ema"])
        return model
    if not settings.weights:
        raise ValueError("give --weights (fused YOLOX-nano) or --start (an earlier checkpoint)")
    model = load_fused(Path(settings.weights), len(CLASSES), {})
    add_batch_norm(model)
    sample = Batches(store, Augmenter(0.3), 16, 4, [416], settings.seed, -1 & 0xFFFF)
    measure_batch_norm(model, [sample[i][0].float() for i in range(4)])
    return model


def earlier_runs(settings: Settings) -> list[dict]:
    """What the checkpoint that a run starts from had behind it, itself included."""
    if not settings.start:
        return []
    content = torch.load(settings.start, map_location="cpu")
    own = {k: content[k] for k in ("steps", "settings")}
    return [*content.get("before", []), {"epochs": content["epoch"] + 1, **own}]


def save(path: Path, content: dict) -> None:
    """Writes a checkpoint so that a cut-off write leaves the old one."""
    partial = path.with_suffix(".part")
    torch.save(content, partial)
    os.replace(partial, path)


def validate(model: nn.Module, stores: dict[str, PictureStore], device: str) -> dict[str, dict]:
    result = {}
    for name, store in stores.items():
        scores = evaluate.score(*evaluate.score_store(model, store, device))
        print(f"[{name}]\n{evaluate.table(scores)}", flush=True)
        result[name] = {kind: asdict(s) for kind, s in scores.items()}
    return result


def mean_ap50(result: dict[str, dict]) -> float:
    values = [s["ap50"] for scores in result.values() for s in scores.values()]
    return float(np.mean(values)) if values else 0.0


def fit(settings: Settings, train: list[Source], val: list[Source]) -> None:
    torch.manual_seed(settings.seed)
    keep_freed_memory()
    cores = settings.threads or os.cpu_count() or 1
    torch.set_num_threads(cores)
    out = Path(settings.out)
    out.mkdir(parents=True, exist_ok=True)
    last = out / "last.pth"
    store = PictureStore(train)
    stores = {source.name: PictureStore([source]) for source in val}
    print(f"{len(store.pictures)} training pictures, {CLASSES}", flush=True)
    if last.exists():
        content = torch.load(last, map_location="cpu")
        model = YoloxNano(len(CLASSES))
        add_batch_norm(model)
        model.load_state_dict(content["model"])
        before = content.get("before", [])
    else:
        content = None
        before = earlier_runs(settings)
        model = first_model(settings, store)
    model = model.to(settings.device, memory_format=torch.channels_last)
    average = Ema(model, settings.ema)
    set_training(model, settings.freeze)
    optimizer = torch.optim.AdamW(parameter_groups(model, settings.weight_decay), lr=settings.lr)
    first, steps, best, history = 0, 0, -1.0, []
    if content:
        average.model.load_state_dict(content["ema"])
        average.updates = content["updates"]
        optimizer.load_state_dict(content["optimizer"])
        first, steps = content["epoch"] + 1, content["steps"]
        best, history = content["best"], content["history"]
        print(f"resumed after epoch {first - 1}", flush=True)
    per_epoch = max(1, settings.samples // settings.batch)
    for epoch in range(first, settings.epochs):
        late = epoch >= settings.epochs * (1 - settings.last_share)
        sizes = list(settings.last_sizes if late else settings.sizes)
        mosaic = settings.last_mosaic if late else settings.mosaic
        batches = Batches(
            store, Augmenter(mosaic), settings.batch, per_epoch, sizes, settings.seed, epoch
        )
        set_training(model, settings.freeze)
        begun, sums = time.time(), np.zeros(4)
        for index, (images, targets) in enumerate(loader(batches, settings.workers)):
            if not settings.threads and index % 10 == 0:
                torch.set_num_threads(free_cores() or cores)
            rate = learning_rate(settings, (epoch + index / per_epoch) / settings.epochs, steps)
            for group in optimizer.param_groups:
                group["lr"] = rate
            images = images.to(settings.device).float()
            images = images.contiguous(memory_format=torch.channels_last)
            kind = "cuda" if settings.device.startswith("cuda") else "cpu"
            with torch.autocast(kind, dtype=torch.bfloat16, enabled=settings.bf16):
                raw = model(images)
            loss = losses.compute(raw.float(), targets, images.shape[-1])
            optimizer.zero_grad(set_to_none=True)
            loss.total.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 20.0)
            optimizer.step()
            average.update(model)
            steps += 1
            sums += (loss.box, loss.objectness, loss.classes, loss.positives)
            if index % 20 == 19:
                box, objects, kinds, count = sums / (index + 1)
                print(
                    f"epoch {epoch} step {index + 1}/{per_epoch} box {box:.3f} obj {objects:.3f} "
                    f"cls {kinds:.3f} pos {count:.0f} lr {rate:.2e} "
                    f"{(time.time() - begun) / (index + 1):.2f} s/step",
                    flush=True,
                )
        result = {}
        final = epoch == settings.epochs - 1
        if stores and (final or (epoch + 1) % settings.validate_every == 0):
            result = validate(average.model, stores, settings.device)
        value = mean_ap50(result)
        history.append({"epoch": epoch, "seconds": time.time() - begun, "val": result})
        content = {
            "model": model.state_dict(),
            "ema": average.model.state_dict(),
            "updates": average.updates,
            "optimizer": optimizer.state_dict(),
            "epoch": epoch,
            "steps": steps,
            "best": max(best, value),
            "history": history,
            "settings": asdict(settings),
            "before": before,
        }
        save(last, content)
        if result and value >= best:
            best = value
            save(out / "best.pth", content)
        (out / "history.json").write_text(json.dumps(history, indent=1))
        print(f"epoch {epoch} done, mean AP50 {value:.3f}, {time.time() - begun:.0f} s", flush=True)
