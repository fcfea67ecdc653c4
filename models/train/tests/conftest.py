"""Puts the package on the path, wherever pytest is started; a tiny checkpoint with its pictures."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


@pytest.fixture
def inputs(tmp_path):
    import cv2
    import numpy as np
    import torch

    from train.classes import CLASSES
    from train.model import Yolox, add_batch_norm, measure_batch_norm

    torch.manual_seed(3)
    model = Yolox(len(CLASSES))
    add_batch_norm(model)
    measure_batch_norm(model, [torch.rand(2, 3, 96, 96) * 255])
    content = {
        "ema": model.state_dict(), "epoch": 0, "steps": 3, "history": [],
        "settings": {"size": (128, 96), "seed": 4, "batch": 2},
    }
    torch.save(content, tmp_path / "last.pth")
    rng = np.random.default_rng(0)
    for i in range(2):
        cv2.imwrite(str(tmp_path / f"{i}.png"), rng.integers(0, 255, (96, 128, 3), dtype=np.uint8))
    coco = {
        "images": [{"id": i, "file_name": f"{i}.png", "width": 128, "height": 96} for i in range(2)],
        "annotations": [{"image_id": i, "category_id": 5, "bbox": [8, 8, 40, 40]} for i in range(2)],
        "categories": [{"id": i, "name": n} for i, n in enumerate(CLASSES)],
    }
    (tmp_path / "a.json").write_text(json.dumps(coco))
    return tmp_path
