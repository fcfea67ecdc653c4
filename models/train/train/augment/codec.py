"""What coding leaves behind: JPEG blocks, and real H.264 at a low bitrate where ffmpeg is found."""

from __future__ import annotations

import shutil
import subprocess
from functools import lru_cache

import cv2
import numpy as np

PATIENCE_S = 120
# A run that was paused for longer finds its patience over; another picture would come of that, and another network.
ATTEMPTS = 2


def jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    packed = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, quality))[1]
    return cv2.imdecode(packed, cv2.IMREAD_COLOR)


@lru_cache(maxsize=1)
def ffmpeg() -> str | None:
    return shutil.which("ffmpeg")


def run(arguments: list[str], data: bytes) -> bytes:
    quiet = [str(ffmpeg()), "-hide_banner", "-loglevel", "error", "-threads", "1"]
    for _attempt in range(ATTEMPTS):
        try:
            done = subprocess.run(
                [*quiet, *arguments], input=data, capture_output=True, timeout=PATIENCE_S, check=False
            )
        except subprocess.TimeoutExpired:
            continue
        return done.stdout if done.returncode == 0 else b""
    return b""


def h264(image: np.ndarray, crf: int, shift: tuple[int, int]) -> np.ndarray:
    """The picture as the second frame of a clip whose camera moved by `shift` pixels.

    So it is mostly predicted, as most frames of a stream are. Where ffmpeg or
    its encoder is missing the picture comes back as a poor JPEG instead.
    """
    height, width = image.shape[:2]
    if ffmpeg() is None or height % 2 or width % 2:
        return jpeg(image, max(12, 90 - 2 * crf))
    raw = ["-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{width}x{height}"]
    first = np.roll(image, shift, (0, 1))
    coded = run(
        [*raw, "-i", "-", "-c:v", "libx264", "-preset", "veryfast", "-crf", str(crf),
         "-pix_fmt", "yuv420p", "-threads", "1", "-f", "h264", "-"],
        first.tobytes() + image.tobytes(),
    )
    plain = run(["-f", "h264", "-i", "-", *raw, "-"], coded) if coded else b""
    if len(plain) < 2 * image.nbytes:
        return jpeg(image, max(12, 90 - 2 * crf))
    return np.frombuffer(plain, np.uint8)[-image.nbytes :].reshape(image.shape).copy()
