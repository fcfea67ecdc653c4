"""Static int8 (QDQ) with percentile calibration, as a second file.

Only convolutions are quantised, weights per channel. The first convolution and
the last ones stay in float: pixels of 0-255 and box values without bounds are
what int8 breaks first.
"""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import numpy as np
import onnx

from .data import PictureStore, Size, letterbox

PERCENTILE = 99.99


def calibration_pixels(store: PictureStore, size: Size, count: int, seed: int = 5) -> list[np.ndarray]:
    """Seeded choice of training pictures, letterboxed as the server does it."""
    order = np.random.default_rng(seed).permutation(len(store.pixels))[:count]
    pixels = [letterbox(store.pixels[i], size)[0].transpose(2, 0, 1)[None] for i in order]
    return [np.ascontiguousarray(p) for p in pixels]


def convolutions(path: Path) -> list[onnx.NodeProto]:
    return [n for n in onnx.load(str(path)).graph.node if n.op_type == "Conv"]


def kept_in_float(path: Path) -> list[str]:
    """The first convolution, and those whose result is an output map (1x1 with no SiLU after)."""
    graph = onnx.load(str(path)).graph
    users: dict[str, list[str]] = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node.op_type)
    convs = [n for n in graph.node if n.op_type == "Conv"]
    heads = [n.name for n in convs if "Sigmoid" not in users.get(n.output[0], [])]
    return [convs[0].name, *heads]


def quantise(
    source: Path, target: Path, pixels: list[np.ndarray], *, percentile: float = PERCENTILE,
    exclude: list[str] | None = None, depthwise: bool = True,
) -> list[str]:
    """Writes the int8 file; returns the names of the convolutions kept in float."""
    from onnxruntime.quantization import (
        CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static,
    )
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):
        """Gives what set_range says, so that the maps of one picture are held at a time and not those of all."""

        left: Iterator[np.ndarray]

        def __len__(self) -> int:
            return len(pixels)

        def set_range(self, start_index: int, end_index: int) -> None:
            self.left = iter(pixels[start_index:end_index])

        def get_next(self) -> dict[str, np.ndarray] | None:
            image = next(self.left, None)
            return None if image is None else {"images": image}

    prepared = target.with_suffix(".prepared")
    quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
    left_out = list(exclude if exclude is not None else kept_in_float(prepared))
    if not depthwise:
        for node in convolutions(prepared):
            groups = [a.i for a in node.attribute if a.name == "group"]
            if groups and groups[0] > 1:
                left_out.append(node.name)
    quantize_static(
        str(prepared), str(target), Reader(),
        quant_format=QuantFormat.QDQ, op_types_to_quantize=["Conv"], per_channel=True,
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.Percentile, nodes_to_exclude=left_out,
        # named for another method; what it does is to count the values of one picture after another
        extra_options={"CalibPercentile": percentile, "CalibStridedMinMax": 1},
    )
    prepared.unlink()
    return left_out
