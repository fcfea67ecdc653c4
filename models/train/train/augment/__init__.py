"""Augmentation for street cameras.

Training photos show large objects, squeezed into squares, by day. A street
camera shows small ones, wide, by night and through a poor lens. So pictures
are stretched back (aspect jitter), scaled down, put together in mosaics, get
foreign objects pasted in, are bent by a lens, darkened, wetted, blurred, made
noisy and coded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..classes import CLASSES
from .board import put_board
from .lens import distort
from .paste import decoy_box, paste
from .photo import photograph
from .place import place
from .scene import GREY, Scene, View

__all__ = ["GREY", "PASTED", "Augmenter", "Scene", "View"]

LENS_SHARE = 0.12
DECOY_SHARE = 0.3
LEAST_PASTED_PX = 20
PASTED = (CLASSES.index("billboard"), CLASSES.index("street_stall"))


def shape(scene: Scene, rng: np.random.Generator) -> tuple[float, float]:
    """The scene's width and height after aspect jitter, the longer being 1."""
    height, width = scene.image.shape[:2]
    low, high = (0.5, 2.0) if scene.stretched else (0.8, 1.25)
    ratio = width / height * np.exp(rng.uniform(np.log(low), np.log(high)))
    return (1.0, 1.0 / ratio) if ratio > 1 else (ratio, 1.0)


def somewhere(low: float, high: float, side: float, rng: np.random.Generator) -> float:
    """A start for something `side` long between two limits, sticking out only if it must."""
    spare = high - low - side
    return low + rng.uniform(min(spare, 0), max(spare, 0))


@dataclass
class Augmenter:
    """Makes one training picture out of a scene, mates for a mosaic and donors to paste from."""

    mosaic: float = 0.5
    paste: float = 0.0
    board: float = 0.0
    panels: float = 0.0

    def __call__(
        self,
        scene: Scene,
        mates: list[Scene],
        size: tuple[int, int],
        rng: np.random.Generator,
        donors: list[Scene] = (),
    ) -> View:
        """`size` is width and height in pixels."""
        view = View.grey(*size)
        if rng.random() < self.mosaic:
            self.tiles(view, [scene, *mates], rng)
        else:
            self.single(view, scene, rng)
        if not view.regions:
            place(view, scene, (0, 0, *size), (0, 0, *size), False, rng)
        for donor in donors:
            if rng.random() < self.paste:
                self.paste_from(view, donor, rng)
        if mates and rng.random() < self.board:
            put_board(view, [mate.image for mate in mates[-4:]], rng, self.panels)
        view.image = photograph(view.image, rng)
        return view

    @staticmethod
    def single(view: View, scene: Scene, rng: np.random.Generator) -> None:
        """One scene: as deployed, or scaled and shifted; sometimes through a bad lens."""
        size = (view.width, view.height)
        if rng.random() < 0.25:
            height, width = scene.image.shape[:2]
            scale = min(size[0] / width, size[1] / height)
        else:
            width, height = shape(scene, rng)
            scale = min(size[0] / width, size[1] / height)
            scale *= np.exp(rng.uniform(np.log(0.5), np.log(1.8)))
        w, h = width * scale, height * scale
        rect = (somewhere(0, size[0], w, rng), somewhere(0, size[1], h, rng), w, h)
        place(view, scene, (0, 0, *size), rect, bool(rng.random() < 0.5), rng)
        if rng.random() < LENS_SHARE:
            distort(view, rng.uniform(-0.1, 0.35))

    @staticmethod
    def tiles(view: View, scenes: list[Scene], rng: np.random.Generator) -> None:
        """A mosaic of 2 to 4 columns and rows; many small parts bring objects down to 16 pixels."""
        counts = rng.choice(3, 2, p=(0.65, 0.25, 0.1)) + 2
        cuts = []
        for count, side in zip(counts, (view.width, view.height)):
            inner = np.arange(1, count) / count + rng.uniform(-0.3, 0.3, count - 1) / count
            cuts.append([0, *(int(c * side) for c in inner), side])
        for index in range(int(counts[0] * counts[1])):
            scene = scenes[index % len(scenes)]
            column, row = index % counts[0], index // counts[0]
            x1, x2 = cuts[0][column], cuts[0][column + 1]
            y1, y2 = cuts[1][row], cuts[1][row + 1]
            sw, sh = shape(scene, rng)
            fill = max((x2 - x1) / sw, (y2 - y1) / sh)
            scale = fill * np.exp(rng.uniform(np.log(0.8), np.log(1.5)))
            w, h = sw * scale, sh * scale
            rect = (somewhere(x1, x2, w, rng), somewhere(y1, y2, h, rng), w, h)
            place(view, scene, (x1, y1, x2, y2), rect, bool(rng.random() < 0.5), rng)

    @staticmethod
    def paste_from(view: View, donor: Scene, rng: np.random.Generator) -> None:
        """An object of the donor, or (a third of the time) a piece of it that is none."""
        if len(donor.boxes) == 0 or rng.random() < DECOY_SHARE:
            window = decoy_box(donor, rng)
            if window is not None:
                paste(view, donor, window, None, rng)
            return
        sides = (donor.boxes[:, 2:] - donor.boxes[:, :2]).min(1)
        fit = np.flatnonzero(sides >= LEAST_PASTED_PX)
        wanted = fit[np.isin(donor.labels[fit], PASTED)]
        fit = wanted if len(wanted) and rng.random() < 0.8 else fit
        if len(fit):
            chosen = int(rng.choice(fit))
            paste(view, donor, donor.boxes[chosen], int(donor.labels[chosen]), rng)
