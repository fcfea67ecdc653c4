"""Boxes stay on their objects whatever is done to the picture."""

import numpy as np
import pytest

from train.augment import Augmenter, Scene, View, codec, lens, photo
from train.augment.board import cut, put_board, wall
from train.augment.paste import decoy_box, paste, soft_edge
from train.augment.place import place

RNG = np.random.default_rng


def scene(width=200, height=120, box=(60, 30, 120, 90), labels=(5,), stretched=False):
    """A bright rectangle on black: its box can be measured in any picture made of it."""
    image = np.zeros((height, width, 3), np.uint8)
    x1, y1, x2, y2 = box
    image[y1:y2, x1:x2] = 255
    return Scene(
        image=image, boxes=np.array([box], np.float32), labels=np.array(labels),
        ignore=np.zeros((0, 4), np.float32), labelled=np.array([1, 1, 1, 0, 1, 1], bool),
        stretched=stretched,
    )


def bright(image, threshold=160):
    ys, xs = np.nonzero(image.min(-1) > threshold)
    return np.array((xs.min(), ys.min(), xs.max() + 1, ys.max() + 1), float)


@pytest.mark.parametrize("flip", [False, True])
def test_a_placed_box_lies_on_its_object(flip):
    view = View.grey(160, 96)
    place(view, scene(), (0, 0, 160, 96), (5, 7, 120, 80), flip, RNG(0))
    assert np.abs(bright(view.image) - view.boxes[0]).max() <= 1.5
    assert view.regions[0].tolist() == [5, 7, 125, 87]


def test_a_box_mostly_cut_off_becomes_ignore():
    view = View.grey(64, 64)
    place(view, scene(), (0, 0, 64, 64), (-95, 0, 200, 120), False, RNG(0))
    assert view.boxes == [] and len(view.ignore) == 1


@pytest.mark.parametrize("bend", [-0.1, 0.15, 0.35])
def test_lens_distortion_keeps_the_box_around_the_object(bend):
    view = View.grey(200, 120)
    place(view, scene(box=(10, 8, 60, 40)), (0, 0, 200, 120), (0, 0, 200, 120), False, RNG(0))
    lens.distort(view, bend)
    assert np.abs(bright(view.image) - view.boxes[0]).max() <= 2


def test_a_pasted_box_lies_on_its_object():
    for seed in range(6):
        view = View.grey(320, 192)
        place(view, scene(box=(1, 1, 3, 3)), (0, 0, 320, 192), (0, 0, 320, 192), False, RNG(0))
        view.boxes.clear(), view.labels.clear()
        donor = scene()
        assert paste(view, donor, donor.boxes[0], 5, RNG(seed))
        (box,), (label,) = view.boxes, view.labels
        assert label == 5 and (box[:2] >= 0).all() and (box[2:] <= (320, 192)).all()
        x1, y1, x2, y2 = box.round().astype(int)
        middle = view.image[(y1 + y2) // 2, (x1 + x2) // 2].mean()
        assert middle > view.image[5, 318].mean() + 40


def test_a_decoy_gives_a_region_and_no_box():
    view = View.grey(320, 192)
    donor = scene()
    window = decoy_box(donor, RNG(1))
    assert window is not None
    assert paste(view, donor, window, None, RNG(1))
    assert view.boxes == [] and len(view.regions) == 1
    assert view.labelled[0].tolist() == donor.labelled.tolist()


def test_what_a_paste_covers_is_no_longer_taught():
    view = View.grey(100, 60)
    view.boxes, view.labels = [np.array((40, 20, 50, 30), np.float32)], [0]
    donor = scene(width=400, height=240, box=(0, 0, 400, 240))
    seeds = (s for s in range(200))
    while view.boxes and view.labels == [0]:
        trial = View.grey(100, 60)
        trial.boxes, trial.labels = [np.array((40, 20, 50, 30), np.float32)], [0]
        paste(trial, donor, donor.boxes[0], 5, RNG(next(seeds)))
        view = trial if trial.labels == [5] else view
    assert [b.tolist() for b in view.ignore] == [[40, 20, 50, 30]]


def test_a_soft_edge_is_full_inside_and_faint_at_the_rim():
    weight = soft_edge(40, 20, 0.2)
    assert weight.shape == (20, 40, 1) and weight[10, 20, 0] == 1 and weight[0, 0, 0] < 0.2


@pytest.mark.parametrize("step", [photo.haze, photo.rain, photo.blur, photo.noise, photo.saturation])
def test_weather_and_optics_keep_the_shape_and_change_the_picture(step):
    image = RNG(0).integers(0, 255, (64, 96, 3), dtype=np.uint8)
    changed = step(image.copy(), RNG(3))
    assert changed.shape == image.shape and changed.dtype == np.uint8
    assert not np.array_equal(changed, image)


def test_h264_is_real_or_a_poor_jpeg(monkeypatch):
    image = np.kron(RNG(0).integers(0, 255, (6, 10, 3)), np.ones((16, 16, 1))).astype(np.uint8)
    coded = codec.h264(image, 38, (2, -3))
    assert coded.shape == image.shape and not np.array_equal(coded, image)
    assert np.abs(coded.astype(int) - image).mean() < 25
    monkeypatch.setattr(codec, "ffmpeg", lambda: None)
    without = codec.h264(image, 38, (2, -3))
    assert without.shape == image.shape and not np.array_equal(without, image)


def test_a_pause_of_the_run_does_not_change_the_picture(monkeypatch):
    image = np.kron(RNG(1).integers(0, 255, (6, 10, 3)), np.ones((16, 16, 1))).astype(np.uint8)
    usual = codec.h264(image, 38, (2, -3))
    run, asked = codec.subprocess.run, []

    def late(*arguments, **options):
        asked.append(arguments)
        if len(asked) == 1:
            raise codec.subprocess.TimeoutExpired("ffmpeg", options["timeout"])
        return run(*arguments, **options)

    monkeypatch.setattr(codec.subprocess, "run", late)
    assert np.array_equal(codec.h264(image, 38, (2, -3)), usual)
    if codec.ffmpeg() is not None:
        assert len(asked) == 3 and asked[0] == asked[1]
    monkeypatch.setattr(codec, "ATTEMPTS", 0)
    assert np.array_equal(codec.h264(image, 38, (2, -3)), codec.jpeg(image, 90 - 2 * 38))


def test_whole_views_keep_boxes_inside_and_reach_small_objects():
    augment, made = Augmenter(mosaic=0.6, paste=0.5), []
    one = scene(stretched=True)
    for seed in range(60):
        view = augment(one, [one] * 11, (320, 192), RNG(seed), [one, one])
        assert view.image.shape == (192, 320, 3) and len(view.regions) == len(view.labelled) > 0
        for box in view.boxes:
            assert (box[:2] >= -0.01).all() and box[2] <= 320.01 and box[3] <= 192.01
            made.append(float(np.sqrt(np.prod(box[2:] - box[:2]))))
    assert min(made) < 16 and max(made) > 120


def test_a_wall_of_screens_is_one_surface_without_gaps():
    for seed in range(8):
        rng = RNG(seed)
        leaves = cut(rng, (0, 0, 480, 200), 2 + seed % 6)
        assert len(leaves) == 2 + seed % 6
        assert sum((r - l) * (b - t) for l, t, r, b in leaves) == pytest.approx(480 * 200)
    shown = wall([np.full((100, 160, 3), grey, np.uint8) for grey in (60, 200)], RNG(1), 7)
    assert shown.shape[1] == 480 and 150 <= shown.shape[0] <= 370
    assert shown.std() > 20


def test_posters_have_several_panels_only_where_they_are_asked_for():
    def showing_the_second_picture(panels: float) -> int:
        shown = 0
        for seed in range(40):
            view = View(np.full((192, 320, 3), 60, np.uint8))
            put_board(view, [np.full((100, 160, 3), grey, np.uint8) for grey in (90, 220)], RNG(seed), panels)
            shown += int((view.image == 220).all(-1).sum() > 100)
        return shown

    # a single picture is the first one, and lit walls are brightened
    assert showing_the_second_picture(0.0) == 0
    assert showing_the_second_picture(1.0) > 2


def test_a_made_board_lies_in_its_box():
    checked = 0
    for seed in range(12):
        view = View(np.full((192, 320, 3), 60, np.uint8))
        put_board(view, [np.full((100, 160, 3), 255, np.uint8)], RNG(seed))
        if not view.boxes:
            continue
        (box,) = view.boxes
        assert view.labels == [4] and (box >= 0).all() and box[2] <= 320 and box[3] <= 192
        x1, y1, x2, y2 = box.round().astype(int)
        inside = view.image[y1:y2, x1:x2].astype(float)
        assert inside.std() > 1 or abs(inside.mean() - 60) > 5
        checked += 1
    assert checked > 6
