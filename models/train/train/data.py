"""COCO data with partial labels: reading, caching, mixing sources, batching."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from .augment import Augmenter, Scene
from .classes import CLASSES

CACHE_SIDE = 832

# Loader processes are forked: a thread pool of OpenCV's would not survive that.
cv2.setNumThreads(0)


@dataclass
class Source:
    """One COCO file with its picture folder, and how much of an epoch it makes."""

    name: str
    annotations: Path
    images: Path
    share: float = 1.0
    rendered: bool = False

    @staticmethod
    def parse(text: str) -> "Source":
        """`NAME,real|rendered,ANNOTATIONS,IMAGES[,SHARE]`"""
        parts = text.split(",")
        if len(parts) not in (4, 5) or parts[1] not in ("real", "rendered"):
            raise ValueError(f"not NAME,real|rendered,ANNOTATIONS,IMAGES[,SHARE]: {text!r}")
        share = float(parts[4]) if len(parts) == 5 else 1.0
        return Source(parts[0], Path(parts[2]), Path(parts[3]), share, parts[1] == "rendered")


@dataclass
class Picture:
    """One labelled picture. Boxes are xyxy pixels of the original picture."""

    path: Path
    width: int
    height: int
    boxes: np.ndarray
    labels: np.ndarray
    ignore: np.ndarray
    labelled: np.ndarray
    stretched: bool
    meta: dict = field(default_factory=dict)


def read_coco(annotations: Path, images: Path) -> list[Picture]:
    """Reads a COCO file; categories beyond ours are dropped, `iscrowd` becomes ignore."""
    content = json.loads(annotations.read_text())
    names = {c["id"]: c["name"] for c in content["categories"]}
    by_name = {name: index for index, name in enumerate(CLASSES)}
    of_id = {i: by_name[n] for i, n in names.items() if n in by_name}
    grouped: dict[int, list[dict]] = {}
    for annotation in content["annotations"]:
        grouped.setdefault(annotation["image_id"], []).append(annotation)
    pictures = []
    for image in content["images"]:
        labelled = np.zeros(len(CLASSES), bool)
        for category in image.get("labelled_classes", list(of_id)):
            if category in of_id:
                labelled[of_id[category]] = True
        boxes, labels, ignore = [], [], []
        for annotation in grouped.get(image["id"], []):
            x, y, w, h = annotation["bbox"]
            if w < 1 or h < 1 or annotation["category_id"] not in of_id:
                continue
            if annotation.get("iscrowd"):
                ignore.append((x, y, x + w, y + h))
            else:
                boxes.append((x, y, x + w, y + h))
                labels.append(of_id[annotation["category_id"]])
        pictures.append(
            Picture(
                path=images / image["file_name"],
                width=image["width"],
                height=image["height"],
                boxes=np.array(boxes, np.float32).reshape(-1, 4),
                labels=np.array(labels, np.int64),
                ignore=np.array(ignore, np.float32).reshape(-1, 4),
                labelled=labelled,
                stretched=image["width"] == image["height"],
                meta={k: image[k] for k in ("source", "licence", "provenance", "use") if k in image},
            )
        )
    return pictures


class PictureStore:
    """Decoded pictures of several sources in memory, at most `CACHE_SIDE` pixels long."""

    def __init__(self, sources: list[Source]):
        self.sources = sources
        self.pictures: list[Picture] = []
        self.pixels: list[np.ndarray] = []
        self.members: list[np.ndarray] = []
        for source in sources:
            first = len(self.pictures)
            for picture in read_coco(source.annotations, source.images):
                image = cv2.imread(str(picture.path), cv2.IMREAD_COLOR)
                if image is None:
                    raise FileNotFoundError(picture.path)
                side = max(image.shape[:2])
                if side > CACHE_SIDE:
                    scale = CACHE_SIDE / side
                    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
                    image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
                self.pictures.append(picture)
                self.pixels.append(image)
            self.members.append(np.arange(first, len(self.pictures)))

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
        )


class Batches(Dataset):
    """An epoch as a list of ready batches, so that one batch has one picture size."""

    def __init__(
        self,
        store: PictureStore,
        augmenter: Augmenter,
        batch: int,
        batches: int,
        sizes: list[int],
        seed: int,
        epoch: int,
    ):
        self.store, self.augmenter = store, augmenter
        self.batch, self.batches, self.sizes = batch, batches, sizes
        self.seed, self.epoch = seed, epoch
        rng = np.random.default_rng((seed, epoch))
        shares = np.array([s.share for s in store.sources], float)
        counts = np.floor(shares / shares.sum() * batch * batches).astype(int)
        counts[0] += batch * batches - counts.sum()
        chosen = []
        for members, count in zip(store.members, counts):
            while count > 0:
                part = rng.permutation(members)[:count]
                chosen.append(part)
                count -= len(part)
        self.order = rng.permutation(np.concatenate(chosen))

    def __len__(self) -> int:
        return self.batches

    def __getitem__(self, position: int) -> tuple[torch.Tensor, list[dict]]:
        rng = np.random.default_rng((self.seed, self.epoch, position))
        size = int(rng.choice(self.sizes))
        images, targets = [], []
        for index in self.order[position * self.batch : (position + 1) * self.batch]:
            mates = [int(i) for i in rng.choice(self.order, 8)]
            view = self.augmenter(
                self.store.scene(int(index)), [self.store.scene(i) for i in mates], size, rng
            )
            images.append(view.image)
            targets.append(view.target())
        stacked = np.ascontiguousarray(np.stack(images).transpose(0, 3, 1, 2))
        return torch.from_numpy(stacked), targets


def loader(batches: Batches, workers: int) -> Iterator[tuple[torch.Tensor, list[dict]]]:
    def one_thread(_worker: int) -> None:
        torch.set_num_threads(1)

    return iter(
        DataLoader(
            batches,
            batch_size=None,
            num_workers=workers,
            worker_init_fn=one_thread,
            prefetch_factor=4 if workers else 2,
        )
    )


def letterbox(image: np.ndarray, size: int, interpolation: int = cv2.INTER_LINEAR) -> tuple[np.ndarray, float, int, int]:
    """Fits a picture into a grey square, centred. Returns it, the scale and left and top pads."""
    height, width = image.shape[:2]
    scale = min(size / width, size / height)
    w, h = max(1, round(width * scale)), max(1, round(height * scale))
    left, top = (size - w) // 2, (size - h) // 2
    canvas = np.full((size, size, 3), 114, np.uint8)
    canvas[top : top + h, left : left + w] = cv2.resize(image, (w, h), interpolation=interpolation)
    return canvas, scale, left, top
