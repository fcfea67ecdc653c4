"""A run of two tiny epochs, cut after the first, and its schedule."""

import json
import tomllib
from hashlib import sha256

import cv2
import numpy as np
import pytest
import torch

from train.added import add
from train.card import Facts, training
from train.card.provenance import start_weights
from train.checkpoint import averaged, earlier_runs_of
from train.classes import CLASSES
from train.coco import BadInput
from train.data import PictureStore
from train.export import export_model
from train.fit import fit, learning_rate
from train.model import REMEMBERED, VEHICLES, Yolox, no_vehicle
from train.plot import curves
from train.seeds import fit_seeds
from train.settings import Settings, parse_size
from train.source import Source, labelled_by
from train.teacher import forgotten, teacher, told


@pytest.fixture
def source(tmp_path):
    rng = np.random.default_rng(0)
    for i in range(2):
        cv2.imwrite(str(tmp_path / f"{i}.png"), rng.integers(0, 255, (64, 64, 3), dtype=np.uint8))
    content = {
        "images": [{"id": i, "file_name": f"{i}.png", "width": 64, "height": 64} for i in range(2)],
        "annotations": [{"image_id": i, "category_id": 0, "bbox": [8, 8, 40, 40]} for i in range(2)],
        "categories": [{"id": i, "name": n} for i, n in enumerate(CLASSES)],
    }
    (tmp_path / "a.json").write_text(json.dumps(content))
    return Source.parse(f"tiny,rendered,{tmp_path / 'a.json'},{tmp_path}")


def test_a_run_resumes_and_leaves_frozen_stages_alone(source, tmp_path):
    torch.manual_seed(0)
    start = Yolox(80)
    torch.save(start.state_dict(), tmp_path / "fused.pth")
    settings = Settings(
        out=str(tmp_path / "run"), weights=str(tmp_path / "fused.pth"), epochs=1, samples=4,
        batch=2, paste=0.5, size=(96, 64), sizes=((64, 64),), last_sizes=((96, 64),), workers=0, threads=1, freeze=("stem", "d2"),
    )
    fit(settings, [source], [source])
    first = torch.load(tmp_path / "run" / "last.pth")
    settings.epochs = 2
    fit(settings, [source], [source])
    second = torch.load(tmp_path / "run" / "last.pth")
    assert [h["epoch"] for h in second["history"]] == [0, 1]
    assert second["steps"] == 4 and second["history"][1]["val"]["tiny"]["bin_overflow"]["boxes"] == 2
    for name, tensor in first["model"].items():
        if name.startswith(("stem.", "d2.")):
            assert torch.equal(tensor, second["model"][name]), name
    assert not torch.equal(first["model"]["rp.0.weight"], second["model"]["rp.0.weight"])


def test_the_small_network_runs_from_nothing_and_is_not_taken_for_the_other(source, tmp_path):
    settings = Settings(
        out=str(tmp_path / "run"), network="small", epochs=1, samples=2, batch=2, size=(64, 64),
        sizes=((64, 64),), last_sizes=((64, 64),), workers=0, threads=1,
    )
    fit(settings, [source], [])
    model, content = averaged(tmp_path / "run" / "last.pth")
    assert model.network == content["settings"]["network"] == "small"
    for other in (
        Settings(out=str(tmp_path / "run")),
        Settings(out=str(tmp_path / "next"), start=str(tmp_path / "run" / "last.pth")),
    ):
        with pytest.raises(BadInput, match="give --network small"):
            fit(other, [source], [])


def test_two_processes_share_a_batch_and_agree(source, tmp_path):
    settings = Settings(
        out=str(tmp_path / "run"), epochs=2, samples=8, batch=4, size=(64, 64), processes=2,
        sizes=((64, 64),), last_sizes=((64, 64),), workers=0, warm_up=1,
    )
    fit(settings, [source], [source])
    content = torch.load(tmp_path / "run" / "last.pth")
    assert content["steps"] == 4 and content["epoch"] == 1
    again = Settings(**{**settings.__dict__, "out": str(tmp_path / "again")})
    fit(again, [source], [])
    other = torch.load(tmp_path / "again" / "last.pth")
    assert all(torch.equal(value, other["model"][key]) for key, value in content["model"].items())
    with pytest.raises(BadInput, match="--batch 4 cannot be shared by --processes 3"):
        fit(Settings(**{**settings.__dict__, "processes": 3}), [source], [])


def test_what_the_start_weights_knew_is_kept(source, tmp_path):
    torch.manual_seed(2)
    start = Yolox(80)
    torch.save(start.state_dict(), tmp_path / "fused.pth")
    fused = str(tmp_path / "fused.pth")
    settings = Settings(
        out=str(tmp_path / "run"), weights=fused, teacher=fused, epochs=1, samples=2, batch=2,
        size=(64, 64), sizes=((64, 64),), last_sizes=((64, 64),), workers=0, threads=1,
    )
    fit(settings, [source], [])
    model, _ = averaged(tmp_path / "run" / "last.pth")
    pixels = torch.rand(1, 3, 64, 64) * 255
    with torch.no_grad():
        assert model(pixels).shape[-1] == 5 + len(CLASSES)
    wanted = told(teacher(tmp_path / "fused.pth", "nano"), pixels)
    assert wanted.shape == (1, 84, len(REMEMBERED)) and 0 <= wanted.min() <= wanted.max() <= 1
    same = torch.logit(wanted.clamp(1e-6, 1 - 1e-6))
    assert forgotten(same, wanted) < 1e-6 < forgotten(same + 1, wanted) < forgotten(same + 3, wanted)


def test_a_run_goes_on_from_an_exported_file(source, tmp_path):
    torch.manual_seed(6)
    made = Yolox(len(CLASSES))
    made.remember()
    export_model(made.eval(), tmp_path / "shipped.onnx", (64, 64))
    settings = Settings(
        out=str(tmp_path / "run"), start=str(tmp_path / "shipped.onnx"), epochs=1, samples=2, batch=2, lr=0.0,
        size=(64, 64), sizes=((64, 64),), last_sizes=((64, 64),), workers=0, threads=1,
    )
    fit(settings, [source], [])
    model, content = averaged(tmp_path / "run" / "last.pth")
    for name, tensor in made.state_dict().items():
        assert torch.equal(tensor, model.state_dict()[name]), name
    digest = sha256((tmp_path / "shipped.onnx").read_bytes()).hexdigest()
    began, own = earlier_runs_of(content)
    assert began["settings"] == {"exported": "shipped.onnx", "sha256": digest} and own["epochs"] == 1
    assert start_weights(began["settings"]).startswith(f"shipped.onnx, SHA-256 {digest}")
    told = tomllib.loads(training(Facts(name="next", version="1", date="2026-01-02"), content, [source])[0])["training"]
    assert told["epochs"] == 1 and told["seeds"] == [1] and "--start shipped.onnx" in told["retrain"]


def test_a_stall_where_a_vehicle_is_seen_counts_less():
    classes = torch.zeros(1, len(CLASSES), 4, 4)
    things = torch.full((1, len(REMEMBERED), 4, 4), -9.0)
    things[0, VEHICLES[0], 0, 0] = 3.0
    seen = no_vehicle(classes, things).sigmoid()
    stall = seen[0, CLASSES.index("street_stall")]
    assert stall[3, 3] == pytest.approx(0.5, abs=1e-3) and stall[0, 0] == stall[1, 1] < 0.03
    others = [i for i, name in enumerate(CLASSES) if name != "street_stall"]
    assert torch.allclose(seen[0, others], torch.tensor(0.5))


def test_labels_added_to_the_photographs_of_others(tmp_path):
    images = []
    for i, origin in enumerate(("here", "here", "here", "there")):
        cv2.imwrite(str(tmp_path / f"{i}.png"), np.zeros((32, 32, 3), np.uint8))
        facts = {"id": i, "file_name": f"{i}.png", "width": 32, "height": 32}
        images.append({**facts, "source": origin, "labelled_classes": [0]})
    categories = [{"id": i, "name": n} for i, n in enumerate(CLASSES)]
    known = [{"id": 1, "image_id": 2, "category_id": 0, "bbox": [0, 0, 8, 8]}]
    content = {"images": images, "annotations": known, "categories": categories}
    (tmp_path / "a.json").write_text(json.dumps(content))
    source = Source.parse(f"real,real,{tmp_path / 'a.json'},{tmp_path}")
    entry = {"source": "here", "class": "street_stall", "but_for": ["1.png"], "boxes": {"2.png": [[4, 6, 10, 12]]}}
    (tmp_path / "added.json").write_text(json.dumps({"added": [entry]}))
    assert add(source.pictures(), tmp_path / "added.json") == 2
    store = PictureStore(labelled_by([source], str(tmp_path / "added.json")))
    stall = CLASSES.index("street_stall")
    assert [bool(p.labelled[stall]) for p in store.pictures] == [True, False, True, False]
    assert [p.labels.tolist() for p in store.pictures] == [[], [], [0, stall], []]
    assert store.scene(2).boxes.tolist() == [[0, 0, 8, 8], [4, 6, 14, 18]]
    (tmp_path / "added.json").write_text(json.dumps({"added": [{**entry, "class": "shop"}]}))
    with pytest.raises(BadInput, match="no such class: 'shop'"):
        labelled_by([source], str(tmp_path / "added.json"))[0].pictures()


def test_the_rate_warms_up_and_falls():
    settings = Settings(out="", lr=1.0, warm_up=10)
    rates = [learning_rate(settings, i / 100, i) for i in range(100)]
    assert rates[0] == pytest.approx(0.1, rel=0.01)
    assert max(rates) == pytest.approx(rates[9], rel=0.05)
    assert rates[-1] < 0.06


def test_sizes_are_width_by_height():
    assert parse_size("640x384") == (640, 384) and parse_size("416") == (416, 416)
    for wrong in ("640x380", "0", "32x32x32", "wide"):
        with pytest.raises(ValueError):
            parse_size(wrong)


def test_curves_are_pictures(tmp_path):
    val = {"real": {"bin_overflow": {"ap50": 0.5}}}
    loss = {"box": 0.3, "objectness": 2.0, "classes": 1.0}
    history = [{"epoch": e, "loss": loss, "val": val if e else {}} for e in range(3)]
    names = [p.name for p in curves(history, tmp_path)]
    assert names == ["loss.png", "ap50-real.png"]
    assert all(cv2.imread(str(tmp_path / name)).std() > 1 for name in names)


def test_runs_of_several_seeds_learn_apart_from_one_start(source, tmp_path):
    torch.manual_seed(0)
    torch.save(Yolox(80).state_dict(), tmp_path / "fused.pth")
    settings = Settings(
        out=str(tmp_path / "runs"), weights=str(tmp_path / "fused.pth"), epochs=1, samples=2, batch=2,
        size=(64, 64), sizes=((64, 64),), last_sizes=((64, 64),), workers=0, freeze=("stem", "d2"),
    )
    fit_seeds(settings, [3, 4], [source], [])
    three, four = (torch.load(tmp_path / "runs" / f"seed-{seed}" / "last.pth") for seed in (3, 4))
    assert three["settings"]["seed"] == 3 and four["settings"]["seed"] == 4
    for name, tensor in three["model"].items():
        if name.startswith(("stem.", "d2.")):
            assert torch.equal(tensor, four["model"][name]), name
    assert not torch.equal(three["model"]["rp.0.weight"], four["model"]["rp.0.weight"])
