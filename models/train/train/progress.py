"""One line that tells how far an epoch is: redrawn on a terminal, printed now and then in a log."""

from __future__ import annotations

import sys
import time

WIDTH = 24
EVERY_STEPS = 50


class Progress:
    def __init__(self, title: str, total: int):
        self.title, self.total, self.begun = title, total, time.monotonic()
        self.drawn = sys.stderr.isatty()

    def line(self, done: int, text: str) -> str:
        filled = WIDTH * done // max(self.total, 1)
        spent = time.monotonic() - self.begun
        left = spent / max(done, 1) * (self.total - done)
        bar = "#" * filled + "." * (WIDTH - filled)
        return (
            f"{self.title} [{bar}] {done}/{self.total} {text} "
            f"{spent / max(done, 1):.2f} s/step, {left / 60:.0f} min left"
        )

    def show(self, done: int, text: str) -> None:
        """After every step."""
        if self.drawn:
            end = "\n" if done == self.total else ""
            print("\r" + self.line(done, text), end=end, file=sys.stderr, flush=True)
        elif done % EVERY_STEPS == 0 or done == self.total:
            print(self.line(done, text), flush=True)
