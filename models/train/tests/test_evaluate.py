"""Average precision on cases worked out by hand."""

from pathlib import Path

import numpy as np
import pytest

from train.boxes import DOUBTED, doubted, suppress, with_doubt
from train.calibrate import choose, reliability
from train.coco import Picture
from train.data import letterbox
from train.score import ap_of, judge, score


def picture(boxes, labels, labelled=(1, 1, 1, 1, 1, 1), ignore=(), ignored=()):
    return Picture(
        path=Path("none"), width=100, height=100,
        boxes=np.array(boxes, np.float32).reshape(-1, 4), labels=np.array(labels, np.int64),
        ignore=np.array(ignore, np.float32).reshape(-1, 4),
        labelled=np.array(labelled, bool), stretched=False, ignore_labels=np.array(ignored, np.int64),
    )


def rows(*items):
    return np.array(items, np.float32).reshape(-1, 6)


def test_a_hit_a_false_alarm_and_a_miss():
    pictures = [picture([[0, 0, 10, 10], [50, 50, 60, 60]], [0, 0])]
    found = [rows([0, 0, 10, 10, 0.9, 0], [20, 20, 30, 30, 0.5, 0])]
    # Precision 1 up to recall 0.5: 51 of the 101 points.
    assert score((pictures, found))["bin_overflow"].ap50 == pytest.approx(51 / 101)


def test_ranking_matters():
    assert ap_of(np.array([0.9, 0.8]), np.array([False, True]), 1) == pytest.approx(0.5)
    assert ap_of(np.array([0.8, 0.9]), np.array([False, True]), 1) == pytest.approx(1.0)


def test_one_box_counts_once():
    pictures = [picture([[0, 0, 10, 10]], [2])]
    twice = [rows([0, 0, 10, 10, 0.9, 2], [0, 0, 10, 10, 0.8, 2])]
    result = score((pictures, twice))["garbage_pile"]
    assert result.ap50 == pytest.approx(1.0)


def test_the_threshold_keeps_a_stated_precision_above_it():
    # Right above 0.6, wrong at 0.3 and 0.5, right again at 0.2.
    scores = [0.9 - 0.02 * i for i in range(15)] + [0.5, 0.5, 0.5, 0.3, 0.2]
    good = [True] * 15 + [False] * 4 + [True]
    boxes = [[20 * i, 0, 20 * i + 10, 10] for i in range(16)]
    spots = boxes[:15] + [[0, 50 + 20 * i, 10, 60 + 20 * i] for i in range(4)] + boxes[15:]
    found = rows(*([*spot, s, 0] for spot, s in zip(spots, scores)))
    sets = [([picture(boxes, [0] * 16)], [found])]
    point = choose(sets, 0, 0.9)
    assert point.threshold == 0.51 and point.precision == 1.0
    assert point.recall == pytest.approx(15 / 16)
    assert sum(good) == 16


def test_a_class_without_boxes_has_no_threshold():
    assert choose([([picture([], [])], [rows()])], 0, 0.9) is None


def test_calibration_error_is_the_gap_between_score_and_rightness():
    pictures = [picture([[0, 0, 10, 10]], [0])]
    found = [rows([0, 0, 10, 10, 0.8, 0], [50, 50, 60, 60, 0.8, 0])]
    result = reliability([(pictures, found)], 0)
    assert result.counts == [2] and result.shares == [0.5]
    assert result.ece == pytest.approx(0.3, abs=1e-6)


def test_sizes_are_judged_apart_at_the_networks_input():
    wide = Picture(
        path=Path("none"), width=1280, height=768,
        boxes=np.array([[0, 0, 20, 20], [100, 100, 400, 400]], np.float32), labels=np.array([0, 0]),
        ignore=np.zeros((0, 4), np.float32), labelled=np.ones(6, bool), stretched=False,
        ignore_labels=np.zeros(0, np.int64),
    )
    found = ([wide], [rows([100, 100, 400, 400, 0.9, 0], [600, 600, 620, 620, 0.5, 0])])
    by_size = score(found, ((640, 384),))["bin_overflow"].by_size
    assert by_size["large"] == (pytest.approx(1.0), 1)
    assert by_size["small"] == (0.0, 1) and by_size["medium"][1] == 0
    assert judge(found, 0, 0.5, (0, 32), ((640, 384),))[0].tolist() == [0.5]


def test_pictures_that_do_not_label_the_class_are_left_out():
    pictures = [picture([[0, 0, 10, 10]], [0]), picture([], [], labelled=(0, 0, 0, 1, 0, 0))]
    found = [rows([0, 0, 10, 10, 0.5, 0]), rows([0, 0, 10, 10, 0.9, 0])]
    result = score((pictures, found))["bin_overflow"]
    assert result.ap50 == pytest.approx(1.0)
    assert result.pictures == 1


def test_detections_in_ignore_regions_count_neither_way():
    pictures = [picture([[0, 0, 10, 10]], [5], ignore=[[40, 40, 90, 90]], ignored=[5])]
    found = [rows([45, 45, 60, 60, 0.9, 5], [0, 0, 10, 10, 0.5, 5])]
    assert score((pictures, found))["street_stall"].ap50 == pytest.approx(1.0)


def test_a_region_to_ignore_is_one_for_its_class_only():
    pictures = [picture([[0, 0, 10, 10]], [5], ignore=[[40, 40, 90, 90]], ignored=[4])]
    found = [rows([45, 45, 60, 60, 0.9, 5], [0, 0, 10, 10, 0.5, 5])]
    assert score((pictures, found))["street_stall"].ap50 == pytest.approx(0.5)


def test_suppression_keeps_the_best_of_a_heap():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [30, 0, 40, 10]], np.float32)
    assert suppress(boxes, np.array([0.5, 0.9, 0.3])).tolist() == [1, 2]


def test_boxes_in_surer_ones_are_doubted():
    whole, counter, behind = [0, 0, 100, 100], [5, 40, 45, 95], [-10, -10, 110, 110]
    beside, apart = [60, 0, 160, 100], [200, 0, 220, 100]
    boxes = np.array([whole, counter, beside, behind, apart], np.float32)
    assert doubted(boxes).tolist() == [False, True, False, True, False]
    assert doubted(boxes[:0]).tolist() == []


def test_doubt_lowers_the_scores_of_stalls_alone_whatever_their_order():
    whole, counter = [0, 0, 100, 100], [5, 40, 45, 95]
    found = rows([*counter, 0.5, 5], [*whole, 0.9, 5], [*whole, 0.8, 4], [*counter, 0.3, 4])
    after = with_doubt([found, found[:0]])
    assert after[0][:, 4].tolist() == pytest.approx([0.9, 0.8, 0.3, 0.5 * DOUBTED]) and len(after[1]) == 0
    assert found[0, 4] == np.float32(0.5), "the detector's own stay as they were"


def test_letterbox_is_centred_on_grey():
    canvas, scale, left, top = letterbox(np.zeros((360, 640, 3), np.uint8), (416, 416))
    assert (scale, left, top) == (0.65, 0, 91)
    assert canvas[0, 0].tolist() == [114] * 3 and canvas[91, 0].tolist() == [0] * 3
    assert canvas[91 + 233, 0].tolist() == [0] * 3 and canvas[91 + 234, 0].tolist() == [114] * 3


def test_letterbox_takes_a_wide_input():
    canvas, scale, left, top = letterbox(np.zeros((720, 1280, 3), np.uint8), (640, 384))
    assert canvas.shape == (384, 640, 3) and (scale, left, top) == (0.5, 0, 12)
