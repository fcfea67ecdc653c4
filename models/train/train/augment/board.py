"""Boards made of pictures: lit LED walls in a darkened street, or a poster on posts by day.

The content is a piece of another picture with bars and letters over it, or
several side by side, seen from an angle. What the renderer makes is better;
this adds contents and places.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..classes import CLASSES
from .place import area, clip
from .scene import View

Rng = np.random.Generator
BILLBOARD = CLASSES.index("billboard")
LETTERS = list("ABEHKMNORSTUXYZ0123456789%!")
LEAST_SEEN = 0.4
# The chance that a lit board is a wall of screens, and the most that it and a poster have.
MANY_SCREENS = 0.6
SCREENS, PANELS = 7, 3


def content(image: np.ndarray, rng: Rng) -> np.ndarray:
    """An advertisement: a piece of a picture or a flat colour, bars, letters."""
    height, width = image.shape[:2]
    w, h = int(width * rng.uniform(0.3, 0.9)), int(height * rng.uniform(0.3, 0.9))
    x, y = int(rng.integers(0, width - w + 1)), int(rng.integers(0, height - h + 1))
    piece = cv2.resize(image[y : y + h, x : x + w], (320, 200), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.35:
        piece[:] = rng.integers(0, 256, 3)
    for _bar in range(int(rng.integers(0, 4))):
        x1, x2 = np.sort(rng.integers(0, 321, 2))
        y1, y2 = np.sort(rng.integers(0, 201, 2))
        piece[y1:y2, x1:x2] = rng.integers(0, 256, 3)
    for _line in range(int(rng.integers(0, 4))):
        text = "".join(rng.choice(LETTERS, int(rng.integers(2, 9))))
        at = (int(rng.integers(0, 120)), int(rng.integers(40, 195)))
        colour = tuple(int(v) for v in rng.integers(0, 256, 3))
        cv2.putText(piece, text, at, int(rng.integers(0, 5)), rng.uniform(0.8, 2.6), colour, int(rng.integers(1, 6)))
    border = int(rng.integers(0, 9))
    if border:
        piece = cv2.copyMakeBorder(
            piece, *(border,) * 4, cv2.BORDER_CONSTANT, value=tuple(int(v) for v in rng.integers(0, 256, 3))
        )
    return piece


def cut(rng: Rng, part: tuple[float, float, float, float], leaves: int) -> list[tuple[float, float, float, float]]:
    """Cuts a part (left, top, right, bottom) into so many, each across its longer side."""
    if leaves < 2:
        return [part]
    left, top, right, bottom = part
    first, at = leaves // 2, rng.uniform(0.35, 0.65)
    if right - left > (bottom - top) * rng.uniform(0.7, 1.4):
        middle = left + at * (right - left)
        two = (left, top, middle, bottom), (middle, top, right, bottom)
    else:
        middle = top + at * (bottom - top)
        two = (left, top, right, middle), (left, middle, right, bottom)
    return cut(rng, two[0], first) + cut(rng, two[1], leaves - first)


def wall(images: list[np.ndarray], rng: Rng, most: int) -> np.ndarray:
    """One surface of two panels to `most` that show different things: the screens of large squares by night,
    or a picture beside letters."""
    width, height, beyond = 480, int(480 / rng.uniform(1.3, 3.2)), 80
    canvas = np.zeros((height + 2 * beyond, width + 2 * beyond, 3), np.uint8)
    for part in cut(rng, (0, 0, canvas.shape[1], canvas.shape[0]), int(rng.integers(2, most + 1))):
        left, top, right, bottom = (int(v) for v in part)
        piece = content(images[int(rng.integers(len(images)))], rng)
        if rng.random() < 0.2:
            piece //= 8
        canvas[top:bottom, left:right] = cv2.resize(piece, (right - left, bottom - top))
    # The seams are seldom upright and level.
    lean = np.array([[1, rng.normal(0, 0.12), 0], [rng.normal(0, 0.08), 1, 0]], np.float32)
    lean[:, 2] = -lean[:, :2] @ (beyond, beyond) * rng.uniform(0.9, 1.1)
    return cv2.warpAffine(canvas, lean, (width, height), borderMode=cv2.BORDER_REFLECT)


def rounded(height: int, width: int, rng: Rng) -> np.ndarray:
    """A mask that leaves out one upper corner of a wall that bends round a house."""
    mask = np.ones((height, width), np.float32)
    across, down = int(rng.uniform(0.1, 0.5) * width), int(rng.uniform(0.15, 0.6) * height)
    corner = np.zeros((down, across), np.float32)
    cv2.ellipse(corner, (0, down), (across, down), 0, 270, 360, 1.0, -1)
    if rng.random() < 0.5:
        mask[:down, width - across :] = corner
    else:
        mask[:down, :across] = corner[:, ::-1]
    return mask


# Smallest and largest height as shares of the view's, and width to height.
POSTER = ((0.1, 0.75), (0.45, 3.2))
WALL = ((0.2, 0.7), (1.3, 3.2))


def outline(view: View, rng: Rng, sizes: tuple = POSTER) -> np.ndarray:
    """Four corners, clockwise from the upper left; one side may be nearer. May leave the frame."""
    (least, most), shapes = sizes
    height = view.height * np.exp(rng.uniform(np.log(least), np.log(most)))
    width = height * np.exp(rng.uniform(*np.log(shapes)))
    width = min(width, 0.9 * view.width)
    x = rng.uniform(-0.15 * width, view.width - 0.85 * width)
    y = rng.uniform(-0.35 * height, 0.75 * view.height - 0.6 * height)
    near, far = (0.0, rng.uniform(0, 0.22) * height)[:: 1 if rng.random() < 0.5 else -1]
    slope = rng.uniform(-0.05, 0.05) * height
    return np.array(
        [(x, y + near), (x + width, y + far + slope), (x + width, y + height - far + slope), (x, y + height - near)],
        np.float32,
    )


def posts(view: View, quad: np.ndarray, rng: Rng) -> None:
    """One or two posts from the board's lower edge down."""
    low, length = quad[2:, 1].max(), rng.uniform(0.3, 1.2) * (quad[3, 1] - quad[0, 1])
    thick = max(1, int(0.04 * (quad[1, 0] - quad[0, 0])))
    grey = int(rng.integers(30, 170))
    for share in (0.5,) if rng.random() < 0.6 else (0.2, 0.8):
        x = int(quad[3, 0] + share * (quad[2, 0] - quad[3, 0]))
        cv2.rectangle(view.image, (x - thick // 2, int(low) - 1), (x + thick // 2, int(low + length)), (grey,) * 3, -1)


def darken(view: View, rng: Rng) -> None:
    """Night falls on what is there already."""
    level = rng.uniform(0.1, 0.6)
    view.image = (255 * (view.image / 255.0) ** rng.uniform(1.2, 1.8) * level).astype(np.uint8)


def put_board(view: View, others: list[np.ndarray], rng: Rng, panels: float = 0.0) -> bool:
    """Draws a board of other pictures over the view and gives it a box, the last one; whether it did.

    Boxes under it become ignore regions. `panels` is the chance that a poster has several of them.
    """
    lit = rng.random() < 0.6
    many = (lit or panels > 0) and rng.random() < (MANY_SCREENS if lit else panels)
    quad = outline(view, rng, WALL if lit and many else POSTER)
    frame = (0, 0, view.width, view.height)
    hull = np.concatenate((quad.min(0), quad.max(0)))
    box = clip(hull, frame)
    if area(box) < LEAST_SEEN * area(hull):
        return False
    if lit:
        darken(view, rng)
    elif rng.random() < 0.5:
        posts(view, quad, rng)
    advert = (wall(others, rng, SCREENS if lit else PANELS) if many else content(others[0], rng)).astype(np.float32)
    if lit:
        advert = np.clip(advert * rng.uniform(1.0, 1.7) + rng.uniform(0, 50), 0, 255)
    h, w = advert.shape[:2]
    turn = cv2.getPerspectiveTransform(np.array([(0, 0), (w, 0), (w, h), (0, h)], np.float32), quad)
    drawn = cv2.warpPerspective(advert, turn, (view.width, view.height), flags=cv2.INTER_LINEAR)
    shape = rounded(h, w, rng) if lit and many and rng.random() < 0.5 else np.ones((h, w), np.float32)
    mask = cv2.warpPerspective(shape, turn, (view.width, view.height))[..., None]
    image = view.image * (1 - mask) + drawn * mask
    if lit:
        image += rng.uniform(0.1, 0.5) * cv2.GaussianBlur(drawn * mask, (0, 0), 0.04 * view.width)
    view.image = np.clip(image, 0, 255).astype(np.uint8)
    kept = [area(clip(b, tuple(box))) < 0.5 * area(b) for b in view.boxes]
    view.ignore.extend(b for b, keep in zip(view.boxes, kept) if not keep)
    view.labels = [label for label, keep in zip(view.labels, kept) if keep] + [BILLBOARD]
    view.boxes = [b for b, keep in zip(view.boxes, kept) if keep] + [box]
    return True
