"""Cross-validation over scene groups: every picture is judged by a model that saw none of its group.

Each fold fine-tunes the same start on all groups but its own. Detections of
all held-out pictures are then pooled and scored once; as the folds' networks
may be sure by different measures, the mean of the folds' own scores is told too.
"""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Callable

import numpy as np

from .checkpoint import averaged
from .coco import BadInput
from .data import PictureStore
from .detect import detect_store, torch_predictor
from .fit import fit
from .score import ClassScore, Found, score, table
from .settings import Settings
from .shapes import shapes_of
from .source import Source, off


def folds_of(source: Source, count: int) -> list[tuple[str, ...]]:
    """Scene groups put together into at most `count` folds, the largest groups first."""
    sizes: dict[str, int] = {}
    for picture in source.pictures():
        group = str(picture.meta.get("scene_group"))
        sizes[group] = sizes.get(group, 0) + 1
    if len(sizes) < 2:
        raise BadInput(f"{source.name} has {len(sizes)} scene_group: nothing to hold out")
    folds: list[list[str]] = [[] for _ in range(min(count, len(sizes)))]
    for group in sorted(sizes, key=lambda g: (-sizes[g], g)):
        min(folds, key=lambda f: sum(sizes[g] for g in f)).append(group)
    return [tuple(sorted(fold)) for fold in folds]


def held_out(settings: Settings, extra: Source, others: list[Source], fold: tuple[str, ...]) -> Found:
    """Trains without the fold (or goes on, or takes what is finished); detections in the fold.

    Composed pictures that stand on a photo of the fold are left out too.
    """
    rest = off(others, replace(extra, within=fold))
    fit(settings, [replace(extra, without=fold), *rest], [])
    model, _ = averaged(Path(settings.out) / "last.pth")
    store = PictureStore([replace(extra, within=fold)], settings.bad)
    return detect_store(torch_predictor(model, settings.device), store, shapes_of(settings.size))


def one_fold(
    settings: Settings, extra: Source, others: list[Source], numbered: tuple[int, tuple[str, ...]]
) -> Found:
    index, fold = numbered
    print(f"fold {index}: held out {', '.join(fold)}", flush=True)
    part = replace(settings, out=str(Path(settings.out) / f"fold-{index}"))
    return held_out(part, extra, others, fold)


def done(work: Callable, items: list, jobs: int) -> list:
    """The work done on each item, on so many at a time."""
    if jobs == 1:
        return [work(item) for item in items]
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        return list(pool.map(work, items))


def crossval(
    settings: Settings, extra: Source, others: list[Source], count: int = 5, jobs: int = 1
) -> dict:
    """The scores, pooled and by fold; also written to crossval.json in the settings' folder.

    `jobs` folds train at a time, each in a process of its own: on CPU cores with
    one thread each that is faster than one after another with many threads.
    """
    out = Path(settings.out)
    out.mkdir(parents=True, exist_ok=True)
    pictures, found, names, apart = [], [], [], []
    folds = folds_of(extra, count)
    work = partial(one_fold, settings, extra, others)
    for fold, here in zip(folds, done(work, list(enumerate(folds)), jobs)):
        pictures += here[0]
        found += here[1]
        names.append(f"{'+'.join(fold)} {len(here[0])}")
        apart.append(score(here))
    scores = score((pictures, found), shapes_of(settings.size))
    means = {name: mean_of(apart, name) for name in scores}
    print(table(scores), flush=True)
    print("mean of folds: " + ", ".join(f"{name} {mean:.3f}" for name, mean in means.items()), flush=True)
    result = {
        "kind": "real, cross-validated",
        "held_out_groups": names,
        "pictures": len(pictures),
        "steps_per_fold": settings.epochs * (settings.samples // settings.batch),
        "scores": {name: asdict(s) for name, s in scores.items()},
        "mean_of_folds": means,
        "detections": {p.path.name: rows.round(4).tolist() for p, rows in zip(pictures, found)},
    }
    (out / "crossval.json").write_text(json.dumps(result, indent=1))
    return result


def mean_of(folds: list[dict[str, ClassScore]], name: str) -> float:
    """The mean AP50 of the folds that show a class."""
    return float(np.mean([fold[name].ap50 for fold in folds if name in fold]))


def card_pairs(result: dict) -> dict[str, object]:
    """The result as the card tells it."""
    pairs = {k: result[k] for k in ("kind", "held_out_groups", "pictures", "steps_per_fold")}
    for name, s in result["scores"].items():
        pairs[f"{name}_ap50"] = round(s["ap50"], 3)
        pairs[f"{name}_ap50_mean_of_folds"] = round(result["mean_of_folds"][name], 3)
        pairs[f"{name}_boxes"] = s["boxes"]
    return pairs
