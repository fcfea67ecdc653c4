"""Shapes of a network's input: it has no fixed one, so each picture is shown in that which it is largest in.

Letterboxed into 640x384, a portrait photograph of 3:4 is two thirds as wide and high as in 448x576, for
nearly the same cost. What is in a table here has 0.94 to 1.06 times the pixels of its first shape.
"""

from __future__ import annotations

from pathlib import Path

import onnx

from .coco import BadInput

# Width and height in pixels, multiples of 32.
Size = tuple[int, int]
Shapes = tuple[Size, ...]

# Where an exported file says which shapes it was made for.
KEY = "shapes"

# By the first shape, those beside it: for 3:2, 4:3 and 1:1, and upright ones.
BESIDE: dict[Size, Shapes] = {
    (640, 384): ((608, 416), (576, 448), (480, 480), (448, 576), (416, 608), (384, 640)),
    (640, 640): ((832, 480), (768, 544), (736, 576), (576, 736), (544, 768), (480, 832)),
}


def shapes_of(size: Size) -> Shapes:
    """The shape that a network is meant for and those beside it, if any."""
    return (size, *BESIDE.get(size, ()))


def scale_in(shape: Size, width: int, height: int) -> float:
    """By what a picture is enlarged to fit."""
    return min(shape[0] / width, shape[1] / height)


def best(shapes: Shapes, width: int, height: int) -> Size:
    """The shape that shows a picture largest; of several the one of fewest pixels, then the first."""
    return max(shapes, key=lambda shape: (scale_in(shape, width, height), -shape[0] * shape[1]))


def written(shapes: Shapes) -> str:
    """`640x384 576x448`, as a file's metadata has them."""
    return " ".join(f"{width}x{height}" for width, height in shapes)


def read(text: str) -> Shapes:
    """The shapes that `written` wrote."""
    pairs = (one.split("x") for one in text.split())
    return tuple((int(width), int(height)) for width, height in pairs)


def shapes_in(path: Path) -> Shapes:
    """The shapes that an ONNX file was exported for. Raises BadInput where it leaves them open."""
    graph_model = onnx.load(str(path))
    _, _, height, width = graph_model.graph.input[0].type.tensor_type.shape.dim
    if width.dim_value and height.dim_value:
        return ((width.dim_value, height.dim_value),)
    told = {pair.key: pair.value for pair in graph_model.metadata_props}
    if KEY not in told:
        raise BadInput(f"{path} takes pictures of any size and does not say which it was made for; give --size")
    return read(told[KEY])
