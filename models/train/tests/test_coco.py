"""Bad input is counted, named, and skipped or refused."""

import json

import cv2
import numpy as np
import pytest

from train.classes import CLASSES
from train.coco import BadInput, Faults, read_coco
from train.data import PictureStore
from train.source import Source

CATEGORIES = [*({"id": i, "name": n} for i, n in enumerate(CLASSES)), {"id": 6, "name": "banner"}]


def write(folder, images, annotations):
    content = {"images": images, "annotations": annotations, "categories": CATEGORIES}
    (folder / "a.json").write_text(json.dumps(content))
    return folder / "a.json"


def image(number, **more):
    return {"id": number, "file_name": f"{number}.png", "width": 20, "height": 10, **more}


def box(picture, category, *bbox, **more):
    return {"image_id": picture, "category_id": category, "bbox": list(bbox), **more}


def test_crowd_becomes_ignore_and_partial_labels_a_mask(tmp_path):
    path = write(
        tmp_path, [image(1, labelled_classes=[4, 5])],
        [box(1, 5, 1, 1, 4, 4, iscrowd=1), box(1, 4, 2, 2, 3, 4)],
    )
    one = read_coco(path, tmp_path)[0]
    assert one.boxes.tolist() == [[2, 2, 5, 6]] and one.labels.tolist() == [4]
    assert one.ignored(5).tolist() == [[1, 1, 5, 5]] and one.ignored(4).tolist() == []
    assert one.labelled.tolist() == [False, False, False, False, True, True]


@pytest.mark.parametrize(
    ("annotation", "kind", "left"),
    [
        (box(1, 6, 1, 1, 4, 4), "unknown class 'banner'", 0),
        (box(1, 99, 1, 1, 4, 4), "unknown class 99", 0),
        (box(1, 0, 1, 1, 0, 4), "empty or broken", 0),
        (box(1, 0, 1, 1, float("nan"), 4), "empty or broken", 0),
        (box(1, 0, 30, 1, 5, 5), "outside the frame", 0),
        (box(1, 0, 15, 1, 9, 5), "reaching out of the frame", 1),
        (box(7, 0, 1, 1, 4, 4), "not listed", 0),
    ],
)
def test_every_fault_is_counted_and_named(tmp_path, annotation, kind, left):
    faults = Faults()
    pictures = read_coco(write(tmp_path, [image(1)], [annotation]), tmp_path, faults)
    assert len(faults) == 1 and kind in faults.lines()[0]
    assert ("1.png" in faults.lines()[0]) or kind == "not listed"
    assert sum(len(p.boxes) for p in pictures) == left


def test_a_cut_box_ends_at_the_frame(tmp_path):
    one = read_coco(write(tmp_path, [image(1)], [box(1, 0, 15, -3, 9, 8)]), tmp_path)[0]
    assert one.boxes.tolist() == [[15, 0, 20, 5]]


def test_a_picture_that_labels_nothing_is_left_out(tmp_path):
    faults = Faults()
    assert read_coco(write(tmp_path, [image(1, labelled_classes=[])], []), tmp_path, faults) == []
    assert "labels none" in faults.lines()[0]


def test_a_picture_without_boxes_is_a_good_negative(tmp_path):
    faults = Faults()
    assert len(read_coco(write(tmp_path, [image(1)], []), tmp_path, faults)) == 1
    assert len(faults) == 0


def test_unreadable_pictures_are_skipped_or_refused(tmp_path, capsys):
    cv2.imwrite(str(tmp_path / "1.png"), np.zeros((10, 20, 3), np.uint8))
    (tmp_path / "2.png").write_bytes(b"no picture")
    cv2.imwrite(str(tmp_path / "4.png"), np.zeros((20, 20, 3), np.uint8))
    path = write(tmp_path, [image(n) for n in (1, 2, 3, 4)], [])
    source = Source.parse(f"some,real,{path},{tmp_path}")
    assert len(PictureStore([source], "skip").pictures) == 1
    told = capsys.readouterr().out
    assert "3 faults" in told and "does not open, left out: 2 (2.png, 3.png)" in told
    assert "another shape" in told and "4.png" in told
    with pytest.raises(BadInput, match="--bad skip"):
        PictureStore([source], "refuse")


def test_a_source_can_keep_pictures_of_one_class_or_scene(tmp_path):
    images = [
        image(1, labelled_classes=[3], scene_group="a"), image(2, labelled_classes=[0], scene_group="b"),
    ]
    path = write(tmp_path, images, [])
    source = Source.parse(f"some,real,{path},{tmp_path},0.5,ad_sign")
    assert [p.path.name for p in source.pictures()] == ["1.png"] and source.share == 0.5
    for wrong in ("a,b", "a,drawn,x,y", "a,real,x,y,1,cat"):
        with pytest.raises(ValueError):
            Source.parse(wrong)
