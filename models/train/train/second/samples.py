"""What the second look learns from: places in pictures, and the teacher's word on them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..classes import CLASSES
from ..data import PictureStore, Size
from ..detect import Predict, detect_all
from ..model import Yolox
from .network import JUDGED
from .vehicles import told, vehicles_of

FLOOR = 0.05
# Of each kind in a picture: what the detector sees, true boxes, vehicles.
MOST = 2
CHUNK = 32


@dataclass
class Samples:
    """Places: picture, corner box in its pixels, and how surely the teacher sees a vehicle there."""

    pictures: list[int] = field(default_factory=list)
    boxes: list[np.ndarray] = field(default_factory=list)
    told: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def add(self, picture: int, boxes: list[np.ndarray]) -> None:
        for box in boxes:
            self.pictures.append(picture)
            self.boxes.append(np.asarray(box, np.float32))


def places_in(store: PictureStore, index: int, found: np.ndarray, teacher: Yolox, size: Size) -> list[np.ndarray]:
    """Where the detector sees a stall, where there is one, and where there are vehicles."""
    kinds = [CLASSES.index(name) for name in JUDGED]
    scene = store.scene(index)
    seen = [row[:4] for row in found if int(row[5]) in kinds]
    true = list(scene.boxes[np.isin(scene.labels, kinds)])
    return seen[:MOST] + true[:MOST] + list(vehicles_of(teacher, store.pixels[index], size)[:MOST])


def gather(store: PictureStore, predict: Predict, teacher: Yolox, size: Size) -> Samples:
    """The places of a store's pictures and the teacher's word on each."""
    samples = Samples()
    for index, found in enumerate(detect_all(predict, store.pixels, size, floor=FLOOR)):
        samples.add(index, places_in(store, index, found, teacher, size))
    places = [(store.pixels[i], box) for i, box in zip(samples.pictures, samples.boxes)]
    words = [told(teacher, places[i : i + CHUNK]) for i in range(0, len(places), CHUNK)]
    samples.told = np.concatenate(words) if words else np.zeros(0)
    return samples
