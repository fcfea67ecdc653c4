"""The model card `model.toml`: contract, thresholds, where the model comes from, scores."""

from __future__ import annotations

import hashlib
import tomllib
from collections import Counter
from pathlib import Path

from . import evaluate
from .classes import CLASSES
from .coco import Picture
from .data import PictureStore
from .source import Source
from .model import STRIDES, YoloxNano

START = (
    "YOLOX-nano by Megvii Inc. (YOLOX authors), trained on COCO, Apache-2.0; "
    "batch norm put back with measured statistics, class layer made anew"
)

METHOD = (
    "Fine-tuning in PyTorch: SimOTA assignment, GIoU and binary "
    "cross-entropy losses masked per picture by the classes it labels, AdamW with cosine "
    "schedule, moving average of the weights; aspect jitter, scaling down, mosaic, night, "
    "blur, noise and JPEG artefacts."
)

# What the collectors of the training pictures declare. A licence is as the uploader claims it.
DECLARED = {
    "ATANU0023/garbage_detection_dataset": "CC BY 4.0 as its uploader declares it",
    "Urban-Research-Lab/building-facades-advertising-dataset": "CC0 1.0",
}

RENDERED = "streetwarden street renderer"


def quote(text: str) -> str:
    """A TOML basic string."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    if any(ord(c) < 32 or ord(c) == 127 for c in plain):
        raise ValueError(f"control character in {text!r}")
    return f'"{plain}"'


def value(item: object) -> str:
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, (int, float)):
        return repr(item)
    if isinstance(item, (list, tuple)):
        return "[" + ", ".join(value(i) for i in item) + "]"
    return quote(str(item))


def section(header: str, pairs: dict[str, object]) -> str:
    lines = [header] if header else []
    return "\n".join(lines + [f"{key} = {value(item)}" for key, item in pairs.items()]) + "\n"


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
    sizes = "/".join(str(n) for n in sorted({*s.get("sizes", ()), *s.get("last_sizes", ())}))
    frozen = ", ".join(s.get("freeze", ())) or "none"
    return (
        f"{run['epochs']} epochs, {run['steps']} steps of {s.get('batch')} pictures, {sizes} px, "
        f"rate {s.get('lr')}, stages kept as started: {frozen}"
    )


def thresholds(card: Path) -> dict[str, float]:
    content = tomllib.loads(card.read_text())
    return {entry["name"]: entry["threshold"] for entry in content["class"]}


def write(
    out: Path,
    *,
    name: str,
    version: str,
    model: YoloxNano,
    content: dict,
    train: list[Source],
    val: list[Source],
    date: str,
    notes: list[str],
    fixed: dict[str, float],
) -> Path:
    """Measures the model on the validation sources and writes its card beside the ONNX file."""
    onnx_file = out / f"{name}.onnx"
    settings = content.get("settings", {})
    last = {"epochs": content["epoch"] + 1, "steps": content["steps"], "settings": settings}
    runs = [*content.get("before", []), last]
    measured = [(source, evaluate.score_store(model, PictureStore([source]))) for source in val]
    parts = [
        "# Model card, written by models/train. Do not edit by hand.\n",
        section(
            "",
            {
                "name": name,
                "version": version,
                "file": onnx_file.name,
                "sha256": hashlib.sha256(onnx_file.read_bytes()).hexdigest(),
                "licence": "Apache-2.0",
            },
        ),
        section(
            "[input]",
            {
                "name": "images",
                "width": 416,
                "height": 416,
                "dtype": "u8",
                "layout": "nchw",
                "colour": "bgr",
                "scale": 1.0,
                "mean": [0.0, 0.0, 0.0],
                "std": [1.0, 1.0, 1.0],
                "pad_value": 114,
                "letterbox": "centre",
            },
        ),
        section("[output]", {"name": "output", "decoder": "yolox", "strides": list(STRIDES)}),
    ]
    chosen: dict[str, list[str]] = {}
    for kind, label in enumerate(CLASSES):
        best, _ = evaluate.operating_point([m for _, m in measured], kind)
        threshold = fixed.get(label, best)
        parts.append(section("[[class]]", {"name": label, "threshold": round(threshold, 2)}))
        for source, (pictures, found) in measured:
            scores, right, total, _ = evaluate.judge(
                pictures, found, kind, evaluate.ALARM_IOU
            )
            if total:
                hits = int(right[scores >= threshold].sum())
                fired = int((scores >= threshold).sum())
                chosen.setdefault(source.name, []).append(
                    f"{label}: precision {hits / max(fired, 1):.2f}, recall {hits / total:.2f}"
                )
    parts.append(section("[nms]", {"iou": evaluate.NMS_IOU}))
    parts.append(
        section(
            "[training]",
            {
                "start_weights": START,
                "method": METHOD,
                "seed": settings.get("seed", 0),
                "epochs": sum(run["epochs"] for run in runs),
                "steps": sum(run["steps"] for run in runs),
                "runs": [describe(run) for run in runs],
                "date": date,
                "notes": notes,
            },
        )
    )
    parts.append(section("[training.classes]", origin(train)))
    for entry in sources(train):
        parts.append(section("[[training.source]]", entry))
    for source, (pictures, found) in measured:
        scores = evaluate.score(pictures, found)
        parts.append(
            section(
                f"[scores.{source.name}]",
                {
                    "kind": "rendered" if source.rendered else "real",
                    "pictures": len(pictures),
                    **{f"{label}_ap50": round(s.ap50, 3) for label, s in scores.items()},
                    "at_threshold_iou": evaluate.ALARM_IOU,
                    "at_threshold": chosen.get(source.name, []),
                },
            )
        )
    if not measured:
        parts.append("[scores]\n")
    card = out / "model.toml"
    text = "\n".join(parts)
    tomllib.loads(text)
    card.write_text(text)
    return card
