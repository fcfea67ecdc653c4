"""A source of pictures as the command line names it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from .classes import CLASSES
from .coco import Faults, Picture, read_coco

FORM = "NAME,real|rendered,ANNOTATIONS,IMAGES[,SHARE[,CLASS]]"


@dataclass(frozen=True)
class Source:
    """One COCO file with its picture folder, and how much of an epoch it makes.

    `only` keeps the pictures that label that class; `without` and `within`
    leave out, or keep only, scene groups (for cross-validation).
    `not_on` leaves out composed pictures whose background is one of these photos.
    """

    name: str
    annotations: Path
    images: Path
    share: float = 1.0
    rendered: bool = False
    only: str | None = None
    without: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    not_on: frozenset[str] = frozenset()

    @staticmethod
    def parse(text: str) -> "Source":
        parts = text.split(",")
        if not 4 <= len(parts) <= 6 or parts[1] not in ("real", "rendered"):
            raise ValueError(f"not {FORM}: {text!r}")
        only = parts[5] if len(parts) == 6 else None
        if only is not None and only not in CLASSES:
            raise ValueError(f"no such class: {only!r} in {text!r}")
        share = float(parts[4]) if len(parts) >= 5 else 1.0
        return Source(parts[0], Path(parts[2]), Path(parts[3]), share, parts[1] == "rendered", only)

    def pictures(self, faults: Faults | None = None) -> list[Picture]:
        chosen = read_coco(self.annotations, self.images, faults)
        if self.only:
            kind = CLASSES.index(self.only)
            chosen = [p for p in chosen if p.labelled[kind]]
        if self.without:
            chosen = [p for p in chosen if str(p.meta.get("scene_group")) not in self.without]
        if self.within:
            chosen = [p for p in chosen if str(p.meta.get("scene_group")) in self.within]
        if self.not_on:
            chosen = [p for p in chosen if background(p) not in self.not_on]
        return chosen


def background(picture: Picture) -> str:
    """The file name of the photo a composed picture stands on, or nothing."""
    return PurePosixPath(str(picture.meta.get("background", ""))).name


def off(sources: list[Source], held: Source) -> list[Source]:
    """The sources without composed pictures that stand on a photo of `held`."""
    photos = frozenset(p.path.name for p in held.pictures())
    return [replace(s, not_on=photos) for s in sources]
