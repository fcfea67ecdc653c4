"""The model card `model.toml`, written by program: contract, thresholds, origin, results."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from ..boxes import DOUBTED, INSIDE, NESTED, NMS_IOU, with_doubt
from ..checkpoint import earlier_runs_of
from ..classes import CLASSES
from ..cost import cost
from ..data import PictureStore
from ..detect import Predict, detect_all
from ..model import STRIDES
from ..second.measure import Second, in_labels
from ..shapes import Shapes
from ..source import Source
from .provenance import METHOD, describe, origin, retrain, sources, start_weights
from .results import Measured, calibration_sections, score_sections, thresholds
from .toml import rewrite, section

__all__ = ["Facts", "beside", "read_thresholds", "write"]


@dataclass
class Facts:
    """What the program cannot measure itself, and what other commands measured."""

    name: str
    version: str
    date: str
    notes: list[str] = field(default_factory=list)
    weak_spots: list[str] = field(default_factory=list)
    precision: dict[str, float] = field(default_factory=dict)
    fixed: dict[str, float] = field(default_factory=dict)
    extra: dict[str, dict[str, object]] = field(default_factory=dict)
    second: Second | None = None


def read_thresholds(card: Path) -> dict[str, float]:
    content = tomllib.loads(card.read_text())
    return {entry["name"]: entry["threshold"] for entry in content["class"]}


def contract(facts: Facts, onnx_file: Path, shapes: Shapes, decoded: bool) -> list[str]:
    """What the server needs to use the file."""
    size, *beside = shapes
    output = {"name": "output", "decoder": "yolov8" if decoded else "yolox", "strides": list(STRIDES)}
    return [
        "# Model card, written by models/train. Do not edit by hand.\n",
        section(
            "",
            {
                "name": facts.name,
                "version": facts.version,
                "file": onnx_file.name,
                "sha256": hashlib.sha256(onnx_file.read_bytes()).hexdigest(),
                "licence": "Apache-2.0",
            },
        ),
        section(
            "[input]",
            {
                "name": "images",
                "width": size[0],
                "height": size[1],
                **({"shapes": [list(shape) for shape in beside]} if beside else {}),
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
        section("[output]", output),
        section("[cost]", cost(onnx_file)),
    ]


def training(facts: Facts, content: dict, train: list[Source]) -> list[str]:
    all_runs = earlier_runs_of(content)
    runs = [run for run in all_runs if run["epochs"]]
    averaged = content.get("runs_averaged", 1)
    method = METHOD if averaged == 1 else f"{METHOD} The weights are the mean of {averaged} runs'."
    parts = [
        section(
            "[training]",
            {
                "start_weights": start_weights(all_runs[0]["settings"]),
                "method": method,
                "seeds": [run["settings"].get("seed", 0) for run in runs],
                "epochs": sum(run["epochs"] for run in runs),
                "steps": sum(run["steps"] for run in runs),
                "runs": [describe(run) for run in runs],
                "date": facts.date,
                "retrain": retrain(all_runs[0]["settings"]),
                "notes": facts.notes,
                "weak_spots": facts.weak_spots,
            },
        ),
        section("[training.classes]", origin(train)),
    ]
    return parts + [section("[[training.source]]", entry) for entry in sources(train)]


def measure(
    predict: Predict, shapes: Shapes, val: list[Source], second: Second | None
) -> tuple[Measured, Measured]:
    """Detections on each source, and what is left of them after the second look."""
    alone, after = [], []
    for source in val:
        store = PictureStore([source])
        found = detect_all(predict, store.pixels, shapes)
        alone.append((source, in_labels(store, with_doubt(found))))
        again = second.look_at(store.pixels, found) if second else found
        after.append((source, in_labels(store, with_doubt(again))))
    return alone, after


def found_out(
    predict: Predict, shapes: Shapes, val: list[Source], facts: Facts, plots: Path
) -> tuple[list[str], list[str]]:
    """Measures on the validation sources: sections on how outputs are read, and on how good they are."""
    measured, after = measure(predict, shapes, val, facts.second)
    wanted = {name: facts.precision.get(name, 0.9) for name in CLASSES}
    chosen = thresholds(after, wanted, facts.fixed)
    reading = [section("[[class]]", {"name": name, "threshold": chosen[name].threshold}) for name in CLASSES]
    reading.append(section("[nms]", {"iou": NMS_IOU}))
    reading.append(section("[nms.nested]", {"inside": INSIDE, "keep": DOUBTED, "classes": list(NESTED)}))
    if facts.second:
        reading.append(section("[second_look]", {"name": facts.second.name, "sha256": facts.second.sha256}))
    whys: dict[str, object] = {name: c.why for name, c in chosen.items()}
    if facts.second:
        whys["second_look"] = (
            f"precision, recall and calibration are those with {facts.second.name} for "
            f"{', '.join(facts.second.classes)}; average precision is the detector's alone"
        )
    scores = [section("[scores.thresholds]", whys), *score_sections(measured, after, chosen, shapes)]
    return reading, scores + calibration_sections(after, plots)


def write(
    card: Path,
    onnx_file: Path,
    facts: Facts,
    *,
    predict: Predict,
    shapes: Shapes,
    content: dict,
    train: list[Source],
    val: list[Source],
    decoded: bool = False,
) -> Path:
    """Measures the model on the validation sources and writes its card beside the ONNX file."""
    reading, scores = found_out(predict, shapes, val, facts, card.parent / "plots")
    parts = contract(facts, onnx_file, shapes, decoded) + reading
    parts += training(facts, content, train) + scores
    for name, pairs in facts.extra.items():
        parts.append(section(f"[scores.{name}]", pairs))
    text = "\n".join(parts)
    tomllib.loads(text)
    card.write_text(text)
    return card


def count_cost(card: Path) -> dict[str, int]:
    """Counts anew what the card's file costs, and puts it into the card; all else stays."""
    content = tomllib.loads(card.read_text())
    found = cost(card.with_name(content["file"]))
    text = card.read_text()
    if "cost" in content:
        text = text.replace(section("[cost]", content["cost"]), section("[cost]", found), 1)
    else:
        text = text.replace("[[class]]\n", section("[cost]", found) + "\n[[class]]\n", 1)
    if tomllib.loads(text) != {**content, "cost": found}:
        raise ValueError(f"{card} is not written as this program writes cards; write it anew with export")
    rewrite(card, text)
    return found


def beside(card: Path, other: Path, onnx_file: Path) -> Path:
    """The same card for another file of the same model (int8), under another name."""
    content = tomllib.loads(card.read_text())
    mark = hashlib.sha256(onnx_file.read_bytes()).hexdigest()
    text = card.read_text()
    for key, old, new in (
        ("name", content["name"], f"{content['name']}-int8"),
        ("file", content["file"], onnx_file.name),
        ("sha256", content["sha256"], mark),
    ):
        text = text.replace(f'{key} = "{old}"', f'{key} = "{new}"', 1)
    text = text.replace(section("[cost]", content["cost"]), section("[cost]", cost(onnx_file)), 1)
    tomllib.loads(text)
    other.write_text(text)
    return other
