"""Close-ups to learn from, as the second look will be shown them: of stalls and boards, and of what a
detector takes for one.

A detector learns from whole streets. What is cut out for the second look is one thing, large, and as often
a thing that only looks like a board, or a part of a board: a network taught by just that tells them
apart better, and where the board ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..augment import GREY, Scene, View
from ..augment.board import put_board
from ..augment.photo import photograph
from ..augment.place import place
from ..augment.scene import NOTHING
from ..boxes import NMS_IOU, overlap
from ..checkpoint import averaged, input_size
from ..classes import CLASSES
from ..data import PictureStore
from ..detect import detect_all, torch_predictor
from ..model import fuse_batch_norm
from .crops import MARGIN, square
from .measure import FLOOR
from .network import JUDGED

KINDS = [CLASSES.index(name) for name in JUDGED]

# How often what is shown is a detection that is right, one that is wrong, and a thing as it is labelled, where a
# picture has all of them. A detection is seldom exact: were things always in the middle, a network would say so unseen.
WEIGHTS = np.array((1.0, 1.2, 0.4))
# By how much, in its sides, the edges of a labelled box are moved, so that it is as a detector might see it.
LOOSE = 0.1
# How often a made board is shown by a part of it, as a detector may take one panel for the board.
PART_SHARE = 0.5
# How often a close-up is changed by light, weather and coding.
CHANGED_SHARE = 0.7


def look_closer(store: PictureStore, checkpoint: str) -> None:
    """Leaves the pictures of which close-ups can be made, with what the checkpoint's network takes for things of the
    judged classes."""
    model, content = averaged(Path(checkpoint))
    fuse_batch_norm(model)
    # in one shape: the network that ships was taught so
    found = detect_all(torch_predictor(model), store.pixels, (input_size(content),))
    seen = [told_apart(store.scene(index), rows) for index, rows in enumerate(found)]
    shown = [any(map(len, boxes)) or len(things(store.scene(i))) > 0 for i, boxes in enumerate(seen)]
    store.keep(np.flatnonzero(shown), seen)
    right, wrong = (sum(map(len, boxes)) for boxes in zip(*seen))
    print(f"{sum(shown)} pictures for close-ups: things seen {right} times rightly, {wrong} times wrongly", flush=True)


def things(scene: Scene) -> np.ndarray:
    """[n, 4]: the boxes of the judged classes."""
    return scene.boxes[np.isin(scene.labels, KINDS)]


def told_apart(scene: Scene, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[n, 4] and [m, 4]: the boxes of detections of the judged classes that are right, and of those that are wrong, as
    far as the picture's labels tell."""
    right, wrong = [], []
    for kind in KINDS:
        boxes = rows[(rows[:, 5] == kind) & (rows[:, 4] > FLOOR), :4]
        if not scene.labelled[kind]:
            continue
        same = scene.boxes[scene.labels == kind]
        is_right = overlap(boxes, same)[0].max(1, initial=0.0) > NMS_IOU
        is_ignored = overlap(boxes, scene.ignore)[1].max(1, initial=0.0) > 0.5
        right.append(boxes[is_right])
        wrong.append(boxes[~is_right & ~is_ignored])
    return tuple(np.concatenate(some) if some else NOTHING for some in (right, wrong))


@dataclass
class CloseUps:
    """Makes training pictures as `Augmenter` does, of a thing or of what was taken for one; `board` is the
    chance of a board made of other pictures, and `panels` that such a poster has several panels."""

    board: float = 0.0
    panels: float = 0.0
    paste: float = 0.0

    def __call__(
        self,
        scene: Scene,
        mates: list[Scene],
        size: tuple[int, int],
        rng: np.random.Generator,
        donors: list[Scene] = (),
    ) -> View:
        """`size` is width and height in pixels, the same."""
        focus = None
        if mates and rng.random() < self.board:
            scene, focus = with_board(scene, [mate.image for mate in mates[-4:]], rng, self.panels)
        view = close_up(scene, chosen(scene, rng) if focus is None else focus, size, rng)
        if rng.random() < CHANGED_SHARE:
            view.image = photograph(view.image, rng)
        return view


def chosen(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """The box of what is to be shown."""
    lists = (*scene.seen, things(scene))
    weights = WEIGHTS * [len(boxes) > 0 for boxes in lists]
    which = int(rng.choice(len(lists), p=weights / weights.sum()))
    box = lists[which][int(rng.integers(len(lists[which])))]
    return loosely(box, rng) if which == 2 else box


def loosely(box: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return box + np.tile(box[2:] - box[:2], 2) * rng.normal(0, LOOSE, 4).clip(-2 * LOOSE, 2 * LOOSE)


def close_up(scene: Scene, box: np.ndarray, size: tuple[int, int], rng: np.random.Generator) -> View:
    """The square around a box, as the second look cuts it out, but for chance."""
    flip = bool(rng.random() < 0.5)
    x, y, side = square(box, MARGIN * np.exp(rng.normal(0, 0.12)))
    longer = side / MARGIN
    x, y = x + rng.normal(0, 0.05) * longer, y + rng.normal(0, 0.05) * longer
    stretch = np.exp(rng.normal(0, 0.08))
    height, width = scene.image.shape[:2]
    across, down = size[0] / side * stretch, size[1] / side / stretch
    x = width - x if flip else x
    view = View.grey(*size)
    rect = (size[0] / 2 - x * across, size[1] / 2 - y * down, width * across, height * down)
    place(view, scene, (0, 0, *size), rect, flip, rng)
    if not view.regions:
        place(view, scene, (0, 0, *size), (0, 0, *size), flip, rng)
    return view


def somewhere_in(box: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    extent = box[2:] - box[:2]
    part = rng.uniform(0.3, 0.8, 2) * extent
    low = box[:2] + rng.random(2) * (extent - part)
    return np.concatenate((low, low + part))


def with_board(
    scene: Scene, images: list[np.ndarray], rng: np.random.Generator, panels: float
) -> tuple[Scene, np.ndarray | None]:
    """The scene with a board made of other pictures, and the box of that or of a part of it. No box
    where none came to lie in the picture."""
    height, width = scene.image.shape[:2]
    frame = np.array((0, 0, width, height), np.float32)
    view = View(
        scene.image.copy(), list(scene.boxes), list(scene.labels), list(scene.ignore), [frame], [scene.labelled]
    )
    if not put_board(view, images, rng, panels):
        return scene, None
    box = view.boxes[-1]
    focus = somewhere_in(box, rng) if rng.random() < PART_SHARE else loosely(box, rng)
    boxes, ignore = (np.array(some, np.float32).reshape(-1, 4) for some in (view.boxes, view.ignore))
    labels = np.array(view.labels, np.int64)
    return Scene(view.image, boxes, labels, ignore, scene.labelled, scene.stretched), focus
