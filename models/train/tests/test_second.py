"""The second look: what it is shown, what it learns from, and its release through the command line."""

import tomllib

import numpy as np
import onnxruntime
import pytest
import torch

from train import __main__ as cli
from train.classes import CLASSES
from train.coco import Picture
from train.data import PictureStore
from train.model import Yolox, anchor_grid
from train.second import crops, measure, samples, vehicles
from train.second.learn import BATCH, Drawing, Part
from train.second.network import SIZE, SecondLook
from train.second.samples import Samples

STALL_CLASS = CLASSES.index("street_stall")


def test_a_cut_out_is_a_square_around_the_box_and_grey_outside():
    image = np.zeros((100, 200, 3), np.uint8)
    image[40:60, 90:130] = 255
    x, y, side = crops.square(np.array([90, 40, 130, 60]))
    assert (x, y, side) == (110, 50, 64)
    shown = crops.cut(image, (x, y, side), 64)
    assert shown[32, 32].tolist() == [255] * 3 and shown[32, 8].tolist() == [0] * 3
    assert (shown[22:42, 12:52] == 255).mean() > 0.95, "neither moved nor stretched"
    beyond = crops.cut(image, crops.square(np.array([-10, 0, 30, 40])), 64)
    assert (beyond[:, :21] == crops.GREY).all() and (beyond[:11] == crops.GREY).all()
    assert crops.square(np.array([5, 5, 6, 6]))[2] == 8 * crops.MARGIN


def test_large_boxes_are_averaged_and_not_sampled():
    image = np.tile(np.array([[0], [255]], np.uint8), (200, 400))[..., None].repeat(3, 2)
    shown = crops.cut(image, (200, 200, 400), 50)
    assert abs(float(shown.mean()) - 127.5) < 6 and shown.std() < 30


def test_only_a_vehicle_over_most_of_the_middle_counts():
    grid = anchor_grid(64, 64)
    raw = torch.full((1, len(grid), 5 + 7), -12.0)
    cell = int(((grid[:, 0] == 4) & (grid[:, 1] == 4) & (grid[:, 2] == 8)).nonzero())
    raw[0, cell, :2] = 0.0
    raw[0, cell, 4:] = 4.0
    for pixels, seen in ((48, True), (20, False)):
        raw[0, cell, 2:4] = float(np.log(pixels / 8))
        found = float(vehicles.vehicle_in_the_middle(raw, grid, 64))
        assert (found > 0.9) == seen, pixels


def test_a_vehicle_takes_from_the_score():
    net = SecondLook(Yolox(7)).eval()
    crops = torch.zeros(2, 3, SIZE, SIZE)
    assert net(crops).shape == (2,)
    for bias, low, high in ((8.0, 0.0, 0.01), (-8.0, 0.99, 1.0)):
        torch.nn.init.constant_(net.head.bias, bias)
        keep = net.keep(crops)
        assert keep.shape == (2, 1) and low <= float(keep.min()) and float(keep.max()) <= high


def store_of(boxes, labels, labelled=None):
    store = PictureStore([])
    store.pictures = [
        Picture(
            path=None, width=200, height=100, boxes=np.array(boxes, np.float32).reshape(-1, 4),
            labels=np.array([CLASSES.index(n) for n in labels], np.int64),
            ignore=np.zeros((0, 4), np.float32),
            labelled=np.array([labelled is None or n in labelled for n in CLASSES]), stretched=False,
        )
    ]
    store.pixels = [np.zeros((100, 200, 3), np.uint8)]
    return store


def test_places_are_stalls_seen_or_true_and_vehicles(monkeypatch):
    vehicle = np.array([150, 50, 190, 90], np.float32)
    monkeypatch.setattr(samples, "vehicles_of", lambda *_: vehicle[None])
    store = store_of([[0, 0, 20, 20], [50, 0, 80, 20]], ["bin_normal", "street_stall"])
    found = np.array([[120, 50, 180, 90, 0.4, STALL_CLASS], [0, 0, 9, 9, 0.9, 0]], np.float32)
    places = samples.places_in(store, 0, found, Yolox(7), (128, 96))
    assert [p.tolist() for p in places] == [[120, 50, 180, 90], [50, 0, 80, 20], vehicle.tolist()]


def test_half_of_a_batch_are_vehicles():
    places = Samples()
    places.add(0, [np.array([0, 0, 10, 10])] * 5)
    places.told = np.array([0.9, 0.0, 0.0, 0.0, 0.1])
    crops, told = Drawing([Part(store_of([], []), places)], 0).batch()
    assert crops.shape == (BATCH, 3, SIZE, SIZE) and int((told > 0.5).sum()) == BATCH // 2
    places.told = np.zeros(5)
    assert len(Drawing([Part(store_of([], []), places)], 0).batch()[1]) == BATCH


def test_scores_fall_only_where_the_class_is_looked_at_again():
    rows = np.array([[0, 0, 50, 50, 0.8, STALL_CLASS], [0, 0, 50, 50, 0.7, 3]], np.float32)
    image = np.zeros((100, 100, 3), np.uint8)
    look = lambda pixels: np.full((len(pixels), 1), 0.25, np.float32)  # noqa: E731
    after = measure.looked(look, SIZE, ("street_stall",), [image], [rows])[0]
    assert after[:, 4].tolist() == pytest.approx([0.7, 0.2]), "and sorted by the new score"
    assert rows[0, 4] == np.float32(0.8), "the detector's own stay as they were"


def test_a_release_has_a_file_a_card_and_curves(inputs, monkeypatch, capsys):
    torch.save(Yolox(80).state_dict(), inputs / "fused.pth")
    source = f"{inputs / 'a.json'},{inputs}"
    out = inputs / "look"
    arguments = [
        "second", inputs / "last.pth", "--weights", inputs / "fused.pth", "--out", out, "--steps", "2",
        "--learnt", inputs / "second.pth", "--date", "2026-01-02", "--train", f"t,rendered,{source}", "--val", f"v,rendered,{source}",
    ]
    monkeypatch.setattr("sys.argv", ["train", *map(str, arguments)])
    monkeypatch.setattr(measure.Compared, "gain", lambda self, name: -1.0)
    cli.main()
    assert "no file is written" in capsys.readouterr().out and not (out / "model.toml").exists()
    monkeypatch.setattr(measure.Compared, "gain", lambda self, name: 1.0)
    cli.main()
    assert "2/2" not in capsys.readouterr().out, "what was learnt once is not learnt again"
    card = tomllib.loads((out / "model.toml").read_text())
    assert card["kind"] == "second look" and [c["name"] for c in card["class"]] == ["street_stall"]
    assert card["input"]["margin"] == crops.MARGIN and card["scores"]["v"]["kind"] == "rendered"
    assert (out / "plots" / "second-look-v-street_stall.png").exists()
    session = onnxruntime.InferenceSession(str(out / card["file"]), providers=["CPUExecutionProvider"])
    put = session.get_inputs()[0]
    assert (put.name, put.type, put.shape[1:]) == ("crops", "tensor(uint8)", [3, SIZE, SIZE])
    keep = session.run(["keep"], {"crops": np.zeros((5, 3, SIZE, SIZE), np.uint8)})[0]
    assert keep.shape == (5, 1) and 0 <= keep.min() and keep.max() <= 1
    with pytest.raises(SystemExit, match="--force"):
        cli.main()
