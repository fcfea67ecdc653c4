"""Makes the second looks that tests use, each with its card: python make.py (needs onnx).

Each keeps, of a street_stall's and of a billboard's score, a + b * brightness of the cut-out:
  brightness   as much as it is bright; as much as it is dark
  stalls       nearly all; nothing
  beyond       twice the brightness, which is no share; nothing
  closer       three quarters, and adds a quarter of the brightness; all, and adds nothing
  own          as brightness, but only of the class that the cut-out was taken for; of the other nothing
  aside        all, and moves the box to the middle half of the cut-out as far as it is bright; all, and nothing
8 x 8 pixels, bytes, any number of cut-outs.
"""

import hashlib
from pathlib import Path

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).parent
KEEPS = {
    "brightness": ([0.0, 1.0], [1.0, -1.0]),
    "stalls": ([0.9, 0.0], [0.1, 0.0]),
    "beyond": ([0.0, 0.0], [2.0, 0.0]),
    "closer": ([0.75, 1.0], [0.0, 0.0]),
    "aside": ([1.0, 1.0], [0.0, 0.0]),
    "own": ([0.0, 1.0], [1.0, -1.0]),
}
# What is added, by the brightness.
ADDS = {"closer": [0.25, 0.0]}
# How far boxes are moved, by the brightness.
PULLS = {"aside": [1.0, 0.0]}
# Those that are told what each cut-out was taken for.
TOLD = ("own",)

CARD = """\
# written by tests/second-look/make.py
name = "{name}"
version = "1.0.0"
file = "{name}.onnx"
sha256 = "{sha256}"
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
{told}
[output]
name = "keep"
{more}
[[class]]
name = "street_stall"

[[class]]
name = "billboard"
"""


def constant(name, values, kind=numpy.float32):
    return numpy_helper.from_array(numpy.array(values, dtype=kind), name)


def model(name):
    offsets, slopes = KEEPS[name]
    adds = ADDS.get(name)
    nodes = [
        helper.make_node("Cast", ["crops"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["floats", "axes"], ["mean"], keepdims=0),
        helper.make_node("Div", ["mean", "white"], ["share"]),
        helper.make_node("Unsqueeze", ["share", "last"], ["brightness"]),
        helper.make_node("Mul", ["brightness", "slopes"], ["part"]),
        helper.make_node("Add", ["part", "offsets"], ["keep" if name not in TOLD else "both"]),
    ]
    constants = [
        constant("axes", [1, 2, 3], numpy.int64),
        constant("white", 255.0),
        constant("last", [1], numpy.int64),
        constant("slopes", [slopes]),
        constant("offsets", [offsets]),
    ]
    inputs = [helper.make_tensor_value_info("crops", TensorProto.UINT8, ["n", 3, 8, 8])]
    outputs = {"keep": ["n", 2]}
    if name in TOLD:
        inputs.append(helper.make_tensor_value_info("kinds", TensorProto.INT64, ["n"]))
        nodes += [
            helper.make_node("Unsqueeze", ["kinds", "last"], ["column"]),
            helper.make_node("Equal", ["column", "columns"], ["is_own"]),
            helper.make_node("Cast", ["is_own"], ["own"], to=TensorProto.FLOAT),
            helper.make_node("Mul", ["both", "own"], ["keep"]),
        ]
        constants.append(constant("columns", [[0, 1]], numpy.int64))
    if adds:
        nodes.append(helper.make_node("Mul", ["brightness", "adds"], ["add"]))
        constants.append(constant("adds", [adds]))
        outputs["add"] = ["n", 2]
    if name in PULLS:
        nodes += [
            helper.make_node("Mul", ["brightness", "pulls"], ["pull"]),
            helper.make_node("Unsqueeze", ["pull", "corners"], ["each"]),
            helper.make_node("Mul", ["each", "nothing"], ["zeros"]),
            helper.make_node("Add", ["zeros", "middle"], ["place"]),
        ]
        constants += [
            constant("pulls", [PULLS[name]]),
            constant("corners", [2], numpy.int64),
            constant("nothing", 0.0),
            constant("middle", [[[0.25, 0.25, 0.75, 0.75]]]),
        ]
        outputs |= {"place": ["n", 2, 4], "pull": ["n", 2]}
    graph = helper.make_graph(
        nodes,
        name,
        inputs,
        [helper.make_tensor_value_info(part, TensorProto.FLOAT, shape) for part, shape in outputs.items()],
        constants,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(made)
    return made.SerializeToString()


for name in KEEPS:
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    data = model(name)
    (folder / f"{name}.onnx").write_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    told = 'kinds = "kinds"\n' * (name in TOLD)
    more = 'add = "add"\n' * (name in ADDS) + 'place = "place"\npull = "pull"\n' * (name in PULLS)
    (folder / "model.toml").write_text(CARD.format(name=name, sha256=sha256, more=more, told=told))
