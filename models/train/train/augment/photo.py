"""Light, weather, optics and coding, applied to a finished view. Boxes stay where they are."""

from __future__ import annotations

import cv2
import numpy as np

from .codec import h264, jpeg

Image = np.ndarray
Rng = np.random.Generator


def tone(image: Image, night: bool, rng: Rng) -> Image:
    """Brightness, gamma and colour cast; by night dark, with the cast of lamps."""
    table = np.arange(256, dtype=np.float32)
    gains = rng.uniform(0.9, 1.1, 3)
    gamma, bright = np.exp(rng.uniform(-0.3, 0.3)), rng.uniform(0.75, 1.25)
    if night:
        gamma, bright = rng.uniform(1.2, 1.9), rng.uniform(0.35, 0.8)
        gains = gains * np.array((rng.uniform(0.6, 1.1), 1.0, rng.uniform(0.9, 1.3)))
    channels = [
        np.clip(255 * (table / 255) ** gamma * bright * gain, 0, 255).astype(np.uint8)
        for gain in gains
    ]
    return cv2.LUT(image, np.stack(channels, -1).reshape(1, 256, 3))


def saturation(image: Image, rng: Rng) -> Image:
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    keep = rng.uniform(0.0 if rng.random() < 0.2 else 0.4, 1.3)
    return cv2.addWeighted(image, keep, grey, 1 - keep, 0)


def haze(image: Image, rng: Rng) -> Image:
    """Mist, thicker towards the top, where the street is farther away."""
    height = image.shape[0]
    rows = np.linspace(1, rng.uniform(0.2, 0.9), height, dtype=np.float32)
    share = (rng.uniform(0.15, 0.6) * rows)[:, None, None]
    colour = rng.uniform(150, 225) + rng.uniform(-8, 8, 3).astype(np.float32)
    return (image * (1 - share) + colour * share).astype(np.uint8)


def line_kernel(length: int, angle: float) -> np.ndarray:
    """A blur kernel along one direction (radians), of sum 1."""
    side = length | 1
    kernel = np.zeros((side, side), np.float32)
    reach = np.array((np.cos(angle), np.sin(angle))) * (side - 1) / 2
    centre = (side - 1) / 2
    ends = [tuple(int(round(v)) for v in centre + sign * reach) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1)
    return kernel / kernel.sum()


def rain(image: Image, rng: Rng) -> Image:
    """Bright slanted streaks over a slightly paler, duller picture."""
    height, width = image.shape[:2]
    drops = (rng.random((height, width)) < rng.uniform(0.002, 0.01)).astype(np.float32)
    kernel = line_kernel(int(rng.integers(9, 23)), np.pi / 2 + rng.uniform(-0.35, 0.35))
    streaks = cv2.filter2D(drops, -1, kernel / kernel.max())
    streaks = np.clip(streaks, 0, 1)[..., None] * rng.uniform(40, 110)
    return np.clip(image * 0.92 + 8 + streaks, 0, 255).astype(np.uint8)


def blur(image: Image, rng: Rng) -> Image:
    """One of: soft focus, defocus (a disc), motion, low resolution."""
    kind = rng.integers(4)
    if kind == 0:
        return cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.6))
    if kind == 1:
        radius = int(rng.integers(1, 4))
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
        return cv2.filter2D(image, -1, disc.astype(np.float32) / disc.sum())
    if kind == 2:
        return cv2.filter2D(image, -1, line_kernel(int(rng.integers(3, 10)), rng.uniform(0, np.pi)))
    height, width = image.shape[:2]
    factor = rng.uniform(0.4, 0.9)
    small = cv2.resize(image, (int(width * factor), int(height * factor)), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def noise(image: Image, rng: Rng) -> Image:
    grain = rng.normal(0, rng.uniform(2, 12), image.shape[:2]).astype(np.float32)
    return np.clip(image + grain[..., None], 0, 255).astype(np.uint8)


def photograph(image: Image, rng: Rng) -> Image:
    """All of it, each with its chance, in the order light meets the camera."""
    night = rng.random() < 0.12
    if rng.random() < 0.06:
        image = haze(image, rng)
    if rng.random() < 0.06:
        image = rain(image, rng)
    image = tone(image, night, rng)
    if rng.random() < 0.35:
        image = saturation(image, rng)
    if rng.random() < 0.3:
        image = blur(image, rng)
    if night or rng.random() < 0.08:
        image = noise(image, rng)
    coded = rng.random()
    if coded < 0.22:
        image = jpeg(image, int(rng.integers(25, 85)))
    elif coded < 0.26:
        shift = (int(rng.integers(-6, 7)), int(rng.integers(-6, 7)))
        image = h264(image, int(rng.integers(30, 44)), shift)
    return image
