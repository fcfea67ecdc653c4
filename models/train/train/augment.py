"""Augmentation for street cameras.

Training photos show large objects, squeezed into squares, by day. A street
camera shows small ones, wide, by night and through a poor lens. So pictures
are stretched back (aspect jitter), scaled down, put together in mosaics,
darkened, blurred, made noisy and compressed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import torch

GREY = 114


@dataclass
class Scene:
    """A picture with its labels in pixels of `image`."""

    image: np.ndarray
    boxes: np.ndarray
    labels: np.ndarray
    ignore: np.ndarray
    labelled: np.ndarray
    stretched: bool


@dataclass
class View:
    """A training picture under construction: where each part lies, and what it labels."""

    image: np.ndarray
    boxes: list[np.ndarray] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    ignore: list[np.ndarray] = field(default_factory=list)
    regions: list[np.ndarray] = field(default_factory=list)
    labelled: list[np.ndarray] = field(default_factory=list)

    def target(self) -> dict[str, torch.Tensor]:
        classes = len(self.labelled[0])
        return {
            "boxes": torch.from_numpy(np.array(self.boxes, np.float32).reshape(-1, 4)),
            "labels": torch.tensor(self.labels, dtype=torch.int64),
            "ignore": torch.from_numpy(np.array(self.ignore, np.float32).reshape(-1, 4)),
            "regions": torch.from_numpy(np.array(self.regions, np.float32).reshape(-1, 4)),
            "labelled": torch.from_numpy(np.array(self.labelled, bool).reshape(-1, classes)),
        }


def place(
    view: View,
    scene: Scene,
    window: tuple[int, int, int, int],
    rect: tuple[float, float, float, float],
    flip: bool,
    rng: np.random.Generator,
) -> None:
    """Draws a scene scaled onto `rect` (x, y, w, h), cut by `window` (x1, y1, x2, y2)."""
    height, width = scene.image.shape[:2]
    x, y, w, h = rect
    sx, sy = w / width, h / height
    x1, y1 = int(max(window[0], round(x))), int(max(window[1], round(y)))
    x2, y2 = int(min(window[2], round(x + w))), int(min(window[3], round(y + h)))
    if x2 - x1 < 8 or y2 - y1 < 8:
        return
    image = scene.image[:, ::-1] if flip else scene.image
    u1, u2 = int((x1 - x) / sx), int(np.ceil((x2 - x) / sx))
    v1, v2 = int((y1 - y) / sy), int(np.ceil((y2 - y) / sy))
    crop = image[max(v1, 0) : max(v2, 1), max(u1, 0) : max(u2, 1)]
    if crop.size == 0:
        return
    shrinking = sx < 1 and sy < 1 and rng.random() < 0.5
    method = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    view.image[y1:y2, x1:x2] = cv2.resize(
        np.ascontiguousarray(crop), (x2 - x1, y2 - y1), interpolation=method
    )
    view.regions.append(np.array((x1, y1, x2, y2), np.float32))
    view.labelled.append(scene.labelled)

    def move(boxes: np.ndarray) -> np.ndarray:
        boxes = boxes.copy()
        if flip:
            boxes[:, [0, 2]] = width - boxes[:, [2, 0]]
        boxes[:, [0, 2]] = boxes[:, [0, 2]] * sx + x
        boxes[:, [1, 3]] = boxes[:, [1, 3]] * sy + y
        return boxes

    limit = np.array((x1, y1), np.float32), np.array((x2, y2), np.float32)
    for box, label in zip(move(scene.boxes), scene.labels):
        whole = max((box[2] - box[0]) * (box[3] - box[1]), 1e-6)
        cut = np.concatenate((np.clip(box[:2], *limit), np.clip(box[2:], *limit)))
        cw, ch = cut[2] - cut[0], cut[3] - cut[1]
        if cw <= 0 or ch <= 0:
            continue
        if cw * ch / whole >= 0.4 and cw >= 5 and ch >= 5:
            view.boxes.append(cut)
            view.labels.append(int(label))
        else:
            view.ignore.append(cut)
    for box in move(scene.ignore):
        view.ignore.append(
            np.concatenate((np.clip(box[:2], *limit), np.clip(box[2:], *limit)))
        )


class Augmenter:
    """Makes one training picture out of a scene and some mates for the mosaic."""

    def __init__(self, mosaic: float = 0.5):
        self.mosaic = mosaic

    def __call__(
        self, scene: Scene, mates: list[Scene], size: int, rng: np.random.Generator
    ) -> View:
        view = View(np.full((size, size, 3), GREY, np.uint8))
        if rng.random() < self.mosaic:
            self._mosaic(view, [scene, *mates], size, rng)
        else:
            self._single(view, scene, size, rng)
        if not view.regions:
            place(view, scene, (0, 0, size, size), (0, 0, size, size), False, rng)
        view.image = self.photometric(view.image, rng)
        return view

    @staticmethod
    def _shape(scene: Scene, rng: np.random.Generator) -> tuple[float, float]:
        """The scene's width and height after aspect jitter, the longer being 1."""
        height, width = scene.image.shape[:2]
        low, high = (0.55, 2.0) if scene.stretched else (0.8, 1.25)
        ratio = width / height * np.exp(rng.uniform(np.log(low), np.log(high)))
        return (1.0, 1.0 / ratio) if ratio > 1 else (ratio, 1.0)

    def _single(self, view: View, scene: Scene, size: int, rng: np.random.Generator) -> None:
        if rng.random() < 0.25:
            height, width = scene.image.shape[:2]
            longest = max(width, height)
            w, h = size * width / longest, size * height / longest
        else:
            scale = size * np.exp(rng.uniform(np.log(0.5), np.log(1.7)))
            w, h = (side * scale for side in self._shape(scene, rng))
        spare_x, spare_y = size - w, size - h
        x = rng.uniform(min(spare_x, 0), max(spare_x, 0))
        y = rng.uniform(min(spare_y, 0), max(spare_y, 0))
        place(view, scene, (0, 0, size, size), (x, y, w, h), bool(rng.random() < 0.5), rng)

    def _mosaic(
        self, view: View, scenes: list[Scene], size: int, rng: np.random.Generator
    ) -> None:
        across = 3 if rng.random() < 0.2 else 2
        cuts = []
        for _axis in range(2):
            inner = np.arange(1, across) / across + rng.uniform(-0.15, 0.15, across - 1)
            cuts.append([0, *(int(c * size) for c in inner), size])
        for index, scene in enumerate(scenes[: across * across]):
            column, row = index % across, index // across
            x1, x2 = cuts[0][column], cuts[0][column + 1]
            y1, y2 = cuts[1][row], cuts[1][row + 1]
            sw, sh = self._shape(scene, rng)
            fill = max((x2 - x1) / sw, (y2 - y1) / sh)
            scale = fill * np.exp(rng.uniform(np.log(0.8), np.log(1.5)))
            w, h = sw * scale, sh * scale
            x = x1 + rng.uniform(min(x2 - x1 - w, 0), max(x2 - x1 - w, 0))
            y = y1 + rng.uniform(min(y2 - y1 - h, 0), max(y2 - y1 - h, 0))
            place(view, scene, (x1, y1, x2, y2), (x, y, w, h), bool(rng.random() < 0.5), rng)

    @staticmethod
    def photometric(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Colour, night, blur, low resolution, noise and JPEG artefacts."""
        table = np.arange(256, dtype=np.float32)
        night = rng.random() < 0.12
        gains = rng.uniform(0.9, 1.1, 3)
        gamma, bright = np.exp(rng.uniform(-0.3, 0.3)), rng.uniform(0.75, 1.25)
        if night:
            gamma, bright = rng.uniform(1.2, 1.9), rng.uniform(0.35, 0.8)
            gains = gains * np.array((rng.uniform(0.6, 1.1), 1.0, rng.uniform(0.9, 1.3)))
        channels = [
            np.clip(255 * (table / 255) ** gamma * bright * gain, 0, 255).astype(np.uint8)
            for gain in gains
        ]
        image = cv2.LUT(image, np.stack(channels, -1).reshape(1, 256, 3))
        if rng.random() < 0.35:
            grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
            keep = rng.uniform(0.0 if rng.random() < 0.2 else 0.4, 1.3)
            image = cv2.addWeighted(image, keep, grey, 1 - keep, 0)
        kind = rng.random()
        if kind < 0.12:
            image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.6))
        elif kind < 0.18:
            length = int(rng.integers(3, 8))
            kernel = np.zeros((length, length), np.float32)
            if rng.random() < 0.5:
                kernel[length // 2] = 1 / length
            else:
                np.fill_diagonal(kernel, 1 / length)
            image = cv2.filter2D(image, -1, kernel)
        elif kind < 0.28:
            size, factor = image.shape[0], rng.uniform(0.45, 0.9)
            small = max(32, int(size * factor))
            image = cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA)
            image = cv2.resize(image, (size, size), interpolation=cv2.INTER_LINEAR)
        if night or rng.random() < 0.08:
            noise = rng.normal(0, rng.uniform(2, 12), image.shape[:2]).astype(np.int16)
            image = np.clip(image.astype(np.int16) + noise[..., None], 0, 255).astype(np.uint8)
        if rng.random() < 0.25:
            quality = int(rng.integers(25, 85))
            packed = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, quality))[1]
            image = cv2.imdecode(packed, cv2.IMREAD_COLOR)
        return image
