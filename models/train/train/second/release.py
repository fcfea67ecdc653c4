"""The command `second`: learns the second look, measures it, and writes its ONNX file and card."""

from __future__ import annotations

import argparse
import hashlib
import tomllib
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from ..card.provenance import sources
from ..card.toml import section
from ..checkpoint import averaged, input_size, save
from ..coco import BadInput
from ..data import PictureStore
from ..detect import torch_predictor
from ..export import put_cast_inside, refuse_overwriting, write_graph
from ..flags import trained_on
from .crops import MARGIN
from .learn import Asked, Part, learn
from .measure import RECALLS, Compared, Look, onnx_look, worth_it
from .network import JUDGED, SIZE, SecondLook
from .samples import gather
from .vehicles import knowing_vehicles

TOLERANCE = 2e-3
METHOD = (
    "The start network's trunk goes on telling vehicles from other things: at a small cut-out it learns "
    "what the start network sees at a larger one (distillation; no labels). A score is multiplied by the "
    "probability of no vehicle."
)


class Exported(nn.Module):
    """Float pixels in, what is kept of the scores out."""

    def __init__(self, net: SecondLook):
        super().__init__()
        self.net = net
        self.eval()

    def forward(self, crops: Tensor) -> Tensor:
        return self.net.keep(crops)


def torch_look(net: SecondLook) -> Look:
    exported = Exported(net)

    @torch.no_grad()
    def look(pixels: np.ndarray) -> np.ndarray:
        return exported(torch.from_numpy(pixels).float()).numpy()

    return look


def write_onnx(net: SecondLook, path: Path) -> float:
    """Writes the file; returns how far ONNX Runtime and PyTorch differ. Raises when too far."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    write_graph(Exported(net), partial, (SIZE, SIZE), "crops", "keep")
    graph = onnx.load(str(partial))
    put_cast_inside(graph, "crops")
    graph.producer_name = "streetwarden"
    onnx.checker.check_model(graph, full_check=True)
    onnx.save(graph, str(partial))
    pixels = np.random.default_rng(0).integers(0, 256, (3, 3, SIZE, SIZE), dtype=np.uint8)
    gap = float(np.abs(onnx_look(partial)(pixels) - torch_look(net)(pixels)).max())
    if gap > TOLERANCE:
        partial.unlink()
        raise RuntimeError(f"ONNX and PyTorch differ by {gap:.2g}")
    partial.replace(path)
    return gap


def write_card(args: argparse.Namespace, onnx_file: Path, compared: list[Compared]) -> Path:
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
            "margin": MARGIN,
        }),
        section("[output]", {"name": "keep"}),
        *(section("[[class]]", {"name": name}) for name in JUDGED),
        section("[training]", {
            "start_weights": "YOLOX-nano by Megvii Inc. (YOLOX authors), trained on COCO, Apache-2.0",
            "method": METHOD, "detector": args.detector_name, "steps": args.steps, "seed": args.seed,
            "most_pictures_of_a_source": args.pictures,
            "date": args.date, "retrain": "models/train/retrain.sh DATA WEIGHTS RUNS",
            "notes": args.note,
        }),
        *(section("[[training.source]]", entry) for entry in sources(trained_on(args))),
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


def parts_of(args: argparse.Namespace, predict, size) -> list[Part]:
    teacher = knowing_vehicles(args.weights).eval()
    parts = []
    for source in trained_on(args):
        store = PictureStore([source]).some(args.pictures, args.seed)
        places = gather(store, predict, teacher, size)
        vehicles = int((places.told > 0.5).sum())
        told = f"{len(store.pictures)} pictures, {len(places.told)} places, {vehicles} vehicles"
        print(f"{source.name}: {told}", flush=True)
        parts.append(Part(store, places))
    return parts


def second(args: argparse.Namespace) -> None:
    onnx_file = args.out / f"{args.name}.onnx"
    refuse_overwriting([onnx_file, args.out / "model.toml"], args.force)
    if not args.val:
        raise BadInput("second needs --val SOURCE: what it is worth is measured before it is written")
    model, content = averaged(args.detector)
    size, predict = input_size(content), torch_predictor(model)
    if args.learnt and args.learnt.exists():
        net = SecondLook(knowing_vehicles(args.weights)).eval()
        net.load_state_dict(torch.load(args.learnt, map_location="cpu"))
    else:
        asked = Asked(args.weights, args.steps, seed=args.seed, bf16=args.bf16)
        net = learn(parts_of(args, predict, size), asked)
        if args.learnt:
            save(args.learnt, net.state_dict())
    compared = [Compared(s, predict, size).look(torch_look(net), SIZE, JUDGED) for s in args.val]
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
    write_card(args, onnx_file, compared)
