"""Export to ONNX with the cast inside, the check that it agrees with PyTorch, and the way back."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from .classes import CLASSES
from .coco import BadInput
from .model import Yolox, anchor_grid, decode_boxes, fuse_batch_norm
from .shapes import KEY, Shapes, Size, shapes_of, written

OPSET = 13
TOLERANCE = 2e-3
# Decoded boxes are pixels, hundreds of them; the same relative error is more.
TOLERANCE_PX = 0.5
# What an exported file calls the network inside it.
OWN = "model"


class WouldOverwrite(FileExistsError):
    """The file is there already and --force was not given."""


def refuse_overwriting(paths: list[Path], force: bool) -> None:
    there = [path.name for path in paths if path.exists()]
    if there and not force:
        raise WouldOverwrite(f"{', '.join(there)} would be overwritten; --force does it")


class Exported(nn.Module):
    """Float pixels in; box values, objectness and class scores after sigmoid out.

    With `decoded` the output is [N, 4 + classes, anchors]: boxes in pixels,
    and class scores times objectness, as a "yolov8" decoder reads it.
    """

    def __init__(self, model: Yolox, size: Size, decoded: bool = False):
        super().__init__()
        self.model = copy.deepcopy(model).cpu().float().eval()
        fuse_batch_norm(self.model)
        self.decoded = decoded
        self.register_buffer("grid", anchor_grid(size[1], size[0]))
        # all of it: the exporter puts everything back into the mode that the outermost was in
        self.eval()

    def forward(self, images: Tensor) -> Tensor:
        raw = self.model(images)
        scores = raw[..., 4:].sigmoid()
        if not self.decoded:
            return torch.cat((raw[..., :4], scores), -1)
        boxes = decode_boxes(raw, self.grid)
        return torch.cat((boxes, scores[..., :1] * scores[..., 1:]), -1).transpose(1, 2)


def put_cast_inside(graph_model: onnx.ModelProto, put: str = "images") -> None:
    """Makes the input uint8, and its first use a cast to float."""
    graph = graph_model.graph
    for node in graph.node:
        for index, name in enumerate(node.input):
            if name == put:
                node.input[index] = f"{put}_float"
    cast = helper.make_node("Cast", [put], [f"{put}_float"], name="cast", to=TensorProto.FLOAT)
    graph.node.insert(0, cast)
    graph.input[0].type.tensor_type.elem_type = TensorProto.UINT8


def seeded_pixels(size: Size, seed: int = 0) -> np.ndarray:
    """Two pictures: noise, and soft colour blobs nearer to a photograph."""
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 256, (3, size[1], size[0]), dtype=np.uint8)
    coarse = rng.uniform(0, 255, (3, size[1] // 32, size[0] // 32))
    soft = np.kron(coarse, np.ones((32, 32))).astype(np.uint8)
    return np.stack((noise, soft))


def disagreement(path: Path, exported: Exported, shapes: Shapes) -> float:
    """The greatest difference between ONNX Runtime and PyTorch in any of the shapes, relative to the tolerance."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return max(disagreement_in(size, session, exported) for size in shapes)


def disagreement_in(size: Size, session, exported: Exported) -> float:
    pixels = seeded_pixels(size)
    theirs = session.run(["output"], {"images": pixels})[0]
    with torch.no_grad():
        ours = exported(torch.from_numpy(pixels).float()).numpy()
    gap = np.abs(theirs - ours)
    if exported.decoded:
        return float(max(gap[:, :4].max() / TOLERANCE_PX, gap[:, 4:].max() / TOLERANCE))
    return float(gap.max() / TOLERANCE)


def write_graph(
    exported: nn.Module, path: Path, size: Size, put: str, *got: str, also: str | None = None, free: bool = False
) -> None:
    """An ONNX file of a network that takes float pixels, and an integer a picture by another name where it takes
    one; any number of pictures at once, of any size too when `free`."""
    # PyTorch from 2.9 on has another exporter by default; this asks for the old one, which both have.
    old = {"dynamo": False} if tuple(int(v) for v in torch.__version__.split(".")[:2]) >= (2, 5) else {}
    puts = [put, also] if also else [put]
    # one picture of each number, so that what is done with either is seen
    numbers = torch.arange(2 if also else 1)
    torch.onnx.export(
        exported,
        (torch.zeros(len(numbers), 3, size[1], size[0]), *([numbers] if also else [])),
        str(path),
        input_names=puts,
        output_names=list(got),
        dynamic_axes={
            **{name: {0: "batch", **({1: "anchors"} if free else {})} for name in got},
            **{name: {0: "batch", **({2: "height", 3: "width"} if free else {})} for name in puts},
        },
        opset_version=OPSET,
        do_constant_folding=True,
        **old,
    )


def export_model(
    model: Yolox, path: Path, size: Size, *, decoded: bool = False, force: bool = False
) -> float:
    """Writes the ONNX file; raises if it disagrees with PyTorch. Returns the disagreement
    as a share of the tolerance. Decoded boxes are of one size; else all shapes beside `size` are taken."""
    refuse_overwriting([path], force)
    path.parent.mkdir(parents=True, exist_ok=True)
    exported = Exported(model, size, decoded)
    partial = path.with_suffix(".part")
    shapes = (size,) if decoded else shapes_of(size)
    write_graph(exported, partial, size, "images", "output", free=len(shapes) > 1)
    graph_model = onnx.load(str(partial))
    helper.set_model_props(graph_model, {KEY: written(shapes)})
    put_cast_inside(graph_model)
    graph_model.producer_name = "streetwarden"
    onnx.checker.check_model(graph_model, full_check=True)
    onnx.save(graph_model, str(partial))
    gap = disagreement(partial, exported, shapes)
    if gap > 1:
        partial.unlink()
        raise RuntimeError(f"ONNX and PyTorch differ by {gap:.2g} times what is tolerated")
    partial.replace(path)
    return gap


def read_back(path: Path, network: str) -> Yolox:
    """The network of an exported file, its batch norms folded into the convolutions.

    Raises BadInput when the file is none of float weights that `export_model` writes, or of another size.
    """
    try:
        graph = onnx.load(str(path)).graph
    except (OSError, DecodeError) as fault:
        raise BadInput(f"{path} cannot be read as an ONNX file: {fault}") from fault
    own = f"{OWN}."
    weights = {
        tensor.name.removeprefix(own): torch.tensor(numpy_helper.to_array(tensor))
        for tensor in graph.initializer
        if tensor.name.startswith(own)
    }
    model = Yolox(len(CLASSES), network)
    if any(name.startswith("ap.") for name in weights):
        model.remember()
    wanted = {name: tensor.shape for name, tensor in model.state_dict().items()}
    if wanted != {name: tensor.shape for name, tensor in weights.items()}:
        raise BadInput(
            f"{path} holds no exported network of the size {network!r} for {len(CLASSES)} classes; "
            "give a file that `export` wrote, not its int8 file, and the --network it is of"
        )
    model.load_state_dict(weights)
    return model
