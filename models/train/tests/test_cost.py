"""What a picture costs, counted by hand for a small graph."""

import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
import numpy as np

from train.cost import cost


def test_products_and_bytes_of_one_convolution(tmp_path):
    weight = numpy_helper.from_array(np.zeros((5, 3, 2, 2), np.float32), "w")
    nodes = [
        helper.make_node("Cast", ["put"], ["x"], to=TensorProto.FLOAT),
        helper.make_node("Conv", ["x", "w"], ["y"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["y"], ["got"]),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("put", TensorProto.UINT8, ["batch", 3, 4, 6])],
        [helper.make_tensor_value_info("got", TensorProto.FLOAT, ["batch", 30])],
        [weight],
    )
    path = tmp_path / "small.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), str(path))
    found = cost(path)
    # 2 x 3 places of 5 channels, each over 2 x 2 x 3
    assert found["multiply_adds"] == 2 * 3 * 5 * 12
    # bytes to the cast, floats from it, floats to the convolution, floats from that
    assert found["activation_bytes"] == 72 + 288 + 288 + 120
    assert found["weight_bytes"] == 60 * 4


def test_the_counts_grow_with_the_picture_and_not_with_the_batch(tmp_path):
    pytest.importorskip("torch")
    from train import export
    from train.model import Yolox

    found = []
    for size in ((64, 64), (128, 64)):
        path = tmp_path / f"{size[0]}.onnx"
        export.export_model(Yolox(6).eval(), path, size)
        found.append(cost(path))
    assert found[1]["multiply_adds"] == 2 * found[0]["multiply_adds"] > 1e6
    assert found[0]["weight_bytes"] == pytest.approx(found[1]["weight_bytes"], rel=0.05)
