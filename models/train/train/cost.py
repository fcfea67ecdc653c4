"""What one picture costs in an ONNX file: multiply-adds and bytes, for the card and for rooflines.

Counted, not measured. Multiply-adds are those of convolutions and matrix products. Bytes are those
of a runtime that fuses nothing: every tensor is written once and read by each node that takes it;
weights are read once.
"""

from __future__ import annotations

from math import prod
from pathlib import Path

import onnx
from onnx import TensorProto, numpy_helper

from .shapes import Size, shapes_in

# They say how a tensor is to be seen, or are made when the file is opened; no pixel is moved for them.
FREE = {"Constant", "Shape", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity"}
WIDTHS = {TensorProto.UINT8: 1, TensorProto.INT8: 1, TensorProto.FLOAT16: 2, TensorProto.INT64: 8}


def tensors(model: onnx.ModelProto, size: Size) -> dict[str, tuple[list[int], int]]:
    """Extents and bytes a value of every tensor that is not a weight, for one picture of this size."""
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_value = 1
    _, _, height, width = model.graph.input[0].type.tensor_type.shape.dim
    width.dim_value, height.dim_value = size
    graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    found = {}
    for value in (*graph.input, *graph.output, *graph.value_info):
        kind = value.type.tensor_type
        found[value.name] = ([d.dim_value for d in kind.shape.dim], WIDTHS.get(kind.elem_type, 4))
    return found


def cost(path: Path) -> dict[str, int]:
    """Per picture of the first shape: `multiply_adds` and `activation_bytes`; per batch: `weight_bytes`."""
    model = onnx.load(str(path))
    known = tensors(model, shapes_in(path)[0])
    weights = {w.name: numpy_helper.to_array(w) for w in model.graph.initializer}
    # what is made of weights alone is made when the file is opened
    constant = set(weights)
    products = moved = 0
    for node in model.graph.node:
        if all(name in constant for name in node.input):
            constant.update(node.output)
            continue
        if node.op_type in FREE:
            continue
        pixels = [n for n in (*node.input, *node.output) if n in known and n not in constant]
        moved += sum(prod(known[n][0]) * known[n][1] for n in pixels)
        if node.op_type == "Conv":
            filters = node.input[1]
            extents = weights[filters].shape if filters in weights else known[filters][0]
            products += prod(known[node.output[0]][0]) * prod(extents[1:])
        elif node.op_type in ("Gemm", "MatMul"):
            products += prod(known[node.output[0]][0]) * known[node.input[0]][0][-1]
    return {
        "multiply_adds": int(products),
        "activation_bytes": int(moved),
        "weight_bytes": int(sum(w.nbytes for w in weights.values())),
    }
