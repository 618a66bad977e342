"""What the system tells of this process: its memory, what CUDA allocated, and waits for a processor (Linux)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import psutil


def resident_bytes() -> int:
    """Resident memory now."""
    return int(psutil.Process().memory_info().rss)


def peak_resident_bytes(status: Path = Path("/proc/self/status")) -> int:
    """Largest resident memory since the process began.

    Linux's ``VmHWM`` and not ``getrusage``: the latter passes the parent's peak on to a child through fork and exec.
    """
    if status.is_file():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * unit


def cuda_peak_bytes() -> int | None:
    """Largest memory that torch's CUDA allocator has held; None without CUDA or torch."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return None
    return int(torch.cuda.max_memory_allocated())


SCHEDSTAT = Path("/proc/thread-self/schedstat")
"""Nanoseconds on a processor, nanoseconds of waiting for one, number of time slices."""

_LONGEST_LINE = 96


def run_delay_clock(schedstat: Path = SCHEDSTAT) -> Callable[[], float]:
    """A clock of the calling thread's waits in seconds; always 0 where the kernel does not tell.

    A read takes about 1.5 microseconds.
    """
    try:
        descriptor = os.open(schedstat, os.O_RDONLY)
    except OSError:
        return lambda: 0.0

    def waited() -> float:
        return int(os.pread(descriptor, _LONGEST_LINE, 0).split()[1]) * 1e-9

    return waited
