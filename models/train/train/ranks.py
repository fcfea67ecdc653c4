"""One run in several processes: each takes its part of a batch, the gradients are averaged.

On CPU cores two processes of one thread each do nearly twice the work of one
process with two threads, because much of a step does not divide among threads.
"""

from __future__ import annotations

import tempfile
from multiprocessing import get_context
from pathlib import Path
from typing import Callable

import torch
from torch import distributed, nn


class Ranks:
    """This process's place among those of the run."""

    def __init__(self, rank: int, count: int):
        self.rank, self.count = rank, count

    @property
    def leads(self) -> bool:
        """Whether this is the one that validates, saves and prints."""
        return self.rank == 0

    def agree(self, model: nn.Module) -> None:
        """Gives all ranks the weights of the first."""
        if self.count > 1:
            for tensor in model.state_dict().values():
                distributed.broadcast(tensor, 0)

    def average(self, model: nn.Module) -> None:
        """Replaces the gradients by their mean over the ranks."""
        if self.count == 1:
            return
        grads = [p.grad for p in model.parameters() if p.grad is not None]
        flat = torch.cat([g.flatten() for g in grads])
        distributed.all_reduce(flat)
        flat /= self.count
        for grad, part in zip(grads, flat.split([g.numel() for g in grads])):
            grad.copy_(part.view_as(grad))


def _join(rank: int, count: int, meeting: str, work: Callable[[Ranks], None]) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=count)
    try:
        work(Ranks(rank, count))
    finally:
        distributed.destroy_process_group()


def run(count: int, work: Callable[[Ranks], None]) -> None:
    """Does the work in so many processes, forked so that they share the pictures in memory.

    Raises RuntimeError when one of them fails.
    """
    if count == 1:
        work(Ranks(0, 1))
        return
    with tempfile.TemporaryDirectory() as folder:
        meeting = (Path(folder) / "meeting").as_uri()
        fork = get_context("fork")
        others = [
            fork.Process(target=_join, args=(rank, count, meeting, work), daemon=False)
            for rank in range(1, count)
        ]
        for process in others:
            process.start()
        try:
            _join(0, count, meeting, work)
        finally:
            for process in others:
                process.join(timeout=60)
                process.kill()
    if any(process.exitcode for process in others):
        raise RuntimeError("a process of the run failed; its error stands above")
