"""The part of script/bench-peers-letterbox that needs OpenCV; see there.

Each round runs `streetwarden bench letterbox` and then OpenCV on the very frame that it wrote, so
that both meet the same minute of the machine. What is printed is the median of the rounds' ratios.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy

ROUNDS = 5
CALLS = 60


def own(binary: str, size: str, picture: str, folder: str) -> dict:
    table = Path(folder) / "table.json"
    command = [binary, "bench", "letterbox", "--input", size, "--dump", folder, "--json", str(table), "--longest", "5s"]
    if picture:
        command += ["--picture", picture]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return json.loads(table.read_text())


def fitted(frame: tuple[int, int], into: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, width, height of a frame inside an input, as the letterbox places it."""
    scale = min(into[0] / frame[0], into[1] / frame[1])
    width, height = (max(1, int(side * scale + 0.5)) for side in frame)
    return (into[0] - width) // 2, (into[1] - height) // 2, width, height


def difference(theirs: numpy.ndarray, ours: numpy.ndarray) -> tuple[float, float]:
    """Mean absolute difference, and the same with each channel's mean made equal."""
    off = theirs.astype(float) - ours
    return float(abs(off).mean()), float(abs(off - off.mean((0, 1))).mean())


def median_us(call) -> float:
    """Processor time of a call in this thread; OpenCV uses no other."""
    for _ in range(5):
        call()
    times = []
    for _ in range(CALLS):
        before = time.thread_time_ns()
        call()
        times.append(time.thread_time_ns() - before)
    return statistics.median(times) / 1e3


def contenders(planes: numpy.ndarray, size: tuple[int, int], picture: dict) -> dict:
    """OpenCV's ways to the same picture, each into memory that is there already."""
    full = numpy.empty((planes.shape[0] * 2 // 3, planes.shape[1], 3), numpy.uint8)
    calls = {}
    for name, how in (("INTER_LINEAR", cv2.INTER_LINEAR), ("INTER_AREA", cv2.INTER_AREA)):
        small = picture[name] = numpy.empty((size[1], size[0], 3), numpy.uint8)

        def call(how=how, small=small):
            cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420, full)
            cv2.resize(full, size, small, interpolation=how)

        calls[name] = call
    return calls


def main(binary: str, size: str, picture: str) -> None:
    cv2.setNumThreads(1)
    into = tuple(int(side) for side in size.split("x"))
    ratios: dict[str, list[float]] = {}
    times: dict[str, list[float]] = {}
    differs: dict[str, tuple[float, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(ROUNDS):
            report = own(binary, size, picture, folder)
            frame = tuple(int(side) for side in report["facts"]["frame"].split("x"))
            if frame[0] % 2 or frame[1] % 4:
                sys.exit("OpenCV reads I420 of even width and a height divisible by 4 only: take another picture")
            raw = numpy.fromfile(Path(folder) / "frame.i420", numpy.uint8)
            ours = numpy.fromfile(Path(folder) / "letterbox.rgb", numpy.uint8).reshape(into[1], into[0], 3)
            left, top, width, height = fitted(frame, into)
            ours = ours[top : top + height, left : left + width, ::-1].astype(int)
            for row in report["rows"]:
                ratios.setdefault(row["name"], []).append(row["ratio"])
                times.setdefault(row["name"], []).append(row["median_us"])
                if row["differs_levels"] is not None:
                    differs[row["name"]] = row["differs_levels"], row["differs_levels_without_offset"]
            small: dict[str, numpy.ndarray] = {}
            for how, call in contenders(raw.reshape(frame[1] * 3 // 2, frame[0]), (width, height), small).items():
                name = f"OpenCV {cv2.__version__}, {how}"
                took = median_us(call)
                times.setdefault(name, []).append(took)
                ratios.setdefault(name, []).append(took / report["rows"][0]["median_us"])
                differs[name] = difference(small[how], ours)
    print(f"I420 {report['facts']['frame']} to {size}, one thread, {report['facts']['instructions']}, {ROUNDS} rounds")
    print(f"{'':<48}{'median':>10}{'ratio':>8}{'from':>8}{'to':>8}{'differs by':>12}{'less offset':>13}")
    for name, all_ratios in ratios.items():
        median, low, high = statistics.median(all_ratios), min(all_ratios), max(all_ratios)
        shown = "{:>12.2f}{:>13.2f}".format(*differs[name]) if name in differs else ""
        took = statistics.median(times[name])
        print(f"{name:<48}{took:>7.0f} µs{median:>8.2f}{low:>8.2f}{high:>8.2f}{shown}")


if __name__ == "__main__":
    main(*sys.argv[1:4])
