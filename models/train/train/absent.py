"""Classes that pictures are known not to show, though their labels say nothing of them.

A picture that does not label a class teaches nothing about it. Where somebody
looked and found none, it can teach what the class is not.
"""

from __future__ import annotations

import json
from pathlib import Path

from .classes import CLASSES
from .coco import BadInput
from .data import PictureStore


def mark(store: PictureStore, path: Path) -> int:
    """Lets the pictures that the file names count as labelling a class without showing it.

    Returns how many. Raises BadInput when the file names a class that there is not.
    """
    entries = json.loads(path.read_text())["absent"]
    marked = 0
    for entry in entries:
        if entry["class"] not in CLASSES:
            raise BadInput(f"{path}: no such class: {entry['class']!r}; there are {', '.join(CLASSES)}")
        kind, spared = CLASSES.index(entry["class"]), set(entry.get("but_for", []))
        for picture in store.pictures:
            named = picture.meta.get("source") == entry["source"] and picture.path.name not in spared
            if named and not picture.labelled[kind]:
                picture.labelled[kind] = True
                marked += 1
    return marked
