"""Export to ONNX with the cast inside, and the check that it agrees with PyTorch."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper
from torch import Tensor, nn

from .model import YoloxNano, fuse_batch_norm

SIZE = 416
OPSET = 13
TOLERANCE = 2e-3


class Exported(nn.Module):
    """Float pixels in; box values raw, objectness and class scores after sigmoid out."""

    def __init__(self, model: YoloxNano):
        super().__init__()
        self.model = copy.deepcopy(model).cpu().float().eval()
        fuse_batch_norm(self.model)

    def forward(self, images: Tensor) -> Tensor:
        raw = self.model(images)
        return torch.cat((raw[..., :4], raw[..., 4:].sigmoid()), -1)


def put_cast_inside(graph_model: onnx.ModelProto) -> None:
    """Makes `images` uint8, and its first use a cast to float."""
    graph = graph_model.graph
    for node in graph.node:
        for index, name in enumerate(node.input):
            if name == "images":
                node.input[index] = "images_float"
    cast = helper.make_node("Cast", ["images"], ["images_float"], name="cast", to=TensorProto.FLOAT)
    graph.node.insert(0, cast)
    graph.input[0].type.tensor_type.elem_type = TensorProto.UINT8


def disagreement(path: Path, model: YoloxNano, seed: int = 0) -> float:
    """The greatest difference between ONNX Runtime and PyTorch on two seeded pictures."""
    import onnxruntime

    pixels = np.random.default_rng(seed).integers(0, 256, (2, 3, SIZE, SIZE), dtype=np.uint8)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    theirs = session.run(["output"], {"images": pixels})[0]
    with torch.no_grad():
        raw = copy.deepcopy(model).cpu().float().eval()(torch.from_numpy(pixels).float())
        ours = torch.cat((raw[..., :4], raw[..., 4:].sigmoid()), -1).numpy()
    return float(np.abs(theirs - ours).max())


def export_model(model: YoloxNano, path: Path) -> float:
    """Writes the ONNX file; raises if it disagrees with PyTorch. Returns the disagreement."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        Exported(model),
        (torch.zeros(1, 3, SIZE, SIZE),),
        str(path),
        input_names=["images"],
        output_names=["output"],
        dynamic_axes={"images": {0: "batch"}, "output": {0: "batch"}},
        opset_version=OPSET,
        do_constant_folding=True,
    )
    graph_model = onnx.load(str(path))
    put_cast_inside(graph_model)
    graph_model.producer_name = "streetwarden"
    onnx.checker.check_model(graph_model, full_check=True)
    onnx.save(graph_model, str(path))
    gap = disagreement(path, model)
    if gap > TOLERANCE:
        raise RuntimeError(f"ONNX and PyTorch differ by {gap:.2g}")
    return gap
