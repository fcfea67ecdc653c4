"""Labels added to photographs of which others labelled some classes only.

A picture that does not label a class teaches nothing about it. Where somebody
looked and found none, it can teach what the class is not; where somebody drew
the boxes, what it is.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from .classes import CLASSES
from .coco import BadInput, Picture


def add(pictures: list[Picture], path: Path) -> int:
    """Lets the pictures that the file names count as labelling a class, with the boxes it gives.

    Returns how many did not before. Raises BadInput when the file names a class that there is not.
    """
    entries = json.loads(path.read_text())["added"]
    count = 0
    for entry in entries:
        if entry["class"] not in CLASSES:
            raise BadInput(f"{path}: no such class: {entry['class']!r}; there are {', '.join(CLASSES)}")
        kind, spared = CLASSES.index(entry["class"]), set(entry.get("but_for", []))
        for picture in pictures:
            named = picture.meta.get("source") == entry["source"] and picture.path.name not in spared
            if named and not picture.labelled[kind]:
                label(picture, kind, entry.get("boxes", {}).get(picture.path.name, []))
                count += 1
    return count


def label(picture: Picture, kind: int, boxes: list[list[float]]) -> None:
    """The picture shows the class in these boxes (x, y, width, height) and nowhere else."""
    picture.labelled[kind] = True
    if boxes:
        found = np.array(boxes, np.float32)
        found[:, 2:] += found[:, :2]
        picture.boxes = np.concatenate((picture.boxes, found))
        picture.labels = np.concatenate((picture.labels, np.full(len(found), kind, picture.labels.dtype)))
