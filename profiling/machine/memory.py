"""Resident memory of this process, and what CUDA allocated."""

from __future__ import annotations

import sys
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
