"""Makes of a model a copy that usls can use.

usls has no reading of YOLOX as it comes out of the network: boxes relative to their cell, logarithms of
sides. Nor does it order colours blue first. So the copy turns the colours round before the first layer
and works the boxes out behind the last one; all that lies between is the shipped file, byte for byte. A file
that takes several shapes is given the card's first: usls wants to know one.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Arrays = dict[str, np.ndarray]


def cells(size: tuple[int, int], strides: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Column and row of each anchor's cell, and its stride."""
    places, steps = [], []
    for stride in strides:
        y, x = np.mgrid[: size[1] // stride, : size[0] // stride]
        places.append(np.stack((x.ravel(), y.ravel()), 1))
        steps.append(np.full((x.size, 1), stride))
    return np.concatenate(places).astype(np.float32), np.concatenate(steps).astype(np.float32)


def rename(graph: onnx.GraphProto, old: str, new: str) -> None:
    for node in graph.node:
        for names in (node.input, node.output):
            for index, name in enumerate(names):
                if name == old:
                    names[index] = new


def write_copy(card: Path, out: Path) -> None:
    """Writes the copy of the model of `card` to `out`."""
    content = tomllib.loads(card.read_text())
    if content["output"]["decoder"] != "yolox" or content["input"]["colour"] != "bgr":
        raise SystemExit("bench-peers: usls is only given YOLOX models that take blue first")
    model = onnx.load(card.with_name(content["file"]))
    graph = model.graph
    taken, given = graph.input[0].name, graph.output[0].name
    rename(graph, taken, "usls/bgr")
    rename(graph, given, "usls/raw")
    width, height = content["input"]["width"], content["input"]["height"]
    places, steps = cells((width, height), content["output"]["strides"])
    shape = graph.input[0].type.tensor_type.shape.dim
    shape[2].dim_value, shape[3].dim_value = height, width
    graph.output[0].type.tensor_type.shape.dim[1].dim_value = len(steps)
    arrays: Arrays = {
        "usls/turned": np.array([2, 1, 0], np.int64),
        "usls/places": places[None],
        "usls/steps": steps[None],
        "usls/parts": np.array([2, 2, 1 + len(content["class"])], np.int64),
    }
    for name, array in arrays.items():
        graph.initializer.append(numpy_helper.from_array(array, name))
    graph.node.insert(0, helper.make_node("Gather", [taken, "usls/turned"], ["usls/bgr"], axis=1))
    centre, side, rest = "usls/centre", "usls/side", "usls/rest"
    graph.node.extend(
        [
            helper.make_node("Split", ["usls/raw", "usls/parts"], [centre, side, rest], axis=2),
            helper.make_node("Add", [centre, "usls/places"], ["usls/in_cells"]),
            helper.make_node("Mul", ["usls/in_cells", "usls/steps"], ["usls/in_pixels"]),
            helper.make_node("Exp", [side], ["usls/sides"]),
            helper.make_node("Mul", ["usls/sides", "usls/steps"], ["usls/size"]),
            helper.make_node("Concat", ["usls/in_pixels", "usls/size", rest], [given], axis=2),
        ]
    )
    # usls holds its names against those in the file, and takes a file without any for one with none
    names = {index: entry["name"] for index, entry in enumerate(content["class"])}
    helper.set_model_props(model, {"names": str(names)})
    if graph.output[0].type.tensor_type.elem_type != TensorProto.FLOAT:
        raise SystemExit("bench-peers: the model's output is not of floats")
    onnx.checker.check_model(model)
    onnx.save(model, str(out))
