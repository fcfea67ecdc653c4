"""Which of the demo's violations a system found, from the lines that it wrote."""

from __future__ import annotations

import json
from pathlib import Path

from .detector import overlap

HIT_IOU = 0.4
LOOKS = 2


def violations(truth: Path) -> dict[str, dict]:
    """The demo's violations, each with the boxes in which its cameras ever see one of its class."""
    content = json.loads(truth.read_text())
    known = {v["id"]: {"class": v["class"], "boxes": {}} for v in content["violations"]}
    for violation, told in zip(known.values(), content["violations"]):
        for box in content["boxes"]:
            if box["class"] == told["class"] and box["camera"] in told["cameras"]:
                violation["boxes"].setdefault(box["camera"], []).append(box["box"])
    return known


def found(lines: Path, truth: Path) -> list[str]:
    """Violations met by detections in two or more looks of one camera. A stream's name is
    that of its clip and a number: `cam-1.7`."""
    hits: dict[tuple[str, str], int] = {}
    known = violations(truth)
    for line in lines.read_text().splitlines():
        look = json.loads(line)
        clip = look["camera"].split(".")[0]
        for name, violation in known.items():
            if any(
                detection["class"] == violation["class"] and overlap(detection["box"], box) >= HIT_IOU
                for detection in look.get("detections", [])
                for box in violation["boxes"].get(clip, [])
            ):
                hits[name, look["camera"]] = hits.get((name, look["camera"]), 0) + 1
    return sorted({name for (name, _), count in hits.items() if count >= LOOKS})
