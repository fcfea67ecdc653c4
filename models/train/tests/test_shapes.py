"""Each picture in the shape that shows it largest, and files that take all of them."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from train import card, export, shapes
from train.classes import CLASSES
from train.coco import BadInput
from train.cost import cost
from train.detect import detect_all, onnx_predictor, torch_predictor
from train.model import Yolox
from train.timing import medians_ms

FIRST, UPRIGHT = (128, 96), (96, 128)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(3)
    return Yolox(len(CLASSES)).eval()


@pytest.fixture
def both(monkeypatch):
    monkeypatch.setitem(shapes.BESIDE, FIRST, (UPRIGHT,))
    return shapes.shapes_of(FIRST)


@pytest.mark.parametrize("first", shapes.BESIDE)
def test_shapes_beside_the_first_cost_about_the_same_and_fit_the_strides(first):
    for width, height in shapes.BESIDE[first]:
        assert width % 32 == height % 32 == 0
        assert 0.9 < width * height / (first[0] * first[1]) < 1.07


@pytest.mark.parametrize(
    ("picture", "shape"),
    [
        ((1920, 1080), (640, 384)), ((1280, 720), (640, 384)), ((720, 480), (608, 416)), ((640, 480), (576, 448)),
        ((704, 576), (576, 448)), ((500, 500), (480, 480)), ((480, 640), (448, 576)), ((1080, 1920), (384, 640)),
    ],
)
def test_a_picture_is_shown_in_the_shape_it_is_largest_in(picture, shape):
    assert shapes.best(shapes.shapes_of((640, 384)), *picture) == shape


def test_of_shapes_that_show_a_picture_as_large_the_smallest_is_taken():
    assert shapes.best(((640, 384), (640, 352)), 640, 320) == (640, 352)


def test_shapes_are_read_as_they_are_written():
    own = shapes.shapes_of((640, 384))
    assert shapes.read(shapes.written(own)) == own


def test_pytorch_and_onnx_find_the_same_in_every_shape(model, both, tmp_path):
    path = tmp_path / "m.onnx"
    assert export.export_model(model, path, FIRST) < 1
    assert shapes.shapes_in(path) == both
    rng = np.random.default_rng(0)
    sizes = [(90, 160), (160, 90), (90, 160)]
    images = [rng.integers(0, 255, (*size, 3), dtype=np.uint8) for size in sizes]
    ours = detect_all(torch_predictor(model), images, both, floor=0.001)
    theirs = detect_all(onnx_predictor(path), images, both, floor=0.001)
    for a, b in zip(ours, theirs):
        assert len(a) > 0 and np.allclose(a[:3, 4], b[:3, 4], atol=1e-3)
    # a picture's detections do not depend on the others'
    alone = detect_all(torch_predictor(model), images[1:2], both, floor=0.001)
    assert np.allclose(alone[0], ours[1], atol=1e-2)


def test_cost_and_time_are_those_of_the_first_shape(model, both, tmp_path):
    export.export_model(model, tmp_path / "free.onnx", FIRST)
    shapes.BESIDE.pop(FIRST)
    export.export_model(model, tmp_path / "fixed.onnx", FIRST)
    free, fixed = (cost(tmp_path / name) for name in ("free.onnx", "fixed.onnx"))
    assert free["multiply_adds"] == fixed["multiply_adds"] > 0
    assert free["activation_bytes"] == pytest.approx(fixed["activation_bytes"], rel=0.001)
    assert len(medians_ms([tmp_path / "free.onnx", tmp_path / "fixed.onnx"], rounds=1)) == 2
    put = onnxruntime.InferenceSession(str(tmp_path / "fixed.onnx")).get_inputs()[0]
    assert put.shape[1:] == [3, 96, 128]


def test_a_card_lists_the_shapes_beside_the_first(model, both, tmp_path):
    path = tmp_path / "m.onnx"
    export.export_model(model, path, FIRST)
    text = "".join(card.contract(card.Facts(name="m", version="1", date="2026-01-02"), path, both, False))
    assert "width = 128\nheight = 96\nshapes = [[96, 128]]\n" in text


def test_a_file_of_any_size_that_names_none_is_refused(model, both, tmp_path):
    path = tmp_path / "m.onnx"
    export.export_model(model, path, FIRST)
    stripped = onnx.load(str(path))
    del stripped.metadata_props[:]
    onnx.save(stripped, str(path))
    with pytest.raises(BadInput, match="m.onnx takes pictures of any size"):
        shapes.shapes_in(path)
