"""Pictures in memory, mixing of sources, batches."""

from __future__ import annotations

from typing import Iterator

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from .augment import GREY, PASTED, Augmenter, Scene
from .augment.scene import NOTHING
from .coco import Faults, Picture
from .shapes import Size, scale_in
from .source import Source

CACHE_SIDE = 704
MATES = 11
DONORS = 2

# Loader processes are forked: a thread pool of OpenCV's would not survive that.
cv2.setNumThreads(0)


def shrunk(image: np.ndarray) -> np.ndarray:
    """At most `CACHE_SIDE` pixels long."""
    side = max(image.shape[:2])
    if side <= CACHE_SIDE:
        return image
    scale = CACHE_SIDE / side
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def opened(source: Source, bad: str) -> Iterator[tuple[Picture, np.ndarray]]:
    """A source's pictures as they are; the faults are told after the last. Raises as `Faults.settle` does."""
    faults = Faults()
    for picture in source.pictures(faults):
        image = cv2.imread(str(picture.path), cv2.IMREAD_COLOR)
        if image is None:
            faults.note("picture that does not open, left out", picture.path.name)
            continue
        if abs(image.shape[1] * picture.height - image.shape[0] * picture.width) > 2 * max(
            picture.width, picture.height
        ):
            faults.note("picture of another shape than labelled, left out", picture.path.name)
            continue
        yield picture, image
    faults.settle(bad, source.name)


class PictureStore:
    """Decoded pictures of several sources in memory."""

    def __init__(self, sources: list[Source], bad: str = "skip"):
        self.sources = sources
        self.pictures: list[Picture] = []
        self.pixels: list[np.ndarray] = []
        self.members: list[np.ndarray] = []
        for source in sources:
            first = len(self.pictures)
            for picture, image in opened(source, bad):
                self.pictures.append(picture)
                self.pixels.append(shrunk(image))
            self.members.append(np.arange(first, len(self.pictures)))
        self.seen = [(NOTHING, NOTHING)] * len(self.pictures)

    def keep(self, chosen: np.ndarray, seen: list[tuple[np.ndarray, np.ndarray]]) -> None:
        """Draws only from the chosen pictures from now on; `seen` is what a detector sees in each of all, see `Scene`."""
        self.members = [np.intersect1d(members, chosen) for members in self.members]
        self.seen = seen

    def scene(self, index: int) -> Scene:
        picture, image = self.pictures[index], self.pixels[index]
        factor = np.array(
            [image.shape[1] / picture.width, image.shape[0] / picture.height] * 2, np.float32
        )
        return Scene(
            image=image,
            boxes=picture.boxes * factor,
            labels=picture.labels,
            ignore=picture.ignore * factor,
            labelled=picture.labelled,
            stretched=picture.stretched,
            seen=self.seen[index],
        )

    def donors(self) -> list[np.ndarray]:
        """Pictures to paste from, of each source apart: those that label what is pasted."""
        found = []
        for members in self.members:
            chosen = [i for i in members if self.pictures[i].labelled[list(PASTED)].all()]
            if chosen:
                found.append(np.array(chosen))
        return found


def draw(members: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` of the members, each as often as another, in random order."""
    parts = []
    while count > 0 and len(members):
        part = rng.permutation(members)[:count]
        parts.append(part)
        count -= len(part)
    return np.concatenate(parts) if parts else members[:0]


class Batches(Dataset):
    """An epoch as a list of ready batches, so that one batch has one picture size."""

    def __init__(
        self,
        store: PictureStore,
        augmenter: Augmenter,
        batch: int,
        batches: int,
        sizes: list[Size],
        seed: int,
        epoch: int,
    ):
        self.store, self.augmenter = store, augmenter
        self.batch, self.batches, self.sizes = batch, batches, sizes
        self.seed, self.epoch = seed, epoch
        self.donors = store.donors() if augmenter.paste > 0 else []
        rng = np.random.default_rng((seed, epoch))
        shares = np.array([s.share * (len(m) > 0) for s, m in zip(store.sources, store.members)], float)
        counts = np.floor(shares / shares.sum() * batch * batches).astype(int)
        counts[int(counts.argmax())] += batch * batches - counts.sum()
        drawn = [draw(members, count, rng) for members, count in zip(store.members, counts)]
        self.order = rng.permutation(np.concatenate(drawn))

    def __len__(self) -> int:
        return self.batches

    def donor_scenes(self, rng: np.random.Generator) -> list[Scene]:
        if not self.donors:
            return []
        groups = rng.integers(len(self.donors), size=DONORS)
        return [self.store.scene(int(rng.choice(self.donors[g]))) for g in groups]

    def __getitem__(self, position: int) -> tuple[torch.Tensor, list[dict]]:
        rng = np.random.default_rng((self.seed, self.epoch, position))
        size = self.sizes[int(rng.integers(len(self.sizes)))]
        images, targets = [], []
        for index in self.order[position * self.batch : (position + 1) * self.batch]:
            mates = [self.store.scene(int(i)) for i in rng.choice(self.order, MATES)]
            scene = self.store.scene(int(index))
            view = self.augmenter(scene, mates, size, rng, self.donor_scenes(rng))
            images.append(view.image)
            targets.append(view.target())
        stacked = np.ascontiguousarray(np.stack(images).transpose(0, 3, 1, 2))
        return torch.from_numpy(stacked), targets


def loader(batches: Dataset, workers: int) -> Iterator[tuple[torch.Tensor, list[dict]]]:
    def one_thread(_worker: int) -> None:
        torch.set_num_threads(1)

    # the versions of PyTorch differ in what they take for none of these
    shared = {"prefetch_factor": 4, "multiprocessing_context": "fork"} if workers else {}
    return iter(
        DataLoader(batches, batch_size=None, num_workers=workers, worker_init_fn=one_thread, **shared)
    )


def letterbox(image: np.ndarray, size: Size) -> tuple[np.ndarray, float, int, int]:
    """Fits a picture into a grey frame (width, height), centred, as the server does.

    Returns it, the scale and the left and top pads. Beyond half size the
    average of an area is taken, nearer to full size two taps an axis.
    """
    height, width = image.shape[:2]
    scale = scale_in(size, width, height)
    w, h = max(1, round(width * scale)), max(1, round(height * scale))
    left, top = (size[0] - w) // 2, (size[1] - h) // 2
    canvas = np.full((size[1], size[0], 3), GREY, np.uint8)
    method = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR
    canvas[top : top + h, left : left + w] = cv2.resize(image, (w, h), interpolation=method)
    return canvas, scale, left, top
