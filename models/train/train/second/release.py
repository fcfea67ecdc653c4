"""The command `second`: measures the second look, and writes its ONNX file and card."""

from __future__ import annotations

import argparse
import hashlib
import tomllib
from pathlib import Path

import numpy as np
import onnx
import torch

from ..card.provenance import describe
from ..card.toml import section
from ..checkpoint import averaged, earlier_runs_of, input_size
from ..coco import BadInput
from ..detect import torch_predictor
from ..export import put_cast_inside, refuse_overwriting, write_graph
from ..shapes import shapes_of
from .crops import MARGIN
from .measure import KINDS, RECALLS, VERDICT, Compared, Look, Verdict, onnx_look, worth_it
from .network import JUDGED, SIZE, SecondLook, knowing_vehicles

TOLERANCE = 2e-3
METHOD = (
    "The cut-out of what the detector took for a stall or a board is shown to a network that went on from the detector's weights with "
    "close-ups of what the detector took for stalls and boards in the training pictures, rightly and wrongly, and of boards made of other pictures. How surely it sees the thing "
    "weighs 0.35 of a stall's score and half of a board's, and the box is moved to where it is seen as far as that is sure. A cut-out of a stall is shown to the start network too, "
    "and the score is multiplied by the probability that none of its vehicles covers the middle."
)


def torch_look(net: SecondLook) -> Look:
    @torch.no_grad()
    def look(pixels: np.ndarray, kinds: np.ndarray) -> Verdict:
        return tuple(part.numpy() for part in net(torch.from_numpy(pixels).float(), torch.from_numpy(kinds)))

    return look


def allow_empty_batches(model: onnx.ModelProto) -> None:
    """Flattens maps, [N, channels, height, width], to so many cells, and not to as many as are left for each picture:
    of a class of which there is no cut-out there is no picture to tell that."""
    values = onnx.shape_inference.infer_shapes(model).graph.value_info
    extents = {value.name: [d.dim_value for d in value.type.tensor_type.shape.dim] for value in values}
    for node in model.graph.node:
        map_of = extents.get(node.input[0], []) if node.op_type == "Reshape" else []
        if len(map_of) == 4 and all(map_of[1:]):
            _, channels, height, width = map_of
            flat = onnx.numpy_helper.from_array(np.array([-1, channels, height * width]), f"{node.name}_flat")
            model.graph.initializer.append(flat)
            node.input[1] = flat.name


def write_onnx(net: SecondLook, path: Path) -> float:
    """Writes the file; returns how far ONNX Runtime and PyTorch differ. Raises when too far."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    write_graph(net, partial, (SIZE, SIZE), "crops", *VERDICT, also=KINDS)
    graph = onnx.load(str(partial))
    allow_empty_batches(graph)
    put_cast_inside(graph, "crops")
    graph.producer_name = "streetwarden"
    onnx.checker.check_model(graph, full_check=True)
    onnx.save(graph, str(partial))
    pixels = np.random.default_rng(0).integers(0, 256, (3, 3, SIZE, SIZE), dtype=np.uint8)
    gap = 0.0
    for kinds in map(np.array, ([0, 1, 0], [0, 0, 0], [1, 1, 1])):
        pairs = zip(onnx_look(partial)(pixels, kinds), torch_look(net)(pixels, kinds))
        gap = max(gap, *(float(np.abs(theirs - ours).max()) for theirs, ours in pairs))
    if gap > TOLERANCE:
        partial.unlink()
        raise RuntimeError(f"ONNX and PyTorch differ by {gap:.2g}")
    partial.replace(path)
    return gap


def write_card(
    args: argparse.Namespace, onnx_file: Path, compared: list[Compared], close_ups: list[str]
) -> Path:
    parts = [
        "# Model card, written by models/train. Do not edit by hand.\n",
        section("", {
            "name": args.name, "version": args.version, "file": onnx_file.name,
            "sha256": hashlib.sha256(onnx_file.read_bytes()).hexdigest(),
            "licence": "Apache-2.0", "kind": "second look",
        }),
        section("[input]", {
            "name": "crops", "width": SIZE, "height": SIZE, "dtype": "u8", "layout": "nchw",
            "colour": "bgr", "scale": 1.0, "mean": [0.0] * 3, "std": [1.0] * 3, "pad_value": 114,
            "kinds": KINDS, "margin": MARGIN,
        }),
        section("[output]", dict(zip(("name", "add", "place", "pull"), VERDICT))),
        *(section("[[class]]", {"name": name}) for name in JUDGED),
        section("[training]", {
            "start_weights": "YOLOX-nano by Megvii Inc. (YOLOX authors), trained on COCO, Apache-2.0",
            "method": METHOD, "close_ups": close_ups, "detector": args.detector_name, "date": args.date,
            "data": "that of the detector, see its card; COCO for the start network",
            "retrain": "models/train/retrain.sh DATA WEIGHTS RUNS", "notes": args.note,
        }),
    ]
    for one in compared:
        parts.append(section(f"[scores.{one.source.name}]", one.pairs(JUDGED)))
    parts.append(section("[scores.told]", {
        "pairs": "detector alone, with the second look", "recalls": list(RECALLS),
        "plots": "plots/second-look-SOURCE-CLASS.png",
    }))
    text = "\n".join(parts)
    tomllib.loads(text)
    card = onnx_file.with_name("model.toml")
    card.write_text(text)
    return card


def second(args: argparse.Namespace) -> None:
    onnx_file = args.out / f"{args.name}.onnx"
    refuse_overwriting([onnx_file, args.out / "model.toml"], args.force)
    if not args.val:
        raise BadInput("second needs --val SOURCE: what it is worth is measured before it is written")
    model, content = averaged(args.detector)
    shapes, predict = shapes_of(input_size(content)), torch_predictor(model)
    closer, taught = averaged(args.closer)
    net = SecondLook(closer, knowing_vehicles(args.weights))
    compared = [Compared(s, predict, shapes).look(torch_look(net), SIZE, JUDGED) for s in args.val]
    for one in compared:
        print(f"[{one.source.name}] {one.pairs(JUDGED)}", flush=True)
    if not worth_it(compared, JUDGED):
        print("precision does not rise: no file is written", flush=True)
        return
    gap = write_onnx(net, onnx_file)
    print(f"{onnx_file.name}: differs from PyTorch by {gap:.2g}", flush=True)
    for one in compared:
        for name in JUDGED:
            if one.has(name):
                one.draw(name, args.out / "plots")
    runs = [run for run in earlier_runs_of(taught) if run["settings"].get("close_ups")]
    write_card(args, onnx_file, compared, [describe(run) for run in runs])
