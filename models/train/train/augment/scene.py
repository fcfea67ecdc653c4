"""A labelled picture, and a training picture under construction."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch

GREY = 114
NOTHING = np.zeros((0, 4), np.float32)


@dataclass
class Scene:
    """A picture with its labels in pixels of `image`, and where a detector sees a class in it, rightly and
    wrongly, if that is asked."""

    image: np.ndarray
    boxes: np.ndarray
    labels: np.ndarray
    ignore: np.ndarray
    labelled: np.ndarray
    stretched: bool
    seen: tuple[np.ndarray, np.ndarray] = (NOTHING, NOTHING)


@dataclass
class View:
    """A training picture: where each part lies, and what it labels. Later regions cover earlier."""

    image: np.ndarray
    boxes: list[np.ndarray] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    ignore: list[np.ndarray] = field(default_factory=list)
    regions: list[np.ndarray] = field(default_factory=list)
    labelled: list[np.ndarray] = field(default_factory=list)

    @staticmethod
    def grey(width: int, height: int) -> "View":
        return View(np.full((height, width, 3), GREY, np.uint8))

    @property
    def width(self) -> int:
        return self.image.shape[1]

    @property
    def height(self) -> int:
        return self.image.shape[0]

    def target(self) -> dict[str, torch.Tensor]:
        classes = len(self.labelled[0])
        return {
            "boxes": torch.from_numpy(np.array(self.boxes, np.float32).reshape(-1, 4)),
            "labels": torch.tensor(self.labels, dtype=torch.int64),
            "ignore": torch.from_numpy(np.array(self.ignore, np.float32).reshape(-1, 4)),
            "regions": torch.from_numpy(np.array(self.regions, np.float32).reshape(-1, 4)),
            "labelled": torch.from_numpy(np.array(self.labelled, bool).reshape(-1, classes)),
        }
