"""Time of ONNX files beside each other, in one run, one thread."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from .shapes import shapes_in


def open_sessions(paths: list[Path]) -> list:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return [
        onnxruntime.InferenceSession(str(p), options, providers=["CPUExecutionProvider"])
        for p in paths
    ]


def medians_ms(paths: list[Path], rounds: int = 30) -> list[float]:
    """Median time of one picture through each file, the files taken in turn.

    Processor time, not wall time: other work on the machine then counts less.
    """
    sessions = open_sessions(paths)
    rng = np.random.default_rng(0)
    inputs = []
    for path, session in zip(paths, sessions):
        put = session.get_inputs()[0]
        shape = put.shape
        if len(shape) == 4 and not all(isinstance(side, int) for side in shape[2:]):
            shape = [1, 3, *reversed(shapes_in(path)[0])]
        shape = [d if isinstance(d, int) else 1 for d in shape]
        kind = np.uint8 if "uint8" in put.type else np.float32
        inputs.append({put.name: rng.integers(0, 256, shape).astype(kind)})
    spent: list[list[float]] = [[] for _ in paths]
    for turn in range(rounds + 2):
        for index, session in enumerate(sessions):
            begun = time.process_time()
            session.run(None, inputs[index])
            if turn >= 2:
                spent[index].append(time.process_time() - begun)
    return [float(np.median(times)) * 1000 for times in spent]
