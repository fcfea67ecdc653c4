"""The card is TOML, tells what it must, and names the file it stands for."""

import hashlib
import json
import tomllib
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from train import card, export
from train.augment import Augmenter
from train.card import toml
from train.card.results import judging_sets
from train.classes import CLASSES
from train.data import Batches, PictureStore
from train.detect import torch_predictor
from train.model import Yolox, add_batch_norm, measure_batch_norm
from train.source import Source

SIZE = (128, 96)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(3)
    made = Yolox(len(CLASSES))
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


def test_card_is_toml_and_names_the_file(model, source, tmp_path):
    onnx_file = tmp_path / "tiny.onnx"
    export.export_model(model, onnx_file, SIZE)
    facts = card.Facts(
        name="tiny", version="0.0.1", date="2026-01-02", notes=["one note"], fixed={"ad_sign": 0.6},
        extra={"crossval": {"street_stall_ap50": 0.5}},
    )
    path = card.write(
        tmp_path / "model.toml", onnx_file, facts, predict=torch_predictor(model), shapes=(SIZE,),
        content={"epoch": 1, "steps": 2, "settings": {"seed": 5}}, train=[source], val=[source],
    )
    content = tomllib.loads(path.read_text())
    data = (tmp_path / content["file"]).read_bytes()
    assert content["sha256"] == hashlib.sha256(data).hexdigest()
    assert [entry["name"] for entry in content["class"]] == list(CLASSES)
    assert content["input"]["letterbox"] == "centre" and content["input"]["pad_value"] == 114
    assert (content["input"]["width"], content["input"]["height"]) == SIZE
    assert content["output"] == {"name": "output", "decoder": "yolox", "strides": [8, 16, 32]}
    assert card.read_thresholds(path)["ad_sign"] == 0.6
    assert content["training"]["source"][0]["name"] == 'a "quoted" source'
    assert content["training"]["classes"]["bin_normal"] == "1 real boxes, 0 rendered boxes"
    assert content["training"]["seeds"] == [5] and "retrain" in content["training"]
    assert content["scores"]["small"]["pictures"] == 3
    assert content["scores"]["crossval"]["street_stall_ap50"] == 0.5
    assert set(content["scores"]["thresholds"]) == set(CLASSES)
    assert str(tmp_path) not in path.read_text()


def test_numbers_are_written_plainly():
    assert toml.value([np.float64(0.45), 3, True, 1e-9]) == "[0.45, 3, true, 1e-09]"


def test_the_int8_card_differs_only_in_its_file(model, source, tmp_path):
    onnx_file = tmp_path / "tiny.onnx"
    export.export_model(model, onnx_file, SIZE)
    facts = card.Facts(name="tiny", version="0.0.1", date="2026-01-02")
    path = card.write(
        tmp_path / "model.toml", onnx_file, facts, predict=torch_predictor(model), shapes=(SIZE,),
        content={"epoch": 1, "steps": 2, "settings": {}}, train=[source], val=[],
    )
    export.export_model(model, tmp_path / "tiny-int8.onnx", (64, 64))
    card.beside(path, tmp_path / "int8.toml", tmp_path / "tiny-int8.onnx")
    one, two = (tomllib.loads((tmp_path / n).read_text()) for n in ("model.toml", "int8.toml"))
    assert {k for k in one if one[k] != two[k]} == {"name", "file", "sha256", "cost"}
    assert one["cost"]["multiply_adds"] == 3 * two["cost"]["multiply_adds"], "128x96 and 64x64"
    assert two["sha256"] == hashlib.sha256((tmp_path / "tiny-int8.onnx").read_bytes()).hexdigest()


def test_a_cost_is_put_into_a_card_that_has_none_and_nothing_else_changes(model, source, tmp_path):
    onnx_file = tmp_path / "tiny.onnx"
    export.export_model(model, onnx_file, SIZE)
    path = card.write(
        tmp_path / "model.toml", onnx_file, card.Facts(name="tiny", version="0.0.1", date="2026-01-02"),
        predict=torch_predictor(model), shapes=(SIZE,),
        content={"epoch": 1, "steps": 2, "settings": {}}, train=[source], val=[],
    )
    written = path.read_text()
    whole = tomllib.loads(written)
    without = written.replace(toml.section("[cost]", whole["cost"]), "", 1)
    assert "cost" not in tomllib.loads(without)
    for text in (without, written.replace(str(whole["cost"]["multiply_adds"]), "1", 1)):
        path.write_text(text)
        assert card.count_cost(path) == whole["cost"]
        assert tomllib.loads(path.read_text()) == whole


@pytest.mark.parametrize(
    "boxes, sets", [((200, 400), ["real"]), ((20, 400), ["real", "rendered"]), ((0, 400), ["rendered"])]
)
def test_few_real_boxes_do_not_choose_a_threshold_alone(boxes, sets, source):
    measured = []
    for count, name in zip(boxes, ("real", "rendered")):
        picture = replace(
            source.pictures()[0], boxes=np.tile(np.float32([10, 10, 50, 40]), (count, 1)),
            labels=np.full(count, 1), labelled=np.ones(len(CLASSES), bool),
        )
        found = ([picture], [np.zeros((0, 6), np.float32)])
        measured.append((replace(source, name=name, rendered=name == "rendered"), found))
    judging, said = judging_sets(measured, 1)
    assert [kept.name for kept, _ in judging] == sets and said == " and ".join(sets)
    assert judging_sets(measured, 2) == ([], "no"), "nobody has a box of that class"


def test_batches_repeat_with_the_seed_and_keep_boxes_inside(source):
    store = PictureStore([source])
    made = [Batches(store, Augmenter(0.5), 4, 3, [(64, 64), (96, 64)], 7, 0) for _ in range(2)]
    for position in range(3):
        (one, targets), (two, _) = made[0][position], made[1][position]
        assert torch.equal(one, two) and one.dtype == torch.uint8
        for target in targets:
            assert (target["boxes"] >= 0).all() and (target["boxes"] <= one.shape[-1]).all()
            assert len(target["regions"]) == len(target["labelled"]) > 0
