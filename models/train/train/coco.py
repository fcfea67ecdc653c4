"""Reading COCO files with partial labels, and a tally of everything wrong in them.

Nothing is skipped silently: every fault is counted under its kind and named.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .classes import CLASSES

NAMED_AT_MOST = 5
META = ("source", "licence", "provenance", "use", "scene_group", "hard_negative", "background")


class BadInput(ValueError):
    """What was given cannot be used; the message names it and the remedy."""


@dataclass
class Faults:
    """What is wrong with the input, by kind, with the names of the things."""

    found: dict[str, list[str]] = field(default_factory=dict)

    def note(self, kind: str, thing: str) -> None:
        self.found.setdefault(kind, []).append(thing)

    def __len__(self) -> int:
        return sum(len(things) for things in self.found.values())

    def lines(self) -> list[str]:
        rows = []
        for kind, things in sorted(self.found.items()):
            named = ", ".join(things[:NAMED_AT_MOST])
            more = f" and {len(things) - NAMED_AT_MOST} more" if len(things) > NAMED_AT_MOST else ""
            rows.append(f"{kind}: {len(things)} ({named}{more})")
        return rows

    def settle(self, policy: str, source: str) -> None:
        """Prints the tally; raises `BadInput` if there is one and the policy is `refuse`."""
        if not self.found:
            return
        text = "\n  ".join(self.lines())
        if policy == "refuse":
            raise BadInput(f"{source} has {len(self)} faults; --bad skip goes on without them\n  {text}")
        print(f"{source}: {len(self)} faults skipped or mended\n  {text}", flush=True)


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
    ignore_labels: np.ndarray
    meta: dict = field(default_factory=dict)

    def ignored(self, kind: int) -> np.ndarray:
        """[n, 4]: the regions where detections of a class count neither way, as COCO has it: its own."""
        return self.ignore[self.ignore_labels == kind]


def inside_frame(box: list[float], width: int, height: int, name: str, faults: Faults) -> list[float] | None:
    """COCO's x, y, w, h as corners inside the frame; None where nothing is left."""
    x, y, w, h = (float(v) for v in box)
    if not all(np.isfinite((x, y, w, h))) or w <= 0 or h <= 0:
        faults.note("empty or broken box", name)
        return None
    corners = [max(x, 0.0), max(y, 0.0), min(x + w, width), min(y + h, height)]
    if corners[2] - corners[0] < 1 or corners[3] - corners[1] < 1:
        faults.note("box outside the frame or under a pixel, dropped", name)
        return None
    if x < -1 or y < -1 or x + w > width + 1 or y + h > height + 1:
        faults.note("box reaching out of the frame, cut", name)
    return corners


def labelled_mask(image: dict, of_id: dict[int, int], name: str, faults: Faults) -> np.ndarray:
    """Which of our classes the picture labels; all of the file's if it does not say."""
    mask = np.zeros(len(CLASSES), bool)
    for category in image.get("labelled_classes", list(of_id)):
        if category in of_id:
            mask[of_id[category]] = True
    if not mask.any():
        faults.note("picture that labels none of the classes, left out", name)
    return mask


def read_picture(
    image: dict, annotations: list[dict], folder: Path, of_id: dict[int, int],
    names: dict[int, str], faults: Faults,
) -> Picture | None:
    name = str(image.get("file_name", f"picture {image.get('id')}"))
    width, height = image.get("width", 0), image.get("height", 0)
    if width < 1 or height < 1:
        faults.note("picture without a size, left out", name)
        return None
    labelled = labelled_mask(image, of_id, name, faults)
    if not labelled.any():
        return None
    boxes, labels, ignore, ignore_labels = [], [], [], []
    for annotation in annotations:
        category = annotation.get("category_id")
        if category not in of_id:
            faults.note(f"box of unknown class {names.get(category, category)!r}, left out", name)
            continue
        corners = inside_frame(annotation["bbox"], width, height, name, faults)
        if corners is None:
            continue
        if annotation.get("iscrowd"):
            ignore.append(corners)
            ignore_labels.append(of_id[category])
        else:
            boxes.append(corners)
            labels.append(of_id[category])
    return Picture(
        path=folder / name,
        width=width,
        height=height,
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        labels=np.array(labels, np.int64),
        ignore=np.array(ignore, np.float32).reshape(-1, 4),
        labelled=labelled,
        stretched=width == height,
        ignore_labels=np.array(ignore_labels, np.int64),
        meta={k: image[k] for k in META if k in image},
    )


def read_coco(annotations: Path, images: Path, faults: Faults | None = None) -> list[Picture]:
    """Reads a COCO file. `iscrowd` becomes ignore; faults go into `faults`."""
    faults = Faults() if faults is None else faults
    content = json.loads(annotations.read_text())
    names = {c["id"]: c["name"] for c in content["categories"]}
    by_name = {name: index for index, name in enumerate(CLASSES)}
    of_id = {i: by_name[n] for i, n in names.items() if n in by_name}
    known = {image["id"]: image.get("file_name") for image in content["images"]}
    grouped: dict[int, list[dict]] = {}
    for annotation in content["annotations"]:
        if annotation.get("image_id") not in known:
            faults.note("box of a picture that is not listed", str(annotation.get("image_id")))
        else:
            grouped.setdefault(annotation["image_id"], []).append(annotation)
    read = (
        read_picture(image, grouped.get(image["id"], []), images, of_id, names, faults)
        for image in content["images"]
    )
    return [picture for picture in read if picture is not None]
