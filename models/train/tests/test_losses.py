"""Partial labels: what is not labelled must not be taught."""

import torch

from train.losses import assign, compute, l1_loss, region_mask
from train.model import anchor_grid, decode_boxes

SIZE = 64
ANCHORS = sum((SIZE // s) ** 2 for s in (8, 16, 32))


def target(labelled, boxes=((8.0, 8.0, 40.0, 40.0),), labels=(0,), ignore=()):
    return {
        "boxes": torch.tensor(boxes).reshape(-1, 4),
        "labels": torch.tensor(labels, dtype=torch.int64),
        "ignore": torch.tensor(ignore).reshape(-1, 4),
        "regions": torch.tensor([[0.0, 0.0, SIZE, SIZE]]),
        "labelled": torch.tensor([labelled], dtype=torch.bool),
    }


def gradient(one, raw=None):
    torch.manual_seed(0)
    raw = (torch.randn(1, ANCHORS, 11) if raw is None else raw).requires_grad_(True)
    loss = compute(raw, [one], SIZE, SIZE)
    loss.total.backward()
    return raw.grad[0], loss


def test_unlabelled_classes_get_no_gradient():
    grad, loss = gradient(target([1, 1, 1, 0, 0, 0]))
    assert loss.positives > 0
    assert torch.count_nonzero(grad[:, 5 + 3 :]) == 0
    for kind in range(3):
        assert torch.count_nonzero(grad[:, 5 + kind]) > 0


def test_a_given_box_teaches_its_own_class_even_if_others_are_incomplete():
    grad, _ = gradient(target([0, 0, 0, 0, 1, 1], labels=(3,)))
    assert torch.count_nonzero(grad[:, 5 + 3]) > 0
    assert torch.count_nonzero(grad[:, 5 : 5 + 3]) == 0


def test_a_likely_unlabelled_object_is_not_taught_to_be_background():
    raw = torch.full((1, ANCHORS, 11), -4.0)
    raw[..., :4] = 0.0
    raw[0, 3, 4], raw[0, 3, 5 + 5] = 3.0, 3.0
    nothing = dict(boxes=(), labels=())
    grad, _ = gradient(target([1, 1, 1, 0, 0, 0], **nothing), raw.clone())
    assert grad[3, 4] == 0
    grad, _ = gradient(target([1, 1, 1, 1, 1, 1], **nothing), raw.clone())
    assert grad[3, 4] > 0


def test_ignore_regions_are_neither_object_nor_background():
    grad, _ = gradient(target([1] * 6, boxes=(), labels=(), ignore=((0.0, 0.0, 32.0, 32.0),)))
    grid = anchor_grid(SIZE, SIZE)
    centre = (grid[:, :2] + 0.5) * grid[:, 2:3]
    within = (centre < 32).all(1)
    assert torch.count_nonzero(grad[within, 4]) == 0
    assert torch.count_nonzero(grad[~within, 4]) == int((~within).sum())


def test_each_part_of_a_mosaic_keeps_its_own_labels():
    centres = torch.tensor([[10.0, 10.0], [50.0, 10.0], [50.0, 50.0]])
    regions = torch.tensor([[0.0, 0.0, 32.0, 32.0], [32.0, 0.0, 64.0, 32.0]])
    labelled = torch.tensor([[True, False], [False, True]])
    mask = region_mask(centres, regions, labelled, 2)
    assert mask.tolist() == [[True, False], [False, True], [True, True]]


def test_a_perfect_prediction_is_assigned_to_its_box():
    grid = anchor_grid(SIZE, SIZE)
    raw = torch.zeros(ANCHORS, 7)
    raw[:, 4:] = -3.0
    at = int(((grid[:, 2] == 16) & (grid[:, 0] == 1) & (grid[:, 1] == 1)).nonzero())
    raw[at, :4] = torch.tensor([0.5, 0.5, 0.6931, 0.6931])
    raw[at, 4:6] = 4.0
    boxes = torch.tensor([[8.0, 8.0, 40.0, 40.0]])
    anchors, which, iou = assign(
        raw, decode_boxes(raw, grid), grid, boxes, torch.tensor([0]), torch.ones(ANCHORS, 2).bool()
    )
    assert at in anchors.tolist()
    assert iou[anchors.tolist().index(at)] > 0.99
    assert set(which.tolist()) == {0}


def test_exact_boxes_are_taught_in_cells_and_logarithms():
    grid = anchor_grid(SIZE, SIZE)
    at = int(((grid[:, 2] == 16) & (grid[:, 0] == 1) & (grid[:, 1] == 1)).nonzero())
    raw = torch.zeros(1, 7)
    right = torch.tensor([[8.0, 8.0, 40.0, 40.0]])
    raw[0, :4] = torch.tensor([0.5, 0.5, 0.6931, 0.6931])
    assert l1_loss(raw, grid[at : at + 1], right)[0] < 1e-3
    raw[0, 0] += 0.25
    raw[0, 3] -= 0.5
    assert torch.isclose(l1_loss(raw, grid[at : at + 1], right)[0], torch.tensor(0.75), atol=1e-3)
    _, loose = gradient(target([1] * 6))
    torch.manual_seed(0)
    exact = compute(torch.randn(1, ANCHORS, 11), [target([1] * 6)], SIZE, SIZE, exact=True)
    assert exact.box > loose.box and exact.objectness == loose.objectness
