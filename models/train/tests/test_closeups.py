"""Close-ups: what they are made of, where the thing lies in them, and a run that learns from them."""

import json
import sys

import numpy as np
import torch

from train import __main__ as cli
from train.augment import Scene
from train.classes import CLASSES
from train.second import closeups
from train.second.closeups import LOOSE, chosen, close_up, told_apart, with_board
from train.second.crops import MARGIN

BOARD = CLASSES.index("billboard")
RNG = np.random.default_rng


def scene(boxes=(), labels=(), ignore=(), right=(), wrong=(), labelled=True):
    corners = (np.array(some, np.float32).reshape(-1, 4) for some in (boxes, ignore, right, wrong))
    boxes, ignore, *seen = corners
    image = np.full((240, 400, 3), 80, np.uint8)
    for x1, y1, x2, y2 in boxes.astype(int):
        image[y1:y2, x1:x2] = 230
    known = np.full(len(CLASSES), labelled)
    return Scene(image, boxes, np.array(labels, np.int64), ignore, known, False, tuple(seen))


def test_a_close_up_has_the_thing_in_its_middle_as_large_as_the_second_look_shows_it():
    one = scene([[150, 100, 230, 140]], [BOARD])
    for seed in range(20):
        view = close_up(one, one.boxes[0], (256, 256), RNG(seed))
        (box,) = view.boxes
        assert 256 / MARGIN * 0.6 < box[2] - box[0] < 256 / MARGIN * 1.6
        assert np.abs((box[:2] + box[2:]) / 2 - 128).max() < 45
        x1, y1, x2, y2 = box.round().astype(int)
        assert view.image[y1 + 4 : y2 - 4, x1 + 4 : x2 - 4].min() == 230, "the label is where the thing is"


def test_a_detection_is_right_or_wrong_unless_it_is_to_be_ignored_or_nothing_is_labelled():
    boxes = np.array([[10, 10, 50, 50], [12, 10, 52, 50], [100, 100, 140, 140], [200, 200, 240, 240]], np.float32)
    scores, kinds = np.array([[0.9], [0.5], [0.3], [0.4]]), np.full((4, 1), BOARD)
    rows = np.concatenate((boxes, scores, kinds), 1).astype(np.float32)

    def counts(one):
        return [len(boxes) for boxes in told_apart(one, rows)]

    right, wrong = told_apart(scene([[10, 10, 50, 50]], [BOARD], ignore=[[90, 90, 150, 150]]), rows)
    assert right.tolist() == boxes[:2].tolist() and wrong.tolist() == boxes[3:].tolist()
    assert counts(scene()) == [0, 4]
    assert counts(scene(labelled=False)) == [0, 0]
    assert counts(scene([[10, 10, 50, 50]], [BOARD + 1])) == [0, 4], "a stall"
    rows[:, 4] = 0.01
    assert counts(scene()) == [0, 0], "hardly seen at all"
    rows[:, 4:] = 0.9, BOARD - 1
    assert counts(scene()) == [0, 0], "a class that is not looked at again"


def test_what_is_seen_rightly_and_wrongly_is_shown_about_as_often_and_labels_loosely():
    right, wrong, true = [12, 10, 52, 50], [200, 100, 240, 140], [10, 10, 50, 50]
    both = scene([true, [60, 60, 99, 99]], [BOARD, BOARD - 1], right=[right], wrong=[wrong])
    shown = [chosen(both, RNG(seed)).tolist() for seed in range(300)]
    shares = [np.mean([box == one for box in shown]) for one in (right, wrong)]
    assert 0.28 < shares[0] < 0.5 and 0.35 < shares[1] < 0.57
    rest = np.array([box for box in shown if box not in (right, wrong)])
    assert len(rest) > 20 and np.abs(rest - true).max() <= 2 * LOOSE * 40 + 1e-4 and rest.std(0).min() > 1
    assert chosen(scene(wrong=[wrong]), RNG(0)).tolist() == wrong


def test_a_made_board_is_shown_whole_or_by_a_part_of_it():
    whole = part = 0
    for seed in range(60):
        made, focus = with_board(scene(), [np.full((100, 160, 3), 200, np.uint8)] * 2, RNG(seed), 0.5)
        if focus is None:
            assert len(made.boxes) == 0
            continue
        (box,) = made.boxes
        extent = box[2:] - box[:2]
        assert made.labels.tolist() == [BOARD]
        assert (np.abs(focus - box) <= np.tile(extent, 2)).all()
        is_whole = np.abs(focus - box).max() <= 2 * LOOSE * extent.max() + 1e-3
        whole, part = whole + is_whole, part + (not is_whole)
    assert whole > 8 and part > 8


def test_a_run_learns_from_close_ups_of_what_a_checkpoint_sees(inputs, monkeypatch, capsys):
    coco = json.loads((inputs / "a.json").read_text())
    coco["annotations"][0]["category_id"] = BOARD - 1
    (inputs / "a.json").write_text(json.dumps(coco))
    monkeypatch.setattr(
        closeups, "detect_all", lambda predict, images, size: [np.zeros((0, 6), np.float32) for _ in images]
    )
    source = f"{inputs / 'a.json'},{inputs}"
    arguments = [
        "fit", "--out", inputs / "run", "--start", inputs / "last.pth", "--close-ups", inputs / "last.pth", "--size",
        "128x96", "--sizes", "64", "--last-sizes", "64", "--epochs", 1, "--samples", 4, "--batch", 2, "--workers", 0,
        "--board", "0.5", "--train", f"pictures,real,{source}",
    ]
    monkeypatch.setattr(sys, "argv", ["train", *map(str, arguments)])
    cli.main()
    assert "1 pictures for close-ups: things seen 0 times" in capsys.readouterr().out, "one of the two shows neither stall nor board"
    content = torch.load(inputs / "run" / "last.pth")
    assert content["steps"] == 2 and content["settings"]["close_ups"] == str(inputs / "last.pth")
