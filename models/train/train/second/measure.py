"""What the second look changes: average precision, and precision at equal recall, on validation data."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import numpy as np

from ..boxes import suppress, with_doubt
from ..classes import CLASSES
from ..data import PictureStore
from ..detect import Predict, detect_all, session_of
from ..plot import Line, chart
from ..score import Found, judge, score
from ..shapes import Shapes
from ..source import Source
from .crops import cut, square, stacked

# Floats [N, classes looked at again] but for the third: what scores are multiplied by, what is added then,
# where it is seen (corners in shares of the cut-out, [N, classes, 4]), how far the box is moved there.
Verdict = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
# uint8 [N, 3, size, size] and, [N], the class that each was taken for, by its place among those looked at
# again, to the verdict
Look = Callable[[np.ndarray, np.ndarray], Verdict]
# The file's name of the latter.
KINDS = "kinds"
# The file's names of the verdict's parts.
VERDICT = ("keep", "add", "place", "pull")
RECALLS = (0.3, 0.4, 0.5, 0.6, 0.7)
# Detections below this are nothing's business; looking at all of them would take long.
FLOOR = 0.02
CHUNK = 64


def in_picture(place: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """[N, 4] corners in shares of cut-outs (centre x and y, side) to the picture's pixels."""
    side = squares[:, 2:3]
    return place * side + np.tile(squares[:, :2] - side / 2, 2)


@dataclass
class Told:
    """What the look says of some of a picture's detections: which, the class that each was taken for (its place
    among those looked at again), and the verdict on each as that."""

    rows: np.ndarray
    kinds: np.ndarray
    keep: np.ndarray
    add: np.ndarray
    # corners in the picture's pixels
    place: np.ndarray
    pull: np.ndarray


def asked(look: Look, size: int, kinds: list[int], image: np.ndarray, rows: np.ndarray) -> Told:
    """Shows the look a picture's detections of these classes."""
    chosen = np.flatnonzero(np.isin(rows[:, 5], kinds) & (rows[:, 4] > FLOOR))
    taken_for = np.array([kinds.index(int(kind)) for kind in rows[chosen, 5]], np.int64)
    told = Told(chosen, taken_for, *(np.zeros((len(chosen), *shape), np.float32) for shape in ((), (), (4,), ())))
    for first in range(0, len(chosen), CHUNK):
        part = slice(first, first + CHUNK)
        squares = [square(row[:4]) for row in rows[chosen[part]]]
        verdict = look(stacked([cut(image, one, size) for one in squares]), taken_for[part])
        keep, add, place, pull = (words[np.arange(len(squares)), taken_for[part]] for words in verdict)
        told.keep[part], told.add[part], told.pull[part] = keep, add, pull
        told.place[part] = in_picture(place, np.array(squares))
    return told


def applied(told: Told, kinds: list[int], rows: np.ndarray) -> np.ndarray:
    """A picture's detections with the new scores and places; of boxes that come to lie on each other by that
    the surest."""
    rows = rows.copy()
    rows[told.rows, 4] = rows[told.rows, 4] * told.keep + told.add
    rows[told.rows, :4] += told.pull[:, None] * (told.place - rows[told.rows, :4])
    return without_doubles(rows, kinds)


def looked(
    look: Look, size: int, judged: tuple[str, ...], images: list[np.ndarray], found: list[np.ndarray]
) -> list[np.ndarray]:
    """The detections with what the look says of those of `judged` classes."""
    kinds = [CLASSES.index(name) for name in judged]
    return [applied(asked(look, size, kinds, image, rows), kinds, rows) for image, rows in zip(images, found)]


def without_doubles(rows: np.ndarray, kinds: list[int]) -> np.ndarray:
    """Best first, and none of `kinds` on a surer one of its own."""
    stays = ~np.isin(rows[:, 5], kinds)
    for kind in kinds:
        own = np.flatnonzero(rows[:, 5] == kind)
        stays[own[suppress(rows[own, :4], rows[own, 4])]] = True
    rows = rows[stays]
    return rows[np.argsort(-rows[:, 4], kind="stable")]


@dataclass(frozen=True)
class Second:
    """A second look that is there: its name and file's hash, what it looks with, and at which classes."""

    name: str
    sha256: str
    look: Look
    size: int
    classes: tuple[str, ...]

    def look_at(self, images: list[np.ndarray], found: list[np.ndarray]) -> list[np.ndarray]:
        return looked(self.look, self.size, self.classes, images, found)


def read_second(card: Path) -> Second:
    """From its card and the ONNX file beside it."""
    content = tomllib.loads(card.read_text())
    classes = tuple(entry["name"] for entry in content["class"])
    look = onnx_look(card.with_name(content["file"]))
    return Second(content["name"], content["sha256"], look, content["input"]["width"], classes)


def onnx_look(path: Path) -> Look:
    """The look of a file; one that says nothing of places, as the first ones did, moves no box, and one that does
    not ask what a cut-out was taken for is not told."""
    session = session_of(path)
    said = [output.name for output in session.get_outputs() if output.name in VERDICT]
    asks = any(put.name == KINDS for put in session.get_inputs())

    def look(pixels: np.ndarray, kinds: np.ndarray) -> Verdict:
        put = {"crops": pixels} | ({KINDS: kinds} if asks else {})
        parts = dict(zip(said, session.run(said, put)))
        keep, add = parts["keep"], parts["add"]
        stay = np.zeros((*keep.shape, 4), np.float32), np.zeros_like(keep)
        return keep, add, parts.get("place", stay[0]), parts.get("pull", stay[1])

    return look


def in_labels(store: PictureStore, found: list[np.ndarray]) -> Found:
    """The detections in the pixels that the labels are in."""
    moved = []
    for picture, image, rows in zip(store.pictures, store.pixels, found):
        scale = np.array([picture.width / image.shape[1], picture.height / image.shape[0]] * 2)
        moved.append(np.concatenate((rows[:, :4] * scale, rows[:, 4:]), 1).astype(np.float32))
    return store.pictures, moved


def curve(found: Found, kind: int) -> tuple[np.ndarray, np.ndarray]:
    """Recall, and the best precision from there on, at IoU 0.5."""
    scores, right, total, _ = judge(found, kind, 0.5)
    hits = right[np.argsort(-scores, kind="stable")].cumsum()
    precision = hits / np.arange(1, len(hits) + 1)
    return hits / max(total, 1), np.maximum.accumulate(precision[::-1])[::-1]


def precision_at(found: Found, kind: int, recall: float) -> float:
    recalls, precisions = curve(found, kind)
    place = np.searchsorted(recalls, recall)
    return float(precisions[place]) if place < len(precisions) else 0.0


class Compared:
    """A validation source's detections before and after the look."""

    def __init__(self, source: Source, predict: Predict, shapes: Shapes):
        self.source = source
        self.store = PictureStore([source])
        self.found = detect_all(predict, self.store.pixels, shapes)
        self.before: Found = in_labels(self.store, with_doubt(self.found))
        self.after: Found = self.before

    def look(self, look: Look, side: int, judged: tuple[str, ...]) -> "Compared":
        after = looked(look, side, judged, self.store.pixels, self.found)
        self.after = in_labels(self.store, with_doubt(after))
        return self

    def has(self, name: str) -> bool:
        return judge(self.before, CLASSES.index(name), 0.5)[2] > 0

    def gain(self, name: str) -> float:
        """How much precision rises on average at the recalls."""
        kind = CLASSES.index(name)
        rises = [precision_at(self.after, kind, r) - precision_at(self.before, kind, r) for r in RECALLS]
        return float(np.mean(rises))

    def pairs(self, judged: tuple[str, ...]) -> dict[str, object]:
        """The comparison as the card tells it."""
        told: dict[str, object] = {
            "kind": "rendered" if self.source.rendered else "real", "pictures": len(self.store.pictures)
        }
        before, after = score(self.before), score(self.after)
        for name in judged:
            if name not in before:
                continue
            kind = CLASSES.index(name)
            told[f"{name}_ap50"] = [round(before[name].ap50, 3), round(after[name].ap50, 3)]
            told[f"{name}_precision_at_recall"] = [
                f"{r}: {precision_at(self.before, kind, r):.2f} to {precision_at(self.after, kind, r):.2f}"
                for r in RECALLS
            ]
        return told

    def draw(self, name: str, folder: Path) -> Path:
        """Precision over recall, without and with the look."""
        kind = CLASSES.index(name)
        lines = [
            Line(label, *(list(values) for values in curve(found, kind)))
            for label, found in (("detector alone", self.before), ("second look", self.after))
        ]
        what = "rendered" if self.source.rendered else "real"
        title = f"{name}, {self.source.name} ({what})"
        file = folder / f"second-look-{self.source.name}-{name}.png"
        return chart(file, title, lines, ("recall", "precision"), (0, 1), (0, 1))


def worth_it(compared: list[Compared], judged: tuple[str, ...]) -> bool:
    """Whether precision rises on real pictures, or on rendered ones where no real one shows it."""
    gains = {False: [], True: []}
    for one in compared:
        gains[one.source.rendered] += [one.gain(name) for name in judged if one.has(name)]
    return sum(gains[False] or gains[True]) > 0
