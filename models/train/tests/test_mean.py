"""The mean of runs' weights."""

import pytest
import torch

from train.checkpoint import averaged, save
from train.coco import BadInput
from train.mean import mean_of
from train.model import Yolox, add_batch_norm


def run(seed, **settings):
    torch.manual_seed(seed)
    model = Yolox(6)
    add_batch_norm(model)
    made = {"network": "nano", "weights": "start.pth", "size": (64, 64), "seed": seed, "freeze": (), **settings}
    return {"ema": model.state_dict(), "epoch": 1, "steps": 8, "settings": made, "history": []}


def test_the_mean_is_a_network_and_tells_its_runs(tmp_path):
    one, two = run(1), run(2)
    content = mean_of([one, two], ["one", "two"])
    save(tmp_path / "mean.pth", content)
    model, read = averaged(tmp_path / "mean.pth")
    wanted = (one["ema"]["rp.0.weight"] + two["ema"]["rp.0.weight"]) / 2
    assert torch.equal(model.rp[0].weight, wanted)
    assert read["runs_averaged"] == 2 and [r["settings"]["seed"] for r in read["before"]] == [2]


def test_runs_that_began_differently_are_refused_by_name():
    with pytest.raises(BadInput, match="two was made with freeze"):
        mean_of([run(1), run(2, freeze=("stem",))], ["one", "two"])
    with pytest.raises(BadInput, match="one began from random weights"):
        mean_of([run(1, weights=None), run(2, weights=None)], ["one", "two"])
