"""Several runs of one recipe that differ in their seed, for the mean of their weights.

On CPU cores they train side by side, one thread each, and share the pictures in memory:
that is faster than one run after the other on all cores, as in `ranks.py`.
"""

from __future__ import annotations

from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import torch

from .fit import epochs, stores_of
from .machine import keep_freed_memory
from .ranks import Ranks
from .settings import Settings
from .source import Source


def of_seed(settings: Settings, seed: int) -> Settings:
    """The run's own settings: its folder lies in the others' common one."""
    return replace(settings, seed=seed, out=str(Path(settings.out) / f"seed-{seed}"))


def fit_seeds(settings: Settings, seeds: list[int], train: list[Source], val: list[Source]) -> None:
    """Trains a run per seed, or goes on with them, in OUT/seed-N.

    Raises RuntimeError when one of them fails.
    """
    keep_freed_memory()
    store, stores = stores_of(settings, train, val)

    def one(seed: int) -> None:
        own = of_seed(settings, seed)
        Path(own.out).mkdir(parents=True, exist_ok=True)
        torch.manual_seed(seed)
        epochs(own, store, stores, Ranks(0, 1))

    if settings.device != "cpu":
        for seed in seeds:
            one(seed)
        return
    settings = replace(settings, threads=settings.threads or 1)
    fork = get_context("fork")
    runs = [fork.Process(target=one, args=(seed,), daemon=False) for seed in seeds]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    failed = [seed for seed, run in zip(seeds, runs) if run.exitcode]
    if failed:
        raise RuntimeError(f"the run of seed {', '.join(map(str, failed))} failed; its error stands above")
