"""Where a model comes from: start weights, method, runs, pictures and their licences."""

from __future__ import annotations

from collections import Counter

from ..classes import CLASSES
from ..coco import Picture
from ..source import Source

NAMES = {"nano": "YOLOX-nano", "small": "YOLOX-s"}

METHOD = (
    "Fine-tuning in PyTorch: SimOTA assignment, GIoU and binary cross-entropy losses, L1 of boxes in the last share too, masked per "
    "picture by the classes it labels, AdamW with cosine schedule, moving average of the weights. "
    "Augmentation: aspect jitter, scaling down, mosaic, copy-paste of stalls and boards with "
    "decoys, boards made of other pictures (lit by night, on posts by day), lens distortion, night, haze, rain, blur, noise, JPEG and H.264 artefacts."
)

# What the collectors of the training pictures declare. A licence is as the uploader claims it.
DECLARED = {
    "ATANU0023/garbage_detection_dataset": "CC BY 4.0 as its uploader declares it",
    "Urban-Research-Lab/building-facades-advertising-dataset": "CC0 1.0",
}

RENDERED = "streetwarden street renderer"


def start_weights(first: dict) -> str:
    """What the first run began with, from its settings."""
    if "exported" in first:
        return f"{first['exported']}, SHA-256 {first['sha256']}, as its own card tells; batch norm put back with measured statistics"
    name = NAMES[first.get("network", "nano")]
    if not first.get("weights"):
        return f"none: {name} from random weights"
    return (
        f"{name} by Megvii Inc. (YOLOX authors), trained on COCO, Apache-2.0; "
        "batch norm put back with measured statistics, class layer made anew"
    )


def retrain(first: dict) -> str:
    """How to come to such a model again: one command, unless it went on from an exported file."""
    if "exported" in first:
        return f"python -m train fit --start {first['exported']}, then export; see models/train/README.md"
    return "models/train/retrain.sh DATA WEIGHTS RUNS"


def sources(train: list[Source]) -> list[dict[str, object]]:
    """One entry per picture origin, with its licence in the collector's words."""
    entries = []
    for source in train:
        pictures = source.pictures()
        groups: dict[tuple[str, str], list[Picture]] = {}
        for picture in pictures:
            if source.rendered:
                key = (RENDERED, "Apache-2.0, made by this project")
            else:
                name = picture.meta.get("source") or source.name
                claimed = str(picture.meta.get("licence", "not stated"))
                plain = "claimed" not in claimed
                key = (name, DECLARED.get(name, claimed) if plain else claimed)
            groups.setdefault(key, []).append(picture)
        for (name, licence), members in groups.items():
            boxes = Counter(CLASSES[label] for p in members for label in p.labels)
            entry: dict[str, object] = {
                "name": name,
                "kind": "rendered" if source.rendered else "real",
                "licence": licence,
                "pictures": len(members),
                "boxes": [f"{kind} {boxes[kind]}" for kind in CLASSES if boxes[kind]],
            }
            caution = sum(p.meta.get("use") == "caution" for p in members)
            if caution:
                entry["caution"] = (
                    f"{caution} of these pictures: the repository's licence file covers pictures that "
                    "may not be its author's; they trained the model and are not redistributed"
                )
            entries.append(entry)
    return entries


def origin(train: list[Source]) -> dict[str, str]:
    """For every class, the number of its real and of its rendered training boxes."""
    real: Counter[str] = Counter()
    rendered: Counter[str] = Counter()
    for source in train:
        counter = rendered if source.rendered else real
        for picture in source.pictures():
            counter.update(CLASSES[label] for label in picture.labels)
    return {
        kind: f"{real[kind]} real boxes, {rendered[kind]} rendered boxes" for kind in CLASSES
    }


def describe(run: dict) -> str:
    """A training run in one line."""
    s = run["settings"]
    asked = [*s.get("sizes", ()), *s.get("last_sizes", ())]
    pairs = sorted({tuple(n) if isinstance(n, (list, tuple)) else (n, n) for n in asked})
    sizes = "/".join(f"{w}x{h}" for w, h in pairs)
    frozen = ", ".join(s.get("freeze", ())) or "none"
    return (
        f"{run['epochs']} epochs, {run['steps']} steps of {s.get('batch')} pictures, {sizes} px, "
        f"rate {s.get('lr')}, seed {s.get('seed')}, stages kept as started: {frozen}"
    )
