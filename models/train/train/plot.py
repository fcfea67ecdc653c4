"""Small charts as PNG, drawn with OpenCV so that no plotting library is needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

WIDTH, HEIGHT = 760, 460
LEFT, RIGHT, TOP, BOTTOM = 64, 190, 40, 52
COLOURS = (
    (180, 119, 31), (14, 127, 255), (44, 160, 44), (40, 39, 214), (189, 103, 148), (75, 86, 140),
    (127, 127, 127), (34, 189, 188),
)
INK, PALE = (40, 40, 40), (225, 225, 225)
FONT, SCALE = cv2.FONT_HERSHEY_SIMPLEX, 0.42


@dataclass
class Line:
    name: str
    x: list[float]
    y: list[float]
    dots: bool = False


def write_text(image: np.ndarray, text: str, at: tuple[int, int], colour: tuple = INK) -> None:
    cv2.putText(image, text, at, FONT, SCALE, colour, 1, cv2.LINE_AA)


def limits(values: list[float], fixed: tuple[float, float] | None) -> tuple[float, float]:
    if fixed:
        return fixed
    finite = [v for v in values if np.isfinite(v)] or [0.0]
    low, high = min(finite), max(finite)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def chart(
    path: Path,
    title: str,
    lines: list[Line],
    labels: tuple[str, str],
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
) -> Path:
    """Lines (or lines with dots) over a grid, with a legend; written as a PNG."""
    image = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    x0, x1 = limits([v for line in lines for v in line.x], x_range)
    y0, y1 = limits([v for line in lines for v in line.y], y_range)

    def spot(x: float, y: float) -> tuple[int, int]:
        across = (x - x0) / (x1 - x0) * (WIDTH - LEFT - RIGHT)
        up = (y - y0) / (y1 - y0) * (HEIGHT - TOP - BOTTOM)
        return int(LEFT + across), int(HEIGHT - BOTTOM - up)

    for share in np.linspace(0, 1, 6):
        x, y = x0 + share * (x1 - x0), y0 + share * (y1 - y0)
        cv2.line(image, spot(x, y0), spot(x, y1), PALE, 1)
        cv2.line(image, spot(x0, y), spot(x1, y), PALE, 1)
        write_text(image, f"{x:.3g}", (spot(x, y0)[0] - 10, HEIGHT - BOTTOM + 18))
        write_text(image, f"{y:.3g}", (LEFT - 44, spot(x0, y)[1] + 4))
    cv2.rectangle(image, spot(x0, y1), spot(x1, y0), INK, 1)
    write_text(image, labels[0], (LEFT + 150, HEIGHT - 14))
    write_text(image, labels[1], (6, TOP - 16))
    beside = 6 + cv2.getTextSize(labels[1], FONT, SCALE, 1)[0][0] + 24
    write_text(image, title, (max(LEFT, beside), TOP - 16))
    for index, line in enumerate(lines):
        colour = COLOURS[index % len(COLOURS)]
        points = [spot(x, y) for x, y in zip(line.x, line.y) if np.isfinite(x) and np.isfinite(y)]
        if len(points) > 1:
            cv2.polylines(image, [np.array(points, np.int32)], False, colour, 2, cv2.LINE_AA)
        if line.dots or len(points) == 1:
            for point in points:
                cv2.circle(image, point, 4, colour, -1, cv2.LINE_AA)
        write_text(image, line.name, (WIDTH - RIGHT + 12, TOP + 16 + 20 * index), colour)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), image):
        raise OSError(f"{path} could not be written")
    return path


def curves(history: list[dict], folder: Path) -> list[Path]:
    """A run's losses and its validation AP50 per class, as PNG files."""
    written = []
    with_loss = [h for h in history if h.get("loss")]
    if with_loss:
        epochs = [h["epoch"] for h in with_loss]
        lines = [
            Line(name, epochs, [h["loss"][name] for h in with_loss])
            for name in ("box", "objectness", "classes")
        ]
        written.append(chart(folder / "loss.png", "training losses", lines, ("epoch", "loss")))
    judged = [h for h in history if h.get("val")]
    for name in sorted({n for h in judged for n in h["val"]}):
        here = [h for h in judged if name in h["val"]]
        kinds = sorted({k for h in here for k in h["val"][name]})
        lines = [
            Line(
                kind,
                [h["epoch"] for h in here],
                [h["val"][name].get(kind, {}).get("ap50", float("nan")) for h in here],
                dots=True,
            )
            for kind in kinds
        ]
        file = folder / f"ap50-{name}.png"
        written.append(chart(file, f"AP50, {name}", lines, ("epoch", "AP50"), y_range=(0, 1)))
    return written
