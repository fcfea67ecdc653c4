"""What the second look learns from: places in pictures, the teacher's word on them, and labels."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..boxes import overlap
from ..classes import CLASSES
from ..data import PictureStore, Size
from ..detect import Predict, detect_all
from ..model import Yolox
from .network import JUDGED, STALL
from .vehicles import told, vehicles_of

FLOOR = 0.05
MOST = 2
# What a labelled thing is not, though the detector may say so.
LIKENESS = {"bin_normal": "bin_overflow", "ad_sign": "billboard"}


@dataclass
class Samples:
    """Places: picture, corner box in its pixels, class the label is of (-1: none), and whether right."""

    pictures: list[int] = field(default_factory=list)
    boxes: list[np.ndarray] = field(default_factory=list)
    kinds: list[int] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)

    def add(self, picture: int, box: np.ndarray, kind: int = -1, right: bool = False) -> None:
        self.pictures.append(picture)
        self.boxes.append(np.asarray(box, np.float32))
        self.kinds.append(kind)
        self.right.append(right)


def labelled_places(samples: Samples, index: int, store: PictureStore, found: np.ndarray) -> None:
    """True boxes are right, look-alikes and false detections wrong."""
    scene = store.scene(index)
    for box, label in zip(scene.boxes, scene.labels):
        name = CLASSES[label]
        said = LIKENESS.get(name, name)
        if said in JUDGED and scene.labelled[CLASSES.index(said)]:
            samples.add(index, box, JUDGED.index(said), said == name)
    for row in found[found[:, 4] > FLOOR]:
        kind = int(row[5])
        if CLASSES[kind] not in JUDGED or not scene.labelled[kind]:
            continue
        ious = overlap(row[None, :4], scene.boxes)[0] if len(scene.boxes) else np.zeros((1, 1))
        inside = overlap(row[None, :4], scene.ignore)[1] if len(scene.ignore) else np.zeros((1, 1))
        if ious.max() < 0.3 and inside.max() < 0.5:
            samples.add(index, row[:4], JUDGED.index(CLASSES[kind]), False)


def gather(
    store: PictureStore, predict: Predict, teacher: Yolox, size: Size, seed: int
) -> tuple[Samples, np.ndarray]:
    """The places of a store's pictures and the teacher's word on each; NaN where it was not asked."""
    rng = np.random.default_rng(seed)
    samples = Samples()
    found = detect_all(predict, store.pixels, size, floor=FLOOR)
    stall = CLASSES.index("street_stall")
    for index, (image, here) in enumerate(zip(store.pixels, found)):
        labelled_places(samples, index, store, here)
        taken = [row[:4] for row in here if row[5] == stall][:MOST]
        seen = vehicles_of(teacher, image, size)
        if len(seen):
            taken += list(seen[rng.permutation(len(seen))[:MOST]])
        for box in taken:
            samples.add(index, box)
    word = np.full(len(samples.boxes), np.nan)
    # of labelled places only stalls may be mistaken for vehicles
    asked = [i for i, kind in enumerate(samples.kinds) if kind in (-1, STALL)]
    for first in range(0, len(asked), 32):
        part = asked[first : first + 32]
        word[part] = told(teacher, [(store.pixels[samples.pictures[i]], samples.boxes[i]) for i in part])
    return samples, word
