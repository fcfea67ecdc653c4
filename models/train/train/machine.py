"""Settings of the machine that training on CPU cores gains from."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import time
from pathlib import Path

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3


def keep_freed_memory() -> None:
    """Tells glibc to reuse large blocks instead of giving them back.

    Every activation is a block of megabytes; fetched anew from the kernel
    each time it costs a page fault per 4 KiB, which is half of a step's time.
    """
    name = ctypes.util.find_library("c")
    if not name:
        return
    libc = ctypes.CDLL(name)
    if not hasattr(libc, "mallopt"):
        return
    libc.mallopt(M_MMAP_THRESHOLD, 1 << 30)
    libc.mallopt(M_TRIM_THRESHOLD, (1 << 31) - 1)
    libc.mallopt(M_TOP_PAD, 1 << 28)


def free_cores(seconds: float = 0.1) -> int | None:
    """How many cores other processes leave idle, or None where that can't be read.

    Those that run at a lower priority than this one count as idle. To be asked
    while this process does nothing itself.
    """
    stat = Path("/proc/stat")
    if not stat.exists():
        return None

    def idle() -> tuple[int, int]:
        fields = [int(n) for n in stat.read_text().splitlines()[0].split()[1:9]]
        yielding = fields[1] if os.nice(0) <= 0 else 0
        return fields[3] + fields[4] + yielding, sum(fields)

    cores = sum(line.startswith("cpu") for line in stat.read_text().splitlines()) - 1
    before = idle()
    time.sleep(seconds)
    after = idle()
    share = (after[0] - before[0]) / max(after[1] - before[1], 1)
    return max(1, round(share * cores))
