"""Makes the two graphs whose rates are a machine's limits: python make.py (needs onnx).

matrix.onnx   the product of two square matrices
copy.onnx     the negative of every value: each is read once and written once

Extents are left open; the program chooses them.
"""

from pathlib import Path

import onnx
from onnx import TensorProto, helper

HERE = Path(__file__).parent


def put(name, operation, inputs):
    extents = {"a": ["rows", "inner"], "b": ["inner", "columns"]}
    taken = [helper.make_tensor_value_info(i, TensorProto.FLOAT, extents[i]) for i in inputs]
    given = helper.make_tensor_value_info("c", TensorProto.FLOAT, ["rows", extents[inputs[-1]][1]])
    graph = helper.make_graph([helper.make_node(operation, inputs, ["c"])], name, taken, [given])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    model.producer_name = "streetwarden"
    onnx.checker.check_model(model)
    onnx.save(model, str(HERE / f"{name}.onnx"))


put("matrix", "MatMul", ["a", "b"])
put("copy", "Neg", ["a"])
