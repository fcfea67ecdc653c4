"""Batch norm put back and folded in again, and the exported file, are the same function."""

import hashlib
import json
import tomllib

import cv2
import numpy as np
import onnxruntime
import pytest
import torch

from train import card, export
from train.augment import Augmenter
from train.classes import CLASSES
from train.data import Batches, PictureStore, Source
from train.model import YoloxNano, add_batch_norm, fuse_batch_norm, load_fused, measure_batch_norm


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(3)
    made = YoloxNano(len(CLASSES))
    add_batch_norm(made)
    measure_batch_norm(made, [torch.rand(2, 3, 96, 96) * 255])
    return made.eval()


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    images, annotations = [], []
    for i in range(3):
        pixels = rng.integers(0, 255, (60, 100, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / f"{i}.png"), pixels)
        images.append(
            {"id": i, "file_name": f"{i}.png", "width": 100, "height": 60,
             "labelled_classes": [0, 1, 2], "source": 'a "quoted" source', "licence": "CC0-1.0"}
        )
        annotations.append({"image_id": i, "category_id": i % 3, "bbox": [10, 10, 40, 30]})
    categories = [{"id": i, "name": n} for i, n in enumerate(CLASSES)]
    content = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "a.json").write_text(json.dumps(content))
    return Source.parse(f"small,real,{folder / 'a.json'},{folder}")


def test_measured_batch_norm_changes_nothing(tmp_path):
    torch.manual_seed(1)
    plain = YoloxNano(80).eval()
    torch.save(plain.state_dict(), tmp_path / "fused.pth")
    made = load_fused(tmp_path / "fused.pth", 80, {i: i for i in range(80)}).eval()
    pixels = torch.rand(1, 3, 96, 96) * 255
    with torch.no_grad():
        before = made(pixels)
        assert torch.equal(before, plain(pixels))
        add_batch_norm(made)
        measure_batch_norm(made, [torch.rand(2, 3, 96, 96) * 255])
        assert (made.eval()(pixels) - before).abs().max() < 1e-3
        fuse_batch_norm(made)
        assert (made(pixels) - before).abs().max() < 1e-3


def test_onnx_contract_and_agreement(model, tmp_path):
    path = tmp_path / "m.onnx"
    assert export.export_model(model, path) < export.TOLERANCE
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    put, got = session.get_inputs()[0], session.get_outputs()[0]
    assert (put.name, put.type, put.shape[1:]) == ("images", "tensor(uint8)", [3, 416, 416])
    assert (got.name, got.type) == ("output", "tensor(float)")
    pixels = np.full((3, 3, 416, 416), 114, np.uint8)
    out = session.run(None, {"images": pixels})[0]
    assert out.shape == (3, 3549, 5 + len(CLASSES))
    assert 0 <= out[..., 4:].min() and out[..., 4:].max() <= 1


def test_card_is_toml_and_names_the_file(model, source, tmp_path):
    export.export_model(model, tmp_path / "tiny.onnx")
    path = card.write(
        tmp_path, name="tiny", version="0.0.1", model=model,
        content={"epoch": 1, "steps": 2, "settings": {"seed": 5}},
        train=[source], val=[source], date="2026-01-02", notes=["one note"], fixed={"ad_sign": 0.6},
    )
    content = tomllib.loads(path.read_text())
    data = (tmp_path / content["file"]).read_bytes()
    assert content["sha256"] == hashlib.sha256(data).hexdigest()
    assert [entry["name"] for entry in content["class"]] == list(CLASSES)
    assert content["input"]["letterbox"] == "centre" and content["input"]["pad_value"] == 114
    assert content["output"] == {"name": "output", "decoder": "yolox", "strides": [8, 16, 32]}
    assert card.thresholds(path)["ad_sign"] == 0.6
    assert content["training"]["source"][0]["name"] == 'a "quoted" source'
    assert content["training"]["classes"]["bin_normal"] == "1 real boxes, 0 rendered boxes"
    assert str(tmp_path) not in path.read_text()


def test_batches_repeat_with_the_seed_and_keep_boxes_inside(source):
    store = PictureStore([source])
    made = [Batches(store, Augmenter(0.5), 4, 3, [64, 96], 7, 0) for _ in range(2)]
    for position in range(3):
        (one, targets), (two, _) = made[0][position], made[1][position]
        assert torch.equal(one, two) and one.dtype == torch.uint8
        for target in targets:
            assert (target["boxes"] >= 0).all() and (target["boxes"] <= one.shape[-1]).all()
            assert len(target["regions"]) == len(target["labelled"]) > 0
