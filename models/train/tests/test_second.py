"""The second look: what it is shown, what it says, and its release through the command line."""

import json
import tomllib

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper

from train import __main__ as cli
from train.classes import CLASSES
from train.model import Yolox, anchor_grid
from train.second import crops, measure, network
from train.second.network import SIZE, SecondLook

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


def one_box(kinds, pixels, middle=(32.0, 32.0), sides=(1.0, 1.0)):
    """[1, anchors, 5 + kinds]: one box of all kinds, so many pixels long, in a cut-out of 64."""
    grid = anchor_grid(64, 64)
    raw = torch.full((1, len(grid), 5 + kinds), -12.0)
    cell = int(((grid[:, 0] == 4) & (grid[:, 1] == 4) & (grid[:, 2] == 8)).nonzero())
    raw[0, cell, :2] = torch.tensor(middle) / 8 - 4
    raw[0, cell, 2:4] = torch.tensor([float(np.log(pixels * side / 8)) for side in sides])
    raw[0, cell, 4:] = 0.0
    raw[0, cell, 4] = 12.0
    return raw, grid


def test_only_vehicles_over_most_of_the_middle_count_and_all_of_them():
    for pixels, expected in ((48, 1 - 0.5**7), (20, 0.0)):
        raw, grid = one_box(7, pixels)
        assert float(network.any_vehicle(raw, grid, 64)) == pytest.approx(expected, abs=0.01)


def test_only_the_same_thing_is_seen_again():
    box = 64 / crops.MARGIN
    for seen, pixels, middle, sides in (
        (True, box, (32, 32), (1, 1)), (True, box, (32, 32), (0.3, 1)), (False, box * 0.6, (32, 32), (1, 1)),
        (False, box * 1.5, (32, 32), (1, 1)), (False, box, (32 + 0.3 * box, 32), (1, 1)),
    ):
        raw, grid = one_box(len(CLASSES), pixels, middle, sides)
        found, place = network.seen_again(raw, grid, 64, [STALL_CLASS, 4])
        half = [pixels * side / 2 for side in sides]
        due = [(c + sign * h) / 64 for sign in (-1, 1) for c, h in zip(middle, half)]
        assert not seen or place[0, 1].tolist() == pytest.approx(due, abs=0.01)
        assert found.tolist() == [pytest.approx([0.5 * seen] * 2, abs=0.01)], (pixels, middle, sides)


def test_a_verdict_takes_from_stalls_that_are_vehicles_and_never_exceeds_one(monkeypatch):
    net = SecondLook(Yolox(len(CLASSES)), Yolox(len(network.VEHICLES)))
    shown, kinds = torch.zeros(4, 3, SIZE, SIZE), torch.tensor([0, 1, 1, 0])
    keep, add, place, pull = net(shown, kinds)
    assert keep.shape == add.shape == pull.shape == (4, len(network.JUDGED)) and float((keep + add).max()) <= 1
    assert place.shape == (4, len(network.JUDGED), 4)
    sure = torch.tensor([[1.0, 0.5]]).expand(4, 2)
    monkeypatch.setattr(network, "seen_again", lambda *_: (sure, torch.ones(4, 2, 4)))
    monkeypatch.setattr(network, "any_vehicle", lambda *_: torch.tensor([0.0, 0.9]))
    keep, add, place, pull = net(shown, kinds)
    assert pull.tolist() == [[1, 0], [0, 0.5], [0, 0.5], [1, 0]], "as far as it is sure"
    stall, board = network.AGAIN["street_stall"], network.AGAIN["billboard"]
    assert keep.flatten().tolist() == pytest.approx([1 - stall, 0, 0, 1 - board, 0, 1 - board, (1 - stall) * 0.1, 0])
    assert add.flatten().tolist() == pytest.approx([stall, 0, 0, board / 2, 0, board / 2, stall * 0.1, 0])
    assert place[..., 0].tolist() == [[1, 0], [0, 1], [0, 1], [1, 0]], "nothing is said of the other class"


def test_all_are_shown_to_the_network_that_learnt_close_ups_and_stalls_alone_to_the_start_network(monkeypatch):
    monkeypatch.setattr(network, "fused_copy", lambda noting: noting)
    monkeypatch.setattr(network, "any_vehicle", lambda raw, *_: raw[:, 0, 0])
    monkeypatch.setattr(network, "seen_again", lambda raw, *_: (torch.zeros(len(raw), 2), torch.zeros(len(raw), 2, 4)))
    closer, vehicles = Noting(), Noting()
    shown = torch.tensor([0.75, 0.25, 0.5])[:, None, None, None].expand(-1, 3, SIZE, SIZE)
    keep, *_ = SecondLook(closer, vehicles)(shown, torch.tensor([1, 0, 1]))
    assert (closer.seen, vehicles.seen) == ([0.75, 0.25, 0.5], [0.25])
    stall, board = network.AGAIN["street_stall"], network.AGAIN["billboard"]
    assert keep.flatten().tolist() == pytest.approx([0, 1 - board, (1 - stall) * 0.75, 0, 0, 1 - board])


class Noting(torch.nn.Module):
    """Notes how bright what it is shown is, and says that."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, crops):
        bright = crops.mean((1, 2, 3))
        self.seen += bright.tolist()
        return bright[:, None, None].expand(-1, 4, 5)


def test_scores_change_only_where_the_class_is_looked_at_again():
    rows = np.array([[0, 0, 50, 50, 0.8, STALL_CLASS], [0, 0, 50, 50, 0.7, 3]], np.float32)
    image = np.zeros((100, 100, 3), np.uint8)
    told = (np.full((1, 1), 0.25, np.float32), np.full((1, 1), 0.1), np.array([[[0.5, 0.5, 0.75, 1.0]]]), np.full((1, 1), 0.5))
    after = measure.looked(lambda *_: told, SIZE, ("street_stall",), [image], [rows])[0]
    assert after[:, 4].tolist() == pytest.approx([0.7, 0.3]), "and sorted by the new score"
    # half way to the corners 25, 25, 45 and 65 of a square of 80 pixels around 25, 25
    assert after[1, :4].tolist() == pytest.approx([12.5, 12.5, 47.5, 57.5]) and after[0, :4].tolist() == [0, 0, 50, 50]
    assert rows[0, 4] == np.float32(0.8), "the detector's own stay as they were"


def test_of_boxes_that_come_to_lie_on_each_other_the_surest_stays():
    stall, lower, other = [0, 0, 50, 50, 0.8, STALL_CLASS], [0, 1, 50, 50, 0.7, STALL_CLASS], [0, 0, 50, 50, 0.6, 3]
    beside = [60, 0, 99, 50, 0.5, STALL_CLASS]
    after = measure.without_doubles(np.array([beside, lower, stall, other], np.float32), [STALL_CLASS])
    assert after.tolist() == np.array([stall, other, beside], np.float32).tolist()


def test_a_file_that_says_nothing_of_places_moves_no_box(tmp_path):
    pixels = helper.make_tensor_value_info("crops", TensorProto.UINT8, ["n", 3, 8, 8])
    said = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 1]) for name in ("keep", "add")]
    nodes = [
        helper.make_node("Cast", ["crops"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMax", ["floats"], ["flat"], axes=[1, 2], keepdims=0),
        helper.make_node("ReduceMax", ["flat"], ["keep"], axes=[1], keepdims=1),
        helper.make_node("Identity", ["keep"], ["add"]),
    ]
    graph = helper.make_graph(nodes, "old", [pixels], said)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=9)
    onnx.save(model, tmp_path / "old.onnx")
    keep, add, place, pull = measure.onnx_look(tmp_path / "old.onnx")(np.ones((3, 3, 8, 8), np.uint8), np.zeros(3, int))
    assert keep.tolist() == add.tolist() == [[1.0]] * 3
    assert place.shape == (3, 1, 4) and not pull.any()


def test_a_release_has_a_file_a_card_and_curves(inputs, monkeypatch, capsys):
    torch.save(Yolox(80).state_dict(), inputs / "fused.pth")
    source = f"{inputs / 'a.json'},{inputs}"
    out = inputs / "look"
    arguments = [
        "second", inputs / "last.pth", "--closer", inputs / "last.pth", "--weights", inputs / "fused.pth", "--out", out,
        "--date", "2026-01-02", "--val", f"v,rendered,{source}",
    ]
    monkeypatch.setattr("sys.argv", ["train", *map(str, arguments)])
    monkeypatch.setattr(measure.Compared, "gain", lambda self, name: -1.0)
    cli.main()
    assert "no file is written" in capsys.readouterr().out and not (out / "model.toml").exists()
    monkeypatch.setattr(measure.Compared, "gain", lambda self, name: 1.0)
    cli.main()
    card = tomllib.loads((out / "model.toml").read_text())
    assert card["kind"] == "second look" and [c["name"] for c in card["class"]] == list(network.JUDGED)
    assert card["input"]["margin"] == crops.MARGIN and card["scores"]["v"]["kind"] == "rendered"
    assert (out / "plots" / "second-look-v-street_stall.png").exists()
    session = onnxruntime.InferenceSession(str(out / card["file"]), providers=["CPUExecutionProvider"])
    puts = [(put.name, put.type, put.shape[1:]) for put in session.get_inputs()]
    assert puts == [("crops", "tensor(uint8)", [3, SIZE, SIZE]), (card["input"]["kinds"], "tensor(int64)", [])]
    assert card["output"] == {"name": "keep", "add": "add", "place": "place", "pull": "pull"}
    for kinds in ([0, 1, 1, 0, 1], [0] * 5, [1] * 5):
        shown = {"crops": np.zeros((5, 3, SIZE, SIZE), np.uint8), "kinds": np.array(kinds)}
        for part in session.run(["keep", "add", "pull"], shown):
            assert part.shape == (5, 2) and 0 <= part.min() and part.max() <= 1
    with pytest.raises(SystemExit, match="--force"):
        cli.main()
    detector = inputs / "detector"
    arguments = [
        "export", inputs / "last.pth", "--name", "toy", "--out", detector, "--date", "2026-01-02",
        "--second", out / "model.toml", "--train", f"v,rendered,{source}", "--val", f"v,rendered,{source}",
    ]
    monkeypatch.setattr("sys.argv", ["train", *map(str, arguments)])
    cli.main()
    told = tomllib.loads((detector / "model.toml").read_text())["second_look"]
    assert told == {"name": "street-look", "sha256": card["sha256"]}
    coco = json.loads((inputs / "a.json").read_text())
    for image, group in zip(coco["images"], "ab"):
        image["scene_group"] = group
    (inputs / "a.json").write_text(json.dumps(coco))
    arguments = [
        "choose", detector / "toy.onnx", out / "model.toml", "--extra", f"v,real,{source}", "--val", f"w,rendered,{source}",
        "--stall-free", f"u,rendered,{source}", "--out", inputs / "new" / "chosen.json", "--card",
    ]
    monkeypatch.setattr("sys.argv", ["train", *map(str, arguments)])
    capsys.readouterr()
    cli.main()
    once = (out / "model.toml").read_text()
    cli.main()
    assert (out / "model.toml").read_text() == once, "a section takes the place of the earlier one"
    scores = tomllib.loads(once)["scores"]
    assert scores.pop("chosen")["by"] == ["u", "w"] and scores == card["scores"]
    assert "street_stall: AP50 of each fold" in capsys.readouterr().out
    chosen = json.loads((inputs / "new" / "chosen.json").read_text())["street_stall"]["chosen"]
    assert [(fold["held_out"], fold["boxes"]) for fold in chosen["folds"]] == [(["a"], 1), (["b"], 1)]
