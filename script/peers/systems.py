"""How each system is started on a list of streams, and what tells that it has come into its stride."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from .usls_model import write_copy

SITE = """[site]
name = "bench"
timezone = "Asia/Shanghai"

[detect]
model = "{card}"
threads = 1

[web]
bind = "127.0.0.1:0"

[data]
dir = "{data}"

[rule.bin_overflow]
dwell = "10m"
gone_after = "10m"

[rule.street_stall]
dwell = "10m"
gone_after = "10m"

[rule.billboard]
dwell = "10m"
gone_after = "10m"
"""

CAMERA = """
[[camera]]
id = "{id}"
uri = "{url}"
every = "{every}s"
position = {{ lon = 113.08, lat = 22.58, crs = "WGS84" }}
"""


@dataclass
class Job:
    """What is to be watched."""

    binary: Path
    usls: Path
    card: Path
    urls: list[str]
    every: float
    work: Path

    @property
    def lines(self) -> Path:
        """Where the looks are written."""
        return self.work / "looks.jsonl"


def start(command: list[str], job: Job, to: Path) -> subprocess.Popen:
    with to.open("wb") as out, (job.work / "log.txt").open("wb") as log:
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        return subprocess.Popen(command, stdout=out, stderr=log, env=environment, stdin=subprocess.DEVNULL)


def streetwarden(job: Job) -> subprocess.Popen:
    site = job.work / "site.toml"
    text = SITE.format(card=job.card, data=job.work / "data")
    for index, url in enumerate(job.urls):
        name = f"{url.rpartition('/')[2]}.{index}"
        text += CAMERA.format(id=name, url=url, every=f"{job.every:g}")
    site.write_text(text)
    command = [str(job.binary), "run", "--config", str(site), "--record", str(job.lines)]
    return start(command, job, job.work / "out.txt")


def looker(how: str, job: Job) -> subprocess.Popen:
    command = [sys.executable, "-m", "script.peers.looker", how, str(job.card), f"{job.every:g}", *job.urls]
    return start(command, job, job.lines)


def usls(job: Job) -> subprocess.Popen:
    """What usls has in place of streetwarden's letterbox, session and decoding; ffmpeg reads for it."""
    content = tomllib.loads(job.card.read_text())
    classes = ",".join(f"{c['name']}={c['threshold']}" for c in content["class"])
    model = job.work / "model.onnx"
    write_copy(job.card, model)
    command = [str(job.usls), str(model), str(content["nms"]["iou"]), f"{job.every:g}", classes, *job.urls]
    return start(command, job, job.lines)


def decode_only(job: Job) -> subprocess.Popen:
    command = ["gst-launch-1.0", "-q"]
    for url in job.urls:
        command += ["rtspsrc", f"location={url}", "protocols=tcp", "!", "rtph264depay", "!", "h264parse"]
        command += ["!", "avdec_h264", "max-threads=1", "!", "fakesink", "sync=false"]
    return start(command, job, job.work / "out.txt")


SYSTEMS = {
    "streetwarden": streetwarden,
    "opencv": lambda job: looker("opencv", job),
    "ffmpeg": lambda job: looker("ffmpeg", job),
    "usls": usls,
    "gst-decode": decode_only,
}
