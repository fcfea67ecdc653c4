"""Runs the systems one after another on the same streams; prints a table, writes JSON. See bench-peers."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from . import recall
from .cost import usage
from .systems import SYSTEMS, Job

WARM_UP_S = 12
LISTENING = "listening on "


class Ended(Exception):
    """A system ended before it was stopped."""


class Server:
    """The clips as RTSP cameras, in a process of its own."""

    def __init__(self, binary: Path, clips: Path):
        command = [str(binary), "serve-clips", str(clips), "--bind", "127.0.0.1:0", "--until-stdin-ends"]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        if not line.startswith(LISTENING):
            raise SystemExit(f"bench-peers: the clip server did not start: {line!r}")
        self.address = line.removeprefix(LISTENING).strip()
        self.names = sorted(clip.stem for clip in clips.glob("*.mp4"))

    def urls(self, count: int) -> list[str]:
        return [f"{self.address}/{self.names[i % len(self.names)]}" for i in range(count)]

    def end(self) -> None:
        self.process.stdin.close()
        self.process.wait(timeout=30)


def measure(name: str, job: Job, seconds: float, truth: Path) -> dict:
    """One system for so many seconds after its start."""
    process = SYSTEMS[name](job)
    time.sleep(WARM_UP_S)
    begun, before = time.monotonic(), usage(process.pid)
    time.sleep(seconds)
    spent, after = time.monotonic() - begun, usage(process.pid)
    if process.poll() is not None:
        raise Ended(f"{name} ended by itself: {(job.work / 'log.txt').read_text()[-2000:]}")
    process.terminate()
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
    cores = (after[0] - before[0]) / spent
    looks = len(job.lines.read_text().splitlines()) if job.lines.exists() else 0
    return {
        "cores": cores,
        "cameras_per_core": len(job.urls) / cores,
        "megabytes_per_camera": after[1] / len(job.urls),
        "threads": after[2],
        "looks": looks,
        "found": recall.found(job.lines, truth) if job.lines.exists() else None,
    }


def table(rounds: list[dict[str, dict]], violations: int) -> str:
    head = f"{'system':14}{'cores/camera':>13}{'cameras/core':>13}{'ratio':>8}{'MB/camera':>11}{'threads':>9}{'recall':>8}"
    rows = [head]
    for name in rounds[0]:
        def middle(key: str) -> float:
            return statistics.median(r[name][key] for r in rounds)

        ratio = statistics.median(
            r["streetwarden"]["cameras_per_core"] / r[name]["cameras_per_core"] for r in rounds
        )
        found = [r[name]["found"] for r in rounds]
        seen = "-" if found[0] is None else f"{min(map(len, found))}/{violations}"
        rows.append(
            f"{name:14}{1 / middle('cameras_per_core'):13.4f}{middle('cameras_per_core'):13.1f}{ratio:8.2f}"
            f"{middle('megabytes_per_camera'):11.1f}{middle('threads'):9.0f}{seen:>8}"
        )
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/bench-peers")
    parser.add_argument("--binary", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--usls", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--clips", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--card", type=Path, default=Path("models/street-nano/model.toml"))
    parser.add_argument("--truth", type=Path, default=Path("pipelines/demo/truth.json"))
    parser.add_argument("--cameras", type=int, default=4)
    parser.add_argument("--every", type=float, default=2.0, help="seconds from look to look")
    parser.add_argument("--seconds", type=float, default=66.0, help="measured, after the start")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--systems", nargs="+", choices=list(SYSTEMS), default=list(SYSTEMS))
    parser.add_argument("--out", type=Path, help="where the figures go as JSON")
    args = parser.parse_args()
    if "streetwarden" not in args.systems:
        parser.error("--systems must name streetwarden: the ratios are to it")
    server = Server(args.binary.absolute(), args.clips)
    rounds, failed = [], []
    try:
        for number in range(args.rounds):
            figures = {}
            for name in args.systems:
                with tempfile.TemporaryDirectory() as work:
                    urls = server.urls(args.cameras)
                    files = (path.absolute() for path in (args.binary, args.usls, args.card))
                    job = Job(*files, urls, args.every, Path(work))
                    try:
                        figures[name] = measure(name, job, args.seconds, args.truth)
                    except Ended as ended:
                        # the others are measured all the same
                        failed.append(name)
                        print(f"round {number + 1}: bench-peers: {ended}", flush=True)
                        continue
                print(f"round {number + 1}: {name} {json.dumps(figures[name])}", flush=True)
            rounds.append(figures)
    finally:
        server.end()
    if "streetwarden" in failed:
        raise SystemExit("bench-peers: FAILED: streetwarden ended by itself, so there is nothing to compare with")
    print(table([{n: r for n, r in one.items() if n not in failed} for one in rounds], len(recall.violations(args.truth))))
    if args.out:
        machine = {"cores": os.cpu_count(), "machine": platform.machine(), "load": os.getloadavg()}
        content = {"arguments": {k: str(v) for k, v in vars(args).items()}, "machine": machine, "rounds": rounds}
        args.out.write_text(json.dumps(content, indent=1) + "\n")
    if failed:
        raise SystemExit(f"bench-peers: FAILED: {', '.join(sorted(set(failed)))} ended by itself, see above; left out of the table")


if __name__ == "__main__":
    main()
