"""No picture is judged by a model that saw its scene group."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from train import crossval, mixcurve
from train.classes import CLASSES
from train.model import Yolox
from train.score import ClassScore
from train.settings import Settings
from train.source import Source, off
from train.twins import twins


@pytest.fixture
def source(tmp_path):
    rng = np.random.default_rng(0)
    images, annotations = [], []
    for i, group in enumerate("aaabbc"):
        cv2.imwrite(str(tmp_path / f"{i}.png"), rng.integers(0, 255, (64, 64, 3), dtype=np.uint8))
        images.append(
            {"id": i, "file_name": f"{i}.png", "width": 64, "height": 64, "scene_group": group}
        )
        for kind in (4, 5):
            annotations.append({"image_id": i, "category_id": kind, "bbox": [8, 8, 40, 40]})
    categories = [{"id": i, "name": n} for i, n in enumerate(CLASSES)]
    content = {"images": images, "annotations": annotations, "categories": categories}
    (tmp_path / "a.json").write_text(json.dumps(content))
    return Source.parse(f"extra,real,{tmp_path / 'a.json'},{tmp_path},0.5")


@pytest.fixture
def settings(tmp_path):
    torch.manual_seed(0)
    torch.save(Yolox(80).state_dict(), tmp_path / "fused.pth")
    return Settings(
        out=str(tmp_path / "cv"), weights=str(tmp_path / "fused.pth"), epochs=1, samples=2, batch=2,
        size=(64, 64), sizes=((64, 64),), last_sizes=((64, 64),), workers=0, threads=1,
    )


def test_folds_part_the_groups(source):
    assert crossval.folds_of(source, 5) == [("a",), ("b",), ("c",)]
    assert crossval.folds_of(source, 2) == [("a",), ("b", "c")]


def test_every_picture_is_held_out_once(source, settings, monkeypatch):
    trained = []
    plain = crossval.fit

    def noting(part, train, val):
        trained.append({p.meta["scene_group"] for p in train[0].pictures()})
        plain(part, train, val)

    monkeypatch.setattr(crossval, "fit", noting)
    result = crossval.crossval(settings, source, [], 5)
    assert trained == [{"b", "c"}, {"a", "c"}, {"a", "b"}]
    assert result["pictures"] == 6 and result["scores"]["street_stall"]["boxes"] == 6
    pairs = crossval.card_pairs(result)
    assert pairs["street_stall_boxes"] == 6 and 0 <= pairs["street_stall_ap50_mean_of_folds"] <= 1
    kept = json.loads((Path(settings.out) / "crossval.json").read_text())
    assert set(kept["detections"]) == {p.path.name for p in source.pictures()}


def test_folds_without_a_class_have_no_part_in_its_mean():
    def scored(**ap50):
        return {name: ClassScore(ap, ap / 2, 1, 1) for name, ap in ap50.items()}

    folds = [scored(street_stall=0.5, billboard=0.2), scored(street_stall=0.7), scored(bin_normal=0.1)]
    assert crossval.mean_of(folds, "street_stall") == pytest.approx(0.6)
    assert crossval.mean_of(folds, "billboard") == pytest.approx(0.2)


def test_folds_side_by_side_give_the_same(source, settings, tmp_path):
    one = crossval.crossval(settings, source, [], 2)
    two = crossval.crossval(replace(settings, out=str(tmp_path / "two")), source, [], 2, jobs=2)
    for key in ("held_out_groups", "detections"):
        assert two[key] == one[key]
    assert sum(map(len, one["detections"].values())) > 0


def test_composed_pictures_on_held_out_photos_are_left_out(source):
    content = json.loads(source.annotations.read_text())
    for image in content["images"]:
        image["background"] = f"elsewhere/{image['id']}.png"
    source.annotations.write_text(json.dumps(content))
    (left,) = off([source], replace(source, within=("a",)))
    assert [p.path.stem for p in left.pictures()] == ["3", "4", "5"]


def test_a_held_out_photo_is_known_by_its_look(source, tmp_path):
    rng = np.random.default_rng(5)
    scenes = [cv2.GaussianBlur(rng.integers(0, 256, (90, 120, 3), np.uint8), (0, 0), 9) * 3 for _ in range(3)]
    for name, scene in (("a.png", scenes[0]), ("b.png", scenes[1]), ("c.jpg", cv2.resize(scenes[1], (80, 60)))):
        cv2.imwrite(str(tmp_path / name), scene)
    paths = [tmp_path / name for name in ("a.png", "b.png", "none.png")]
    assert twins(paths, [tmp_path / "c.jpg"]) == [tmp_path / "b.png"]
    assert twins(paths, []) == [] and twins([], paths) == []
    content = json.loads(source.annotations.read_text())
    content["images"][0]["file_name"] = "a.png"
    content["images"] = content["images"][:1]
    own = tmp_path / "own.json"
    own.write_text(json.dumps(content))
    cv2.imwrite(str(tmp_path / "twin.png"), scenes[0][::2, ::2])
    held = json.loads(own.read_text())
    held["images"][0]["file_name"] = "twin.png"
    (tmp_path / "held.json").write_text(json.dumps(held))
    mine, theirs = (Source.parse(f"x,real,{tmp_path / name},{tmp_path}") for name in ("own.json", "held.json"))
    assert mine.pictures() and not off([mine], theirs)[0].pictures()


def test_shares_of_rendered_pictures_add_up():
    def source(name, share, rendered):
        kind = "rendered" if rendered else "real"
        return Source.parse(f"{name},{kind},x,y,{share}")

    sources = [source("a", 0.3, False), source("b", 0.1, False), source("c", 0.6, True)]
    mixed = mixcurve.at_share(sources, 0.25)
    assert sum(s.share for s in mixed if s.rendered) == pytest.approx(0.25)
    assert [s.share for s in mixed[:2]] == pytest.approx([0.5625, 0.1875])
    assert [s.name for s in mixcurve.at_share(sources, 0.0)] == ["a", "b"]
