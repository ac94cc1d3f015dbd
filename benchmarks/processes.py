"""One command and what its whole tree of processes cost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU and wall clock seconds of a process and its children, and the peak memory of the largest of them in MiB."""

    cpu: float
    wall: float
    peak: float


def cost_of(command: Sequence[str], codes: frozenset[int]) -> Cost:
    """Run a command to its end, without its output. Raises `RuntimeError` where its exit code is none of `codes`."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)  # else Popen would wait for it once more
    if process.returncode not in codes:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / unit)
