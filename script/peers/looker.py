"""A Python program that watches streams, as a peer: `python -m script.peers.looker HOW CARD EVERY URL...`

HOW is `opencv` (VideoCapture reads and decodes every frame) or `ffmpeg` (one ffmpeg a stream gives 5
frames a second, scaled down). Writes a line of JSON per look to standard output, until it is ended.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Iterator

os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")

import cv2
import numpy as np

from .detector import Detector

FFMPEG_FPS = 5
FFMPEG_SIZE = (640, 360)


def opencv(url: str, every: float) -> Iterator[np.ndarray]:
    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG)
    due = 0.0
    while True:
        more, picture = capture.read()
        if not more:
            return
        now = time.monotonic()
        if now >= due:
            due = now + every
            yield picture


def ffmpeg(url: str, every: float) -> Iterator[np.ndarray]:
    width, height = FFMPEG_SIZE
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-threads", "1", "-rtsp_transport", "tcp"]
    command += ["-i", url, "-an", "-vf", f"fps={FFMPEG_FPS},scale={width}:{height}"]
    command += ["-pix_fmt", "bgr24", "-f", "rawvideo", "pipe:1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    step, index = max(1, round(every * FFMPEG_FPS)), 0
    while True:
        data = process.stdout.read(width * height * 3)
        if len(data) < width * height * 3:
            return
        if index % step == 0:
            yield np.frombuffer(data, np.uint8).reshape(height, width, 3)
        index += 1


def watch(camera: str, pictures: Iterator[np.ndarray], detector: Detector, lock: threading.Lock) -> None:
    for picture in pictures:
        line = json.dumps({"camera": camera, "detections": detector(picture)})
        with lock:
            print(line, flush=True)


def main() -> None:
    how, card, every, *urls = sys.argv[1:]
    cv2.setNumThreads(1)
    detector, lock = Detector(Path(card)), threading.Lock()
    source = {"opencv": opencv, "ffmpeg": ffmpeg}[how]
    threads = []
    for index, url in enumerate(urls):
        camera = f"{url.rpartition('/')[2]}.{index}"
        pictures = source(url, float(every))
        threads.append(threading.Thread(target=watch, args=(camera, pictures, detector, lock)))
        threads[-1].start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
