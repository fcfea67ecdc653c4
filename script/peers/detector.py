"""The model's card and ONNX file, used the way a Python user would: letterbox, run, decode, suppress."""

from __future__ import annotations

import tomllib
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

Rows = list[dict]


class Detector:
    """One session of one thread, shared by all cameras; takes BGR pictures."""

    def __init__(self, card: Path):
        content = tomllib.loads(card.read_text())
        self.size = content["input"]["width"], content["input"]["height"]
        self.classes = [c["name"] for c in content["class"]]
        self.limits = np.array([c["threshold"] for c in content["class"]], np.float32)
        self.iou = content["nms"]["iou"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        file = card.with_name(content["file"])
        self.session = onnxruntime.InferenceSession(str(file), options, ["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name
        self.cells = self.grid(content["output"]["strides"])

    def grid(self, strides: list[int]) -> np.ndarray:
        rows = []
        for stride in strides:
            y, x = np.mgrid[: self.size[1] // stride, : self.size[0] // stride]
            rows.append(np.stack((x.ravel(), y.ravel(), np.full(x.size, stride)), 1))
        return np.concatenate(rows).astype(np.float32)

    def __call__(self, picture: np.ndarray) -> Rows:
        """Class, score and box (left, top, right, bottom in fractions of the frame) of each thing."""
        height, width = picture.shape[:2]
        scale = min(self.size[0] / width, self.size[1] / height)
        w, h = round(width * scale), round(height * scale)
        left, top = (self.size[0] - w) // 2, (self.size[1] - h) // 2
        canvas = np.full((self.size[1], self.size[0], 3), 114, np.uint8)
        canvas[top : top + h, left : left + w] = cv2.resize(picture, (w, h))
        raw = self.session.run(None, {self.input: canvas.transpose(2, 0, 1)[None]})[0][0]
        scores = raw[:, 4:5] * raw[:, 5:]
        found: Rows = []
        for kind, row in zip(*np.nonzero((scores >= self.limits).T)):
            cell = self.cells[row]
            centre, side = (raw[row, :2] + cell[:2]) * cell[2], np.exp(raw[row, 2:4]) * cell[2]
            low, high = centre - side / 2 - (left, top), centre + side / 2 - (left, top)
            box = np.concatenate((low, high)) / (w, h, w, h)
            found.append({"class": self.classes[kind], "score": float(scores[row, kind]), "box": box})
        return self.suppress(found)

    def suppress(self, found: Rows) -> Rows:
        kept: Rows = []
        for row in sorted(found, key=lambda r: -r["score"]):
            same = (k for k in kept if k["class"] == row["class"])
            if all(overlap(row["box"], k["box"]) <= self.iou for k in same):
                kept.append(row)
        return [{**row, "box": [float(v) for v in row["box"]]} for row in kept]


def overlap(a, b) -> float:
    """Intersection over union of two boxes."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return both / (areas - both)
