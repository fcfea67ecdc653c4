"""From pictures to detections, with PyTorch or with an exported file."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import numpy as np
import torch
from torch import nn

from .boxes import suppress, with_doubt
from .coco import BadInput, Picture
from .data import PictureStore, letterbox
from .losses import to_corners
from .model import anchor_grid, decode_boxes
from .shapes import Shapes, Size, best

FLOOR = 0.01

# uint8 [N, 3, height, width] to float32 [N, anchors, 4 + 1 + classes], scores after sigmoid
Predict = Callable[[np.ndarray], np.ndarray]


def torch_predictor(model: nn.Module, device: str = "cpu") -> Predict:
    model = model.to(device).eval()

    @torch.no_grad()
    def predict(pixels: np.ndarray) -> np.ndarray:
        tensor = torch.from_numpy(pixels).to(device).float()
        raw = model(tensor.contiguous(memory_format=torch.channels_last)).float()
        raw[..., 4:] = raw[..., 4:].sigmoid()
        return raw.cpu().numpy()

    return predict


def session_of(path: Path, threads: int = 0):
    """An ONNX Runtime session of a file, on the processor. Raises BadInput where there is none."""
    import onnxruntime

    if not path.is_file():
        raise BadInput(f"no such file: {path}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def onnx_predictor(path: Path, threads: int = 0) -> Predict:
    session = session_of(path, threads)
    return lambda pixels: session.run(["output"], {"images": pixels})[0]


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


def detect_all(
    predict: Predict, images: list[np.ndarray], shapes: Shapes, floor: float = FLOOR, batch: int = 16
) -> list[np.ndarray]:
    """Detections of every picture, each shown in the shape that it is largest in, in that picture's own pixels."""
    chosen = [best(shapes, image.shape[1], image.shape[0]) for image in images]
    results: list[np.ndarray] = [np.zeros((0, 6), np.float32)] * len(images)
    for shape in shapes:
        members = [index for index, own in enumerate(chosen) if own == shape]
        found = detect_in(predict, [images[index] for index in members], shape, floor, batch)
        for index, rows in zip(members, found):
            results[index] = rows
    return results


def detect_in(
    predict: Predict, images: list[np.ndarray], size: Size, floor: float, batch: int
) -> list[np.ndarray]:
    grid = anchor_grid(size[1], size[0]).numpy()
    results = []
    for first in range(0, len(images), batch):
        boxed = [letterbox(image, size) for image in images[first : first + batch]]
        stacked = np.stack([b[0] for b in boxed]).transpose(0, 3, 1, 2)
        rows_of_all = predict(np.ascontiguousarray(stacked))
        for rows, (_, scale, left, top) in zip(rows_of_all, boxed):
            found = detections(rows, grid, floor)
            found[:, [0, 2]] = (found[:, [0, 2]] - left) / scale
            found[:, [1, 3]] = (found[:, [1, 3]] - top) / scale
            results.append(found)
    return results


def detect_store(
    predict: Predict, store: PictureStore, shapes: Shapes
) -> tuple[list[Picture], list[np.ndarray]]:
    """Detections of a store's pictures, in the pixels its labels are in."""
    found = with_doubt(detect_all(predict, store.pixels, shapes))
    for picture, image, detected in zip(store.pictures, store.pixels, found):
        detected[:, [0, 2]] *= picture.width / image.shape[1]
        detected[:, [1, 3]] *= picture.height / image.shape[0]
    return store.pictures, found
