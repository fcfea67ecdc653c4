"""Detection and COCO-style average precision, per class, under partial labels.

A class is judged only on the pictures that label it. Boxes are matched as
COCO does: by score, each to the best free true box; detections mostly inside
an ignore region count neither way.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import nn

from .classes import CLASSES
from .coco import Picture
from .data import PictureStore, Size, letterbox
from .losses import to_corners
from .model import anchor_grid, decode_boxes

IOUS = tuple(round(0.5 + 0.05 * i, 2) for i in range(10))
NMS_IOU = 0.5
ALARM_IOU = 0.3


@dataclass
class ClassScore:
    ap50: float
    ap: float
    boxes: int
    pictures: int


def overlap(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """IoU of corner boxes, and the share of each `a` that lies in each `b`."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    inter = np.clip(high - low, 0, None).prod(-1)
    area_a = (a[:, 2:] - a[:, :2]).prod(-1)[:, None]
    area_b = (b[:, 2:] - b[:, :2]).prod(-1)[None]
    return inter / np.maximum(area_a + area_b - inter, 1e-6), inter / np.maximum(area_a, 1e-6)


def suppress(boxes: np.ndarray, scores: np.ndarray, iou: float = NMS_IOU) -> np.ndarray:
    """Indices that greedy non-maximum suppression keeps, best first."""
    order = np.argsort(-scores, kind="stable")
    kept = []
    while len(order):
        first, order = order[0], order[1:]
        kept.append(first)
        if len(order):
            order = order[overlap(boxes[first][None], boxes[order])[0][0] <= iou]
    return np.array(kept, np.int64)


def detections(rows: np.ndarray, grid: np.ndarray, floor: float, limit: int = 100) -> np.ndarray:
    """One picture's output rows (after sigmoid) to [n, 6]: corners, score, class."""
    scores = rows[:, 4:5] * rows[:, 5:]
    boxes = to_corners(decode_boxes(torch.from_numpy(rows[:, :4]), torch.from_numpy(grid))).numpy()
    found = []
    for kind in range(scores.shape[1]):
        chosen = np.flatnonzero(scores[:, kind] > floor)
        chosen = chosen[np.argsort(-scores[chosen, kind], kind="stable")[:400]]
        kept = chosen[suppress(boxes[chosen], scores[chosen, kind])] if len(chosen) else chosen
        found.append(
            np.concatenate(
                (boxes[kept], scores[kept, kind, None], np.full((len(kept), 1), kind)), 1
            )
        )
    merged = np.concatenate(found)
    return merged[np.argsort(-merged[:, 4], kind="stable")[:limit]].astype(np.float32)


@torch.no_grad()
def detect_all(
    model: nn.Module,
    images: list[np.ndarray],
    size: Size,
    floor: float = 0.01,
    batch: int = 16,
    device: str = "cpu",
) -> list[np.ndarray]:
    """Detections of every picture, in that picture's own pixels."""
    model.eval()
    grid = anchor_grid(size[1], size[0]).numpy()
    results = []
    for first in range(0, len(images), batch):
        boxed = [letterbox(image, size) for image in images[first : first + batch]]
        stacked = np.stack([b[0] for b in boxed]).transpose(0, 3, 1, 2)
        tensor = torch.from_numpy(np.ascontiguousarray(stacked)).to(device).float()
        raw = model(tensor.contiguous(memory_format=torch.channels_last)).float()
        raw[..., 4:] = raw[..., 4:].sigmoid()
        for rows, (_, scale, left, top) in zip(raw.cpu().numpy(), boxed):
            found = detections(rows, grid, floor)
            found[:, [0, 2]] = (found[:, [0, 2]] - left) / scale
            found[:, [1, 3]] = (found[:, [1, 3]] - top) / scale
            results.append(found)
    return results


def match(
    found: np.ndarray, true: np.ndarray, ignore: np.ndarray, iou: float
) -> tuple[np.ndarray, np.ndarray]:
    """For detections of one class, best first: is it right, and is it to be left out?"""
    right = np.zeros(len(found), bool)
    skip = np.zeros(len(found), bool)
    taken = np.zeros(len(true), bool)
    ious = overlap(found[:, :4], true)[0] if len(true) else np.zeros((len(found), 0))
    within = overlap(found[:, :4], ignore)[1] if len(ignore) else np.zeros((len(found), 0))
    for index in range(len(found)):
        free = np.where(taken, -1.0, ious[index])
        if len(free) and free.max() >= iou:
            right[index] = taken[free.argmax()] = True
        elif within.shape[1] and within[index].max() > 0.5:
            skip[index] = True
    return right, skip


def ap_of(scores: np.ndarray, right: np.ndarray, total: int) -> float:
    """COCO's 101-point interpolated average precision."""
    if total == 0:
        return float("nan")
    hits = right[np.argsort(-scores, kind="stable")].astype(float)
    recall = hits.cumsum() / total
    precision = hits.cumsum() / np.arange(1, len(hits) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    places = np.searchsorted(recall, np.linspace(0, 1, 101), side="left")
    return float(np.append(precision, 0.0)[np.minimum(places, len(precision))].mean())


def judge(
    pictures: list[Picture], found: list[np.ndarray], kind: int, iou: float
) -> tuple[np.ndarray, np.ndarray, int, int]:
    """Scores and rightness of a class's detections, and its number of boxes and pictures."""
    scores, rights, total, seen = [], [], 0, 0
    for picture, detected in zip(pictures, found):
        if not picture.labelled[kind]:
            continue
        seen += 1
        true = picture.boxes[picture.labels == kind]
        total += len(true)
        mine = detected[detected[:, 5] == kind]
        right, skip = match(mine, true, picture.ignore, iou)
        scores.append(mine[~skip, 4])
        rights.append(right[~skip])
    if not scores:
        return np.zeros(0), np.zeros(0, bool), 0, 0
    return np.concatenate(scores), np.concatenate(rights), total, seen


def score(pictures: list[Picture], found: list[np.ndarray]) -> dict[str, ClassScore]:
    """AP of every class that has a labelled box."""
    result = {}
    for kind, name in enumerate(CLASSES):
        values = []
        for iou in IOUS:
            scores, right, total, seen = judge(pictures, found, kind, iou)
            values.append(ap_of(scores, right, total))
        if total:
            result[name] = ClassScore(values[0], float(np.mean(values)), total, seen)
    return result


def operating_point(
    sets: list[tuple[list[Picture], list[np.ndarray]]],
    kind: int,
    low: float = 0.25,
    high: float = 0.75,
    beta: float = 0.5,
) -> tuple[float, list[tuple[float, float]]]:
    """The threshold with the best mean F-beta over the sets, with precision and recall in each.

    An alarm is right if it is in the right place, so boxes are matched more
    loosely than for AP.
    """
    judged = [judge(pictures, found, kind, ALARM_IOU) for pictures, found in sets]
    judged = [j for j in judged if j[2]]
    if not judged:
        return 0.5, []

    def at(threshold: float) -> list[tuple[float, float]]:
        points = []
        for scores, right, total, _ in judged:
            chosen = scores >= threshold
            hits = right[chosen].sum()
            points.append((float(hits / max(chosen.sum(), 1)), float(hits / total)))
        return points

    def value(points: list[tuple[float, float]]) -> float:
        b = beta * beta
        return float(np.mean([(1 + b) * p * r / max(b * p + r, 1e-9) for p, r in points]))

    grid = [round(t, 2) for t in np.arange(low, high + 1e-9, 0.01)]
    best = max(grid, key=lambda t: value(at(t)))
    return best, at(best)


def score_store(
    model: nn.Module, store: PictureStore, size: Size, device: str = "cpu"
) -> tuple[list[Picture], list[np.ndarray]]:
    """Detections of a store's pictures, in the pixels its labels are in."""
    found = detect_all(model, store.pixels, size, device=device)
    for picture, image, detected in zip(store.pictures, store.pixels, found):
        detected[:, [0, 2]] *= picture.width / image.shape[1]
        detected[:, [1, 3]] *= picture.height / image.shape[0]
    return store.pictures, found


def table(scores: dict[str, ClassScore]) -> str:
    lines = [f"{'class':<14}{'AP50':>7}{'AP':>7}{'boxes':>7}{'pictures':>9}"]
    for name, s in scores.items():
        lines.append(f"{name:<14}{s.ap50:7.3f}{s.ap:7.3f}{s.boxes:7d}{s.pictures:9d}")
    return "\n".join(lines)


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
