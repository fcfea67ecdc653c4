"""Check on rendered clips with known truth: is every violation seen, does a look-alike fire?

`truth.json` holds `boxes` (camera, t_s, class, object, box as fractions of
the frame: x1, y1, x2, y2) once a second and for every labelled object.
Frames are judged at those seconds, with the card's thresholds.
"""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from .classes import CLASSES
from .boxes import overlap
from .detect import Predict, detect_all
from .shapes import Shapes

VIOLATIONS = ("bin_overflow", "street_stall", "billboard")
HIT_IOU = 0.4
SAME_PLACE = 0.4
FLOOR = 0.05


def read_frames(path: str, per_second: float) -> list[np.ndarray]:
    """A clip's frames at a steady rate."""
    clip = cv2.VideoCapture(path)
    step = max(1, round((clip.get(cv2.CAP_PROP_FPS) or 25) / per_second))
    frames, index = [], 0
    while clip.grab():
        if index % step == 0:
            frames.append(clip.retrieve()[1])
        index += 1
    clip.release()
    return frames


def cluster(false: list[tuple[int, np.ndarray]]) -> list[list[tuple[int, np.ndarray]]]:
    """Groups false detections (second, row) that stay in one place."""
    groups: list[list[tuple[int, np.ndarray]]] = []
    for entry in false:
        for group in groups:
            if overlap(entry[1][None, :4], group[0][1][None, :4])[0][0, 0] > SAME_PLACE:
                group.append(entry)
                break
        else:
            groups.append([entry])
    return groups


def check(
    predict: Predict, shapes: Shapes, clips: Path, truth: Path, limits: dict[str, float]
) -> bool:
    """Prints recall per object and lasting false alarms; true if none of the latter."""
    boxes = json.loads(truth.read_text())["boxes"]
    cameras: dict[str, list[dict]] = {}
    for box in boxes:
        cameras.setdefault(box["camera"], []).append(box)
    clean = True
    for camera, entries in sorted(cameras.items()):
        frames = read_frames(str(clips / f"{camera}.mp4"), 1.0)
        found = detect_all(predict, frames, shapes, floor=FLOOR)
        height, width = frames[0].shape[:2]
        print(f"{camera}: {len(frames)} frames of {width}x{height}")
        for kind in VIOLATIONS:
            index, limit = CLASSES.index(kind), limits[kind]
            seen: dict[str, list[bool]] = {}
            best: dict[str, list[float]] = {}
            false: list[tuple[int, np.ndarray]] = []
            for second, rows in enumerate(found):
                mine = rows[rows[:, 5] == index]
                here = [e for e in entries if round(e["t_s"]) == second and e["class"] == kind]
                true = np.array([e["box"] for e in here], np.float32).reshape(-1, 4)
                true = true * np.array([width, height] * 2, np.float32)
                ious = overlap(mine[:, :4], true)[0]
                for column, entry in enumerate(here):
                    hits = mine[ious[:, column] >= HIT_IOU, 4]
                    name = str(entry.get("object"))
                    best.setdefault(name, []).append(float(hits.max(initial=0.0)))
                    seen.setdefault(name, []).append(bool((hits >= limit).any()))
                for row, mask in zip(mine, ious.max(1, initial=0.0) < 0.2):
                    if mask and row[4] >= limit:
                        false.append((second, row))
            for name, hits in sorted(seen.items()):
                print(
                    f"  {kind} {name}: seen in {np.mean(hits):.0%} of {len(hits)} frames, "
                    f"median score {np.median(best[name]):.2f}"
                )
            lasting = [
                g for g in cluster(false) if len({t for t, _ in g}) > 0.5 * len(frames)
            ]
            clean &= not lasting
            print(f"  {kind}: {len(false)} false detections, {len(lasting)} places in over half the frames")
            for group in sorted(cluster(false), key=len, reverse=True)[:3]:
                x1, y1, x2, y2 = np.median([r[:4] for _, r in group], axis=0)
                print(
                    f"    at {x1:.0f},{y1:.0f} {x2:.0f},{y2:.0f} in {len({t for t, _ in group})} frames, "
                    f"median score {np.median([r[4] for _, r in group]):.2f}"
                )
    return clean
