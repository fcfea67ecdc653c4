"""Average precision on cases worked out by hand."""

from pathlib import Path

import numpy as np
import pytest

from train.data import Picture, letterbox, read_coco
from train.evaluate import ap_of, operating_point, score, suppress


def picture(boxes, labels, labelled=(1, 1, 1, 1, 1, 1), ignore=()):
    return Picture(
        path=Path("none"), width=100, height=100,
        boxes=np.array(boxes, np.float32).reshape(-1, 4), labels=np.array(labels, np.int64),
        ignore=np.array(ignore, np.float32).reshape(-1, 4),
        labelled=np.array(labelled, bool), stretched=False,
    )


def rows(*items):
    return np.array(items, np.float32).reshape(-1, 6)


def test_a_hit_a_false_alarm_and_a_miss():
    pictures = [picture([[0, 0, 10, 10], [50, 50, 60, 60]], [0, 0])]
    found = [rows([0, 0, 10, 10, 0.9, 0], [20, 20, 30, 30, 0.5, 0])]
    # Precision 1 up to recall 0.5: 51 of the 101 points.
    assert score(pictures, found)["bin_overflow"].ap50 == pytest.approx(51 / 101)


def test_ranking_matters():
    assert ap_of(np.array([0.9, 0.8]), np.array([False, True]), 1) == pytest.approx(0.5)
    assert ap_of(np.array([0.8, 0.9]), np.array([False, True]), 1) == pytest.approx(1.0)


def test_one_box_counts_once():
    pictures = [picture([[0, 0, 10, 10]], [2])]
    twice = [rows([0, 0, 10, 10, 0.9, 2], [0, 0, 10, 10, 0.8, 2])]
    result = score(pictures, twice)["garbage_pile"]
    assert result.ap50 == pytest.approx(1.0)
    point = operating_point([(pictures, twice)], 2, low=0.5, high=0.5)
    assert point == (0.5, [(0.5, 1.0)])


def test_pictures_that_do_not_label_the_class_are_left_out():
    pictures = [picture([[0, 0, 10, 10]], [0]), picture([], [], labelled=(0, 0, 0, 1, 0, 0))]
    found = [rows([0, 0, 10, 10, 0.5, 0]), rows([0, 0, 10, 10, 0.9, 0])]
    result = score(pictures, found)["bin_overflow"]
    assert result.ap50 == pytest.approx(1.0)
    assert result.pictures == 1


def test_detections_in_ignore_regions_count_neither_way():
    pictures = [picture([[0, 0, 10, 10]], [5], ignore=[[40, 40, 90, 90]])]
    found = [rows([45, 45, 60, 60, 0.9, 5], [0, 0, 10, 10, 0.5, 5])]
    assert score(pictures, found)["street_stall"].ap50 == pytest.approx(1.0)


def test_suppression_keeps_the_best_of_a_heap():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [30, 0, 40, 10]], np.float32)
    assert suppress(boxes, np.array([0.5, 0.9, 0.3])).tolist() == [1, 2]


def test_letterbox_is_centred_on_grey():
    canvas, scale, left, top = letterbox(np.zeros((360, 640, 3), np.uint8), 416)
    assert (scale, left, top) == (0.65, 0, 91)
    assert canvas[0, 0].tolist() == [114] * 3 and canvas[91, 0].tolist() == [0] * 3
    assert canvas[91 + 233, 0].tolist() == [0] * 3 and canvas[91 + 234, 0].tolist() == [114] * 3


def test_crowd_becomes_ignore_and_foreign_categories_are_dropped(tmp_path):
    (tmp_path / "a.json").write_text(
        """{"images":[{"id":1,"file_name":"x.jpg","width":10,"height":10,"labelled_classes":[4,5]}],
        "categories":[{"id":5,"name":"street_stall"},{"id":4,"name":"billboard"},{"id":6,"name":"banner"}],
        "annotations":[{"image_id":1,"category_id":5,"bbox":[1,1,4,4],"iscrowd":1},
        {"image_id":1,"category_id":6,"bbox":[1,1,4,4]},{"image_id":1,"category_id":4,"bbox":[2,2,3,4]}]}"""
    )
    one = read_coco(tmp_path / "a.json", tmp_path)[0]
    assert one.boxes.tolist() == [[2, 2, 5, 6]] and one.labels.tolist() == [4]
    assert one.ignore.tolist() == [[1, 1, 5, 5]]
    assert one.labelled.tolist() == [False, False, False, False, True, True]
