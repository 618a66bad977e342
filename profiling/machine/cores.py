"""The cores that a measurement keeps to: the same for all trackers, or a ratio would be one of cores.

On a shared machine one core may be half as fast as another for minutes: free to move, two trackers settle on different
ones.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

import psutil

LOOK = 0.3
"""Seconds in which the load of the cores is measured."""
SYSTEM = Path("/sys/devices/system/cpu")


def choose_cores(counts: Iterable[int], system: Path = SYSTEM) -> dict[int, tuple[int, ...]]:
    """By number of threads, as many cores: the fastest by design, of these the ones with the least to do now.

    Hardware threads that share a core with one chosen before come last: two of them are no two cores.

    Empty for a number that takes all cores, and where the system cannot bind a process (macOS).
    """
    if not hasattr(os, "sched_getaffinity"):
        return dict.fromkeys(counts, ())
    usable = sorted(os.sched_getaffinity(0))
    busy = psutil.cpu_percent(interval=LOOK, percpu=True)
    clocks = [frequency.max for frequency in psutil.cpu_freq(percpu=True) or ()]
    known = len(clocks) == len(busy)

    def rank(core: int) -> tuple[bool, float, float]:
        return _is_second(core, system), -clocks[core] if known else 0.0, busy[core] if core < len(busy) else 0.0

    usable.sort(key=rank)
    return {count: tuple(usable[:count]) if count < len(usable) else () for count in counts}


def _is_second(core: int, system: Path) -> bool:
    """Whether it is another hardware thread of a core that has one with a lower number."""
    siblings = system / f"cpu{core}" / "topology" / "thread_siblings_list"
    first = re.match(r"\d+", siblings.read_text()) if siblings.is_file() else None
    return first is not None and int(first.group()) != core


def keep_to(cores: tuple[int, ...]) -> None:
    """Bind this process, and every thread that it will start, to cores; empty for all of them."""
    if cores:
        os.sched_setaffinity(0, cores)
