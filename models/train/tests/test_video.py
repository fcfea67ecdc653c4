"""A made clip with one static thing: found, missed, and false alarms that last."""

import json

import cv2
import numpy as np
import pytest

from train import video
from train.classes import CLASSES

LIMITS = dict.fromkeys(CLASSES, 0.5)
SIZE = (128, 96)


@pytest.fixture
def folder(tmp_path):
    clip = cv2.VideoWriter(
        str(tmp_path / "a.mp4"), cv2.VideoWriter_fourcc(*"mp4v"), 4.0, (128, 96)
    )
    for _ in range(16):
        clip.write(np.full((96, 128, 3), 90, np.uint8))
    clip.release()
    truth = {"file": "a.mp4", "boxes_all_frames": [{"class": "billboard", "xyxy": [32, 32, 64, 64]}]}
    (tmp_path / "a_gt.json").write_text(json.dumps(truth))
    return tmp_path


def firing(kind, cell, score=0.9):
    """A network that sees one thing of 32 pixels at a cell of stride 32, in every frame."""

    def predict(pixels):
        rows = np.zeros((len(pixels), 16 * 12 + 8 * 6 + 4 * 3, 5 + len(CLASSES)), np.float32)
        at = 16 * 12 + 8 * 6 + cell
        rows[:, at, :4] = (0.5, 0.5, 0.0, 0.0)
        rows[:, at, 4], rows[:, at, 5 + CLASSES.index(kind)] = 1.0, score
        return rows

    return predict


def test_a_static_thing_is_found_in_all_frames(folder):
    (seen,) = video.check(firing("billboard", 5), (SIZE,), folder, LIMITS)
    assert seen.frames == 8 and seen.found == {"billboard": 1.0}
    assert sum(seen.false.values()) == 0


def test_below_its_threshold_it_is_missed(folder):
    (seen,) = video.check(firing("billboard", 5, 0.4), (SIZE,), folder, LIMITS)
    assert seen.found == {"billboard": 0.0}


def test_a_false_alarm_that_lasts_is_told(folder):
    (seen,) = video.check(firing("street_stall", 2), (SIZE,), folder, LIMITS)
    assert seen.false["street_stall"] == 8 and seen.lasting["street_stall"] == 1


def test_a_clip_that_cannot_be_read_is_refused(folder):
    (folder / "b.mp4").write_bytes(b"no clip")
    with pytest.raises(ValueError, match="b.mp4"):
        video.check(firing("billboard", 5), (SIZE,), folder, LIMITS)
