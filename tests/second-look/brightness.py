"""Makes brightness.onnx, a second look for tests, and its card: python brightness.py (needs onnx).

For street_stall it keeps as much of a score as the cut-out is bright, for billboard as much as it is
dark. 8 x 8 pixels, bytes, any number of cut-outs.
"""

import hashlib
from pathlib import Path

import onnx
from onnx import TensorProto, helper, numpy_helper
import numpy

HERE = Path(__file__).parent


def constant(name, values, kind):
    return numpy_helper.from_array(numpy.array(values, dtype=kind), name)


nodes = [
    helper.make_node("Cast", ["crops"], ["floats"], to=TensorProto.FLOAT),
    helper.make_node("ReduceMean", ["floats", "axes"], ["mean"], keepdims=0),
    helper.make_node("Div", ["mean", "white"], ["share"]),
    helper.make_node("Unsqueeze", ["share", "last"], ["bright"]),
    helper.make_node("Sub", ["one", "bright"], ["dark"]),
    helper.make_node("Concat", ["bright", "dark"], ["keep"], axis=1),
]
constants = [
    constant("axes", [1, 2, 3], numpy.int64),
    constant("white", 255.0, numpy.float32),
    constant("last", [1], numpy.int64),
    constant("one", 1.0, numpy.float32),
]
graph = helper.make_graph(
    nodes,
    "brightness",
    [helper.make_tensor_value_info("crops", TensorProto.UINT8, ["n", 3, 8, 8])],
    [helper.make_tensor_value_info("keep", TensorProto.FLOAT, ["n", 2])],
    constants,
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
onnx.checker.check_model(model)
data = model.SerializeToString()
(HERE / "brightness.onnx").write_bytes(data)
(HERE / "model.toml").write_text(f"""\
# written by brightness.py
name = "brightness"
version = "1.0.0"
file = "brightness.onnx"
sha256 = "{hashlib.sha256(data).hexdigest()}"
licence = "Apache-2.0"
kind = "second look"

[input]
name = "crops"
width = 8
height = 8
dtype = "u8"
layout = "nchw"
colour = "bgr"
scale = 1.0
mean = [0.0, 0.0, 0.0]
std = [1.0, 1.0, 1.0]
pad_value = 114
margin = 1.6

[output]
name = "keep"

[[class]]
name = "street_stall"

[[class]]
name = "billboard"
""")
