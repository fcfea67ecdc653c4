"""What the card says of a model's results: thresholds, scores, calibration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..calibrate import ALARM_IOU, Point, choose, point_at, reliability
from ..classes import CLASSES
from ..plot import Line, chart
from ..score import Found, judge, score
from ..shapes import Shapes
from ..source import Source
from .toml import section

Measured = list[tuple[Source, Found]]
# Fewer real boxes of a class than this do not choose its threshold by themselves.
FEW_BOXES = 50


@dataclass
class Chosen:
    """A class's threshold and why it is that."""

    threshold: float
    why: str


def at(found: Found, kind: int, threshold: float) -> Point | None:
    judged = judge(found, kind, ALARM_IOU)
    return point_at([judged], threshold) if judged[2] else None


def judging_sets(measured: Measured, kind: int) -> tuple[Measured, str]:
    """Real pictures decide where a class has enough boxes in them; else rendered ones too."""
    boxes = [judge(found, kind, ALARM_IOU)[2] for _, found in measured]
    real = [not source.rendered for source, _ in measured]
    on_real = sum(count for count, is_real in zip(boxes, real) if is_real)
    kept = [is_real or on_real < FEW_BOXES for is_real in real]
    sets = [m for m, count, keep in zip(measured, boxes, kept) if count and keep]
    kinds = sorted({"rendered" if source.rendered else "real" for source, _ in sets})
    return sets, " and ".join(kinds) or "no"


def thresholds(measured: Measured, wanted: dict[str, float], fixed: dict[str, float]) -> dict[str, Chosen]:
    chosen = {}
    for kind, name in enumerate(CLASSES):
        if name in fixed:
            chosen[name] = Chosen(round(fixed[name], 2), "given by hand")
            continue
        sets, what = judging_sets(measured, kind)
        point = choose([found for _, found in sets], kind, wanted[name])
        if point is None:
            chosen[name] = Chosen(0.5, "no validation boxes; 0.5 taken")
        elif point.precision >= wanted[name]:
            chosen[name] = Chosen(point.threshold, f"lowest with precision {wanted[name]} on {what} validation")
        else:
            chosen[name] = Chosen(
                point.threshold, f"best F0.5 on {what} validation; precision {wanted[name]} not reached"
            )
    return chosen


def score_sections(
    measured: Measured, after: Measured, chosen: dict[str, Chosen], shapes: Shapes
) -> list[str]:
    """`after` are the detections that alarms are made of: those after the second look."""
    parts = []
    for (source, found), (_, alarms) in zip(measured, after):
        scores = score(found, shapes)
        pairs: dict[str, object] = {
            "kind": "rendered" if source.rendered else "real",
            "pictures": len(found[0]),
            **{f"{name}_ap50": round(s.ap50, 3) for name, s in scores.items()},
            **{f"{name}_ap": round(s.ap, 3) for name, s in scores.items()},
            "at_threshold_iou": ALARM_IOU,
            "at_threshold": [
                f"{name}: precision {p.precision:.2f}, recall {p.recall:.2f}"
                for kind, name in enumerate(CLASSES)
                if (p := at(alarms, kind, chosen[name].threshold))
            ],
            "by_size": [
                f"{name}: " + ", ".join(
                    f"{label} {ap:.3f} of {count}" for label, (ap, count) in s.by_size.items() if count
                )
                for name, s in scores.items()
            ],
            "sizes": "side at the input: small under 32 px, medium to 96, large above",
        }
        parts.append(section(f"[scores.{source.name}]", pairs))
    return parts


def calibration_sections(measured: Measured, folder: Path) -> list[str]:
    """Expected calibration error per class, and the plot; real and rendered apart."""
    parts = []
    for what in ("real", "rendered"):
        sets = [found for source, found in measured if source.rendered == (what == "rendered")]
        lines, pairs = [Line("perfect", [0, 1], [0, 1])], {}
        for kind, name in enumerate(CLASSES):
            rel = reliability(sets, kind)
            if rel is None:
                continue
            lines.append(Line(name, rel.scores, rel.shares, dots=True))
            pairs[f"{name}_ece"] = round(rel.ece, 3)
            pairs[f"{name}_bins"] = [
                f"score {s:.2f}: right {r:.2f} of {n}"
                for s, r, n in zip(rel.scores, rel.shares, rel.counts)
            ]
        if not pairs:
            continue
        file = folder / f"reliability-{what}.png"
        title = f"share of right detections by score, {what} validation"
        chart(file, title, lines, ("score", "right"), (0, 1), (0, 1))
        plot = f"{folder.name}/{file.name}"
        parts.append(section(f"[scores.calibration.{what}]", {"iou": ALARM_IOU, "plot": plot, **pairs}))
    return parts
