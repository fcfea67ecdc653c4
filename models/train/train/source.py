"""A source of pictures as the command line names it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from .added import add
from .classes import CLASSES
from .coco import Faults, Picture, read_coco
from .twins import twins

FORM = "NAME,real|rendered,ANNOTATIONS,IMAGES[,SHARE[,CLASS]]"


@dataclass(frozen=True)
class Source:
    """One COCO file with its picture folder, and how much of an epoch it makes.

    `only` keeps the pictures that label that class; `without` and `within`
    leave out, or keep only, scene groups (for cross-validation).
    `added` is a file of labels added to those of the annotations (see `added.py`).
    `not_of` leaves out these photos, and composed pictures that stand on one of them.
    """

    name: str
    annotations: Path
    images: Path
    share: float = 1.0
    rendered: bool = False
    only: str | None = None
    without: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    not_of: frozenset[str] = frozenset()
    added: Path | None = None

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
        if self.not_of:
            chosen = [p for p in chosen if not {p.path.name, background(p)} & self.not_of]
        if self.added:
            add(chosen, self.added)
        return chosen


def background(picture: Picture) -> str:
    """The file name of the photo a composed picture stands on, or nothing."""
    return PurePosixPath(str(picture.meta.get("background", ""))).name


def off(sources: list[Source], held: Source) -> list[Source]:
    """The sources without what shows a photo of `held`: its twins, and what stands on either."""
    photos = [p.path for p in held.pictures()]
    others = [p.path for s in sources if not s.rendered for p in s.pictures()]
    names = frozenset(path.name for path in photos + twins(others, photos))
    return [replace(s, not_of=names) for s in sources]


def labelled_by(sources: list[Source], added: str | None) -> list[Source]:
    """The sources with the labels added that this file holds, if there is one."""
    return [replace(s, added=Path(added)) for s in sources] if added else sources
