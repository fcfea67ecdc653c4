"""What rendered pictures bring: real held-out pictures scored at several shares of them.

Every point is a cross-validation from the same start weights with the same
number of steps; only the share of an epoch that is rendered differs.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from .crossval import crossval
from .plot import Line, chart
from .settings import Settings
from .source import Source

TOLD = ("street_stall", "billboard")


def at_share(sources: list[Source], share: float) -> list[Source]:
    """The sources with rendered ones making up `share` of the epoch, the rest as before."""
    total = {kind: sum(s.share for s in sources if s.rendered == kind) for kind in (True, False)}
    wanted = {True: share, False: 1 - share}
    return [
        replace(s, share=s.share * wanted[s.rendered] / total[s.rendered])
        for s in sources
        if wanted[s.rendered] > 0
    ]


def mixcurve(
    settings: Settings,
    extra: Source,
    others: list[Source],
    shares: list[float],
    folds: int,
    jobs: int = 1,
) -> dict:
    """AP50 per class and share, written to mixcurve.json and mixcurve.png in the run's folder."""
    out = Path(settings.out)
    curve: dict[str, list[float]] = {name: [] for name in TOLD}
    for share in shares:
        mixed = at_share([extra, *others], share)
        part = replace(settings, out=str(out / f"share-{share:.2f}"))
        result = crossval(part, mixed[0], mixed[1:], folds, jobs)
        for name in TOLD:
            curve[name].append(result["scores"][name]["ap50"])
    lines = [Line(name, shares, values, dots=True) for name, values in curve.items()]
    title = "AP50 on held-out real pictures by share of rendered ones"
    chart(out / "mixcurve.png", title, lines, ("share rendered", "AP50"), (0, 1), (0, 1))
    steps = settings.epochs * (settings.samples // settings.batch)
    content = {"shares": shares, "steps": steps, **curve}
    (out / "mixcurve.json").write_text(json.dumps(content, indent=1))
    return content


def card_pairs(content: dict) -> dict[str, object]:
    pairs: dict[str, object] = {
        "what": "real pictures held out by scene group, per share of rendered pictures in training",
        "shares": content["shares"],
        "steps": content["steps"],
    }
    return pairs | {f"{name}_ap50": [round(v, 3) for v in content[name]] for name in TOLD}
