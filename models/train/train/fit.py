"""The training loop: schedule, checkpoints, resume, validation after every epoch."""

from __future__ import annotations

import json
import math
import os
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import Subset

from . import checkpoint, losses, ranks
from .augment import Augmenter
from .classes import CLASSES
from .coco import BadInput
from .data import Batches, PictureStore, loader
from .detect import detect_store, torch_predictor
from .ema import Ema
from .machine import free_cores, keep_freed_memory
from .progress import Progress
from .ranks import Ranks
from .score import score, table
from .second.closeups import CloseUps, look_closer
from .settings import Settings
from .shapes import shapes_of
from .source import Source, labelled_by
from .teacher import forgotten, teacher, told


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


def validate(model: nn.Module, stores: dict[str, PictureStore], settings: Settings) -> dict[str, dict]:
    result = {}
    for name, store in stores.items():
        found = detect_store(torch_predictor(model, settings.device), store, shapes_of(settings.size))
        scores = score(found)
        print(f"[{name}]\n{table(scores)}", flush=True)
        result[name] = {kind: asdict(s) for kind, s in scores.items()}
    return result


def mean_ap50(result: dict[str, dict]) -> float:
    values = [s["ap50"] for scores in result.values() for s in scores.values()]
    return float(np.mean(values)) if values else 0.0


class Run:
    """A run's state: network, average, optimiser, and how far it has come."""

    def __init__(self, settings: Settings, store: PictureStore, among: Ranks):
        self.settings, self.store, self.among = settings, store, among
        self.out = Path(settings.out)
        self.last = self.out / "last.pth"
        content = checkpoint.read(self.last) if self.last.exists() else None
        if content:
            checkpoint.must_be(settings.network, content, self.last)
            self.model = checkpoint.network(content, "model")
            self.before = content.get("before", [])
        else:
            self.model = checkpoint.first_model(settings, store)
            self.before = checkpoint.earlier_runs(settings)
        self.teacher = teacher(Path(settings.teacher), settings.network) if settings.teacher else None
        if self.teacher and self.model.ap is None:
            self.model.remember(self.teacher)
        self.model = self.model.to(settings.device, memory_format=torch.channels_last)
        if self.teacher:
            self.teacher = self.teacher.to(settings.device, memory_format=torch.channels_last)
        among.agree(self.model)
        self.average = Ema(self.model, settings.ema)
        set_training(self.model, settings.freeze)
        self.optimizer = torch.optim.AdamW(
            parameter_groups(self.model, settings.weight_decay), lr=settings.lr
        )
        self.epoch, self.steps, self.best, self.history = 0, 0, -1.0, []
        if content:
            self.restore(content)

    def restore(self, content: dict) -> None:
        self.average.model.load_state_dict(content["ema"])
        self.average.updates = content["updates"]
        self.optimizer.load_state_dict(content["optimizer"])
        self.epoch, self.steps = content["epoch"] + 1, content["steps"]
        self.best, self.history = content["best"], content["history"]
        print(f"resumed after epoch {self.epoch - 1}", flush=True)

    def content(self) -> dict:
        return {
            "model": self.model.state_dict(),
            "ema": self.average.model.state_dict(),
            "updates": self.average.updates,
            "optimizer": self.optimizer.state_dict(),
            "epoch": self.epoch,
            "steps": self.steps,
            "best": self.best,
            "history": self.history,
            "settings": asdict(self.settings),
            "before": self.before,
        }

    @property
    def per_epoch(self) -> int:
        return max(1, self.settings.samples // self.settings.batch)

    @property
    def late(self) -> bool:
        """Whether the last share has begun: the deployed size, fewer mosaics, exacter boxes."""
        return self.epoch >= self.settings.epochs * (1 - self.settings.last_share)

    def batches(self) -> Subset:
        """This rank's parts of the epoch's batches."""
        s, late = self.settings, self.late
        augmenter = Augmenter(s.last_mosaic if late else s.mosaic, s.paste, s.board, s.panels)
        if s.close_ups:
            augmenter = CloseUps(s.board, s.panels)
        sizes = list(s.last_sizes if late else s.sizes)
        count = self.among.count
        parts = Batches(
            self.store, augmenter, s.batch // count, self.per_epoch * count, sizes, s.seed, self.epoch
        )
        return Subset(parts, range(self.among.rank, len(parts), count))

    def step(self, images: torch.Tensor, targets: list[dict], done: float) -> losses.Losses:
        s = self.settings
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(s, done, self.steps)
        images = images.to(s.device).float().contiguous(memory_format=torch.channels_last)
        kind = "cuda" if s.device.startswith("cuda") else "cpu"
        with torch.autocast(kind, dtype=torch.bfloat16, enabled=s.bf16):
            raw = self.model(images).float()
            wanted = told(self.teacher, images) if self.teacher else None
        outputs = 5 + len(CLASSES)
        loss = losses.compute(raw[..., :outputs], targets, *images.shape[-2:], exact=self.late)
        total = loss.total
        if wanted is not None:
            total = total + forgotten(raw[..., outputs:], wanted)
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        self.among.average(self.model)
        nn.utils.clip_grad_norm_(self.model.parameters(), 20.0)
        self.optimizer.step()
        self.average.update(self.model)
        self.steps += 1
        return loss

    def train_epoch(self, cores: int) -> dict[str, float]:
        """One epoch; the mean losses."""
        set_training(self.model, self.settings.freeze)
        sums = np.zeros(4)
        progress = Progress(f"epoch {self.epoch}", self.per_epoch) if self.among.leads else None
        for index, (images, targets) in enumerate(loader(self.batches(), self.settings.workers)):
            if not self.settings.threads and self.among.count == 1 and index % 10 == 0:
                torch.set_num_threads(free_cores() or cores)
            done = (self.epoch + index / self.per_epoch) / self.settings.epochs
            loss = self.step(images, targets, done)
            sums += (loss.box, loss.objectness, loss.classes, loss.positives)
            mean = sums / (index + 1)
            if progress:
                progress.show(
                    index + 1,
                    f"box {mean[0]:.3f} obj {mean[1]:.3f} cls {mean[2]:.3f} pos {mean[3]:.0f}",
                )
        return dict(zip(("box", "objectness", "classes", "positives"), mean.tolist()))


def fit(settings: Settings, train: list[Source], val: list[Source]) -> None:
    """Trains, or goes on, or finds the run finished.

    Raises BadInput when what it starts from does not fit the settings.
    """
    if settings.batch % settings.processes:
        raise BadInput(f"--batch {settings.batch} cannot be shared by --processes {settings.processes}")
    torch.manual_seed(settings.seed)
    keep_freed_memory()
    Path(settings.out).mkdir(parents=True, exist_ok=True)
    store, stores = stores_of(settings, train, val)
    ranks.run(settings.processes, lambda among: epochs(settings, store, stores, among))


def stores_of(
    settings: Settings, train: list[Source], val: list[Source]
) -> tuple[PictureStore, dict[str, PictureStore]]:
    """The training pictures, and those of each validation source by its name."""
    store = PictureStore(labelled_by(train, settings.added), settings.bad)
    print(f"{len(store.pictures)} training pictures, {CLASSES}", flush=True)
    if settings.close_ups:
        look_closer(store, settings.close_ups)
    return store, {source.name: PictureStore([source], settings.bad) for source in val}


def epochs(
    settings: Settings, store: PictureStore, stores: dict[str, PictureStore], among: Ranks
) -> None:
    """All epochs that are left, in one of the run's processes."""
    cores = settings.threads or (1 if among.count > 1 else os.cpu_count() or 1)
    torch.set_num_threads(cores)
    run = Run(settings, store, among)
    while run.epoch < settings.epochs:
        begun = time.time()
        means = run.train_epoch(cores)
        if among.leads:
            finish(run, stores, means, begun)
        run.epoch += 1


def finish(run: Run, stores: dict[str, PictureStore], means: dict[str, float], begun: float) -> None:
    """Validates where it is due, and saves."""
    settings, out = run.settings, run.out
    final = run.epoch == settings.epochs - 1
    due = final or (run.epoch + 1) % settings.validate_every == 0
    result = validate(run.average.model, stores, settings) if stores and due else {}
    value = mean_ap50(result)
    run.history.append(
        {"epoch": run.epoch, "seconds": time.time() - begun, "loss": means, "val": result}
    )
    better = bool(result) and value >= run.best
    run.best = max(run.best, value)
    checkpoint.save(run.last, run.content())
    if better:
        checkpoint.save(out / "best.pth", run.content())
    (out / "history.json").write_text(json.dumps(run.history, indent=1))
    print(f"epoch {run.epoch} done, mean AP50 {value:.3f}, {time.time() - begun:.0f} s", flush=True)
