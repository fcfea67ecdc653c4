"""Check on real clips: is the one static thing found, and does anything last elsewhere?

A truth file (`*_gt.json`) names its clip and the boxes that stay in all frames.
Clips without one hold none of our classes. The clips are never trained on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .boxes import overlap
from .classes import CLASSES
from .clips import VIOLATIONS, cluster, read_frames
from .detect import Predict, detect_all
from .shapes import Shapes

HIT_IOU = 0.5
LASTING_SHARE = 0.3


@dataclass
class Seen:
    """What became of one clip: shares of frames with each true box, and lasting false alarms."""

    clip: str
    frames: int
    found: dict[str, float]
    false: dict[str, int]
    lasting: dict[str, int]


def truths(folder: Path) -> dict[str, list[dict]]:
    """The static boxes of each clip that has a truth file."""
    read = (json.loads(path.read_text()) for path in sorted(folder.glob("*_gt.json")))
    return {content["file"]: content["boxes_all_frames"] for content in read}


def watch(
    predict: Predict, shapes: Shapes, clip: Path, true: list[dict], limits: dict[str, float], per_second: float
) -> Seen:
    frames = read_frames(str(clip), per_second)
    if not frames:
        raise ValueError(f"{clip.name} holds no frame that can be read")
    found = detect_all(predict, frames, shapes, floor=0.05)
    seen = Seen(clip.name, len(frames), {}, {}, {})
    for kind in VIOLATIONS:
        index = CLASSES.index(kind)
        boxes = np.array([b["xyxy"] for b in true if b["class"] == kind], np.float32).reshape(-1, 4)
        hits, false = [], []
        for second, rows in enumerate(found):
            mine = rows[(rows[:, 5] == index) & (rows[:, 4] >= limits[kind])]
            ious = overlap(mine[:, :4], boxes)[0]
            hits.append(bool((ious > HIT_IOU).any()))
            false += [(second, row) for row, best in zip(mine, ious.max(1, initial=0.0)) if best < 0.2]
        if len(boxes):
            seen.found[kind] = float(np.mean(hits))
        lasting = [g for g in cluster(false) if len({t for t, _ in g}) > LASTING_SHARE * len(frames)]
        seen.false[kind], seen.lasting[kind] = len(false), len(lasting)
    return seen


def check(
    predict: Predict, shapes: Shapes, folder: Path, limits: dict[str, float], per_second: float = 2.0
) -> list[Seen]:
    known = truths(folder)
    results = []
    for clip in sorted(folder.glob("*.mp4")):
        seen = watch(predict, shapes, clip, known.get(clip.name, []), limits, per_second)
        results.append(seen)
        found = ", ".join(f"{kind} in {share:.0%}" for kind, share in seen.found.items()) or "nothing to find"
        false = ", ".join(f"{kind} {n} ({seen.lasting[kind]} lasting)" for kind, n in seen.false.items())
        print(f"{seen.clip}: {seen.frames} frames; {found}; false: {false}", flush=True)
    return results
