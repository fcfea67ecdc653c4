"""What the second look does is chosen for a scene group without that group."""

import numpy as np
import pytest

from train.classes import CLASSES
from train.coco import BadInput, Picture
from train.second import choose
from train.second.choose import Choice, Evidence, Seen, ap, chosen_told, choices, shipped
from train.second.measure import Told
from train.second.network import AGAIN

STALL = "street_stall"


def told(sure: list[float], clear: list[float], kinds: list[int], weight: float = AGAIN[STALL]) -> Told:
    """As a file would tell it that weighs stalls so."""
    sure, clear, kinds = np.array(sure), np.array(clear), np.array(kinds)
    weights = np.where(kinds == 0, weight, AGAIN["billboard"])
    place = np.tile([10.0, 10, 50, 50], (len(sure), 1))
    return Told(np.arange(len(sure)), kinds, (1 - weights) * clear, weights * sure * clear, place, sure)


def test_the_shipped_choice_changes_nothing_and_others_undo_it():
    both = told([0.9, 0.2, 0.7], [0.5, 1.0, 1.0], [0, 1, 0])
    same = chosen_told(both, STALL, shipped(STALL))
    assert same.rows.tolist() == [0, 2]
    for part in ("keep", "add", "place", "pull"):
        assert getattr(same, part) == pytest.approx(getattr(both, part)[[0, 2]])
    alone = chosen_told(both, STALL, Choice(0.0, False, False))
    assert (alone.keep.tolist(), alone.add.tolist(), alone.pull.tolist()) == ([1, 1], [0, 0], [0, 0])
    half = chosen_told(both, STALL, Choice(0.5, True, True))
    assert half.keep == pytest.approx([0.25, 0.5]) and half.add == pytest.approx([0.225, 0.35])
    assert chosen_told(both, "billboard", shipped("billboard")).rows.tolist() == [1]


def test_what_is_told_by_other_weights_is_refused():
    with pytest.raises(BadInput, match="weighs street_stall otherwise than 0.35"):
        chosen_told(told([0.9], [1.0], [0], weight=0.25), STALL, shipped(STALL))


def test_every_class_has_the_shipped_choice_among_its_own():
    assert all(shipped(name) in choices(name) for name in choose.JUDGED)
    assert not any(choice.vehicles for choice in choices("billboard"))


def test_a_group_has_no_say_in_what_it_is_judged_by():
    right, wrong = (np.array([0.9]), np.array([True]), 1), (np.array([0.9]), np.array([False]), 1)
    good, bad = Choice(0.5, False, False), Choice(0.25, False, False)
    # `bad` finds the thing of group a and no other; `good` all but that
    groups = np.array(["a", "b", "c"])
    found = Evidence(groups, {bad: [right, wrong, wrong], good: [wrong, right, right]}, {bad: [], good: []}, [])
    assert found.best(("a",)) == good
    assert found.best(("b", "c")) == bad
    told = found.judged_by({(name,): found.best((name,)) for name in "abc"})
    assert [(f["held_out"], f["ap50"]) for f in told["folds"]] == [(["a"], 0), (["b"], 0), (["c"], 0)]
    assert found.judged_by(dict.fromkeys([("a",), ("b", "c")], good))["mean"] == 0.5


def test_pictures_that_show_none_and_other_sources_have_a_say():
    right, alarm = (np.array([0.5]), np.array([True]), 1), (np.array([0.9]), np.array([False]), 0)
    one, other = Choice(0.5, False, False), Choice(0.25, False, False)
    groups, same = np.array(["a", "b"]), {one: [right, right], other: [right, right]}
    assert Evidence(groups, same, {one: [alarm], other: []}, []).best(("a",)) == other
    missed = (np.zeros(0), np.zeros(0, bool), 1)
    assert Evidence(groups, same, {one: [], other: [alarm]}, [{one: [right], other: [missed]}]).best(("a",)) == one


def test_outcomes_are_of_one_class_and_all_wrong_where_none_is():
    kind = CLASSES.index(STALL)
    rows = np.array([[10, 10, 50, 50, 0.8, kind], [60, 10, 90, 50, 0.4, kind], [10, 10, 50, 50, 0.9, 4]], np.float32)
    boxes, labels = np.array([[10, 10, 50, 50]], np.float32), np.array([kind])
    nothing = np.zeros((0, 4), np.float32)
    picture = Picture(None, 100, 60, boxes, labels, nothing, np.ones(6, bool), False, np.zeros(0, int))
    seen = Seen([picture], [rows], [told([1.0, 0.0], [1.0, 0.5], [0, 0])])
    ((scores, right, total),) = seen.outcomes(STALL, Choice(0.5, True, False))
    assert (scores.tolist(), right.tolist(), total) == (pytest.approx([0.9, 0.1]), [True, False], 1)
    ((scores, right, total),) = seen.outcomes(STALL, Choice(0.0, False, False), shows_none=True)
    assert (scores.tolist(), right.tolist(), total) == (pytest.approx([0.8, 0.4]), [False, False], 0)
    assert np.isnan(ap([]))
