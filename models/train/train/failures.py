"""Pictures of what a model gets wrong, drawn only on pictures that the project rendered."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from .boxes import overlap
from .calibrate import ALARM_IOU
from .classes import CLASSES
from .data import PictureStore, letterbox
from .detect import Predict, detect_store
from .score import match
from .shapes import Shapes, Size
from .source import Source

WORST = 4
TILE: Size = (480, 288)
MISSED, FALSE = (40, 40, 230), (0, 200, 255)


def mistakes(picture, detected: np.ndarray, kind: int, limit: float) -> tuple[np.ndarray, np.ndarray]:
    """True boxes that no alarm meets, and alarms in the wrong place."""
    true = picture.boxes[picture.labels == kind]
    mine = detected[(detected[:, 5] == kind) & (detected[:, 4] >= limit)]
    right, skip = match(mine, true, picture.ignored(kind), ALARM_IOU)
    met = overlap(true, mine[right, :4])[0].max(1) >= ALARM_IOU if right.any() else np.zeros(len(true), bool)
    return true[~met], mine[~right & ~skip]


def tile(image: np.ndarray, missed: np.ndarray, false: np.ndarray, scale: float) -> np.ndarray:
    drawn, shrink, left, top = letterbox(image, TILE)
    for boxes, colour in ((missed, MISSED), (false, FALSE)):
        for box in boxes:
            corners = box[:4] * scale * shrink + np.array((left, top, left, top))
            x1, y1, x2, y2 = (int(v) for v in corners)
            cv2.rectangle(drawn, (x1, y1), (x2, y2), colour, 2)
    return drawn


def draw(
    sources: list[Source], predict: Predict, shapes: Shapes, limits: dict[str, float], folder: Path
) -> list[Path]:
    """One PNG a class: the rendered pictures with most mistakes; red missed, yellow false."""
    if any(not source.rendered for source in sources):
        raise ValueError("only rendered pictures are shown")
    written = []
    for source in sources:
        store = PictureStore([source])
        _, found = detect_store(predict, store, shapes)
        for kind, name in enumerate(CLASSES):
            tiles = []
            for picture, image, detected in zip(store.pictures, store.pixels, found):
                missed, false = mistakes(picture, detected, kind, limits[name])
                if picture.labelled[kind] and len(missed) + len(false):
                    scale = image.shape[1] / picture.width
                    tiles.append((len(missed) + len(false), tile(image, missed, false, scale)))
            tiles.sort(key=lambda t: -t[0])
            if tiles:
                shown = [t for _, t in tiles[:WORST]]
                shown += [np.full_like(shown[0], 255)] * (-len(shown) % 2)
                rows = [np.hstack(shown[i : i + 2]) for i in range(0, len(shown), 2)]
                file = folder / f"failures-{source.name}-{name}.jpg"
                folder.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(file), np.vstack(rows), (cv2.IMWRITE_JPEG_QUALITY, 82))
                written.append(file)
    return written
