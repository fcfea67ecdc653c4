"""Processor time and memory of a process with all its children, from /proc."""

from __future__ import annotations

import os
from pathlib import Path

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6


def stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat behind the name: state, parent, ..."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def family(root: int) -> list[int]:
    """The process and all below it."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int(stat(int(entry.name))[1])
            except OSError:
                continue
    members = [root]
    for pid in members:
        members += [child for child, parent in parents.items() if parent == pid]
    return members


def usage(root: int) -> tuple[float, float, int]:
    """Processor seconds spent so far, megabytes held and threads, of all the family's processes.

    What children that have ended spent is in their parent's account.
    """
    seconds, megabytes, threads = 0.0, 0.0, 0
    for pid in family(root):
        try:
            fields = stat(pid)
        except OSError:
            continue
        seconds += sum(int(f) for f in fields[11:15]) * TICK_S
        threads += int(fields[17])
        megabytes += int(fields[21]) * PAGE_MB
    return seconds, megabytes, threads
