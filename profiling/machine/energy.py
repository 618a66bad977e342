"""Energy counters: RAPL for the processor package, NVML for a GPU; or the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.imports import optional_module

POWERCAP = Path("/sys/class/powercap")
PACKAGE = "package-"
"""Begins the names of the RAPL zones that are counted; a laptop's zone ``psys`` is the platform, packages included."""
MICRO, MILLI = 1e-6, 1e-3


@dataclass(frozen=True)
class EnergyMeter:
    """Counters of joules that only go up, each within its own range.

    Attributes:
        source: what is measured; the whole package or board, everything else that runs there included.
        read: the counters, in joules.
        ranges: joules after which each counter starts again at 0; none for counters that never do.
    """

    source: str
    read: Callable[[], tuple[float, ...]]
    ranges: tuple[float, ...] = ()

    def joules_since(self, start: tuple[float, ...]) -> float:
        """Energy of all counters since the reading ``start``, over at most one wrap of each."""
        used = [now - then for now, then in zip(self.read(), start, strict=True)]
        ranges = self.ranges or (0.0,) * len(used)
        return sum(joules + span if joules < 0 else joules for joules, span in zip(used, ranges, strict=True))


@dataclass(frozen=True)
class NoEnergyMeter:
    """Why energy cannot be measured here."""

    reason: str


def open_meter(device: str = "cpu", powercap: Path = POWERCAP) -> EnergyMeter | NoEnergyMeter:
    """The energy counter of a device, ``cpu`` or ``cuda``."""
    return _nvml() if device.startswith("cuda") else _rapl(powercap)


def _rapl(powercap: Path) -> EnergyMeter | NoEnergyMeter:
    zones = sorted(powercap.glob("intel-rapl:[0-9]")) if powercap.is_dir() else []
    try:
        packages = [zone for zone in zones if (zone / "name").read_text().startswith(PACKAGE)]
        if not packages:
            return NoEnergyMeter(f"no RAPL package under {powercap} (a virtual machine, or not Linux)")
        counters = [package / "energy_uj" for package in packages]
        ranges = [int((package / "max_energy_range_uj").read_text()) for package in packages]
        for counter in counters:
            counter.read_text()
    except OSError as error:
        return NoEnergyMeter(f"{error.filename}: {error.strerror} (readable by root alone on most systems)")
    return EnergyMeter(
        f"RAPL, {len(packages)} package(s)",
        lambda: tuple(int(counter.read_text()) * MICRO for counter in counters),
        tuple(joules * MICRO for joules in ranges),
    )


def _nvml() -> EnergyMeter | NoEnergyMeter:
    try:
        pynvml: Any = optional_module("pynvml")
    except ImportError:
        return NoEnergyMeter("NVML's Python bindings are not installed (pip install 'stdtrack[nvidia]')")
    try:
        pynvml.nvmlInit()
        handle = pynvml.nvmlDeviceGetHandleByIndex(0)
        pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)
    except pynvml.NVMLError as error:
        return NoEnergyMeter(f"NVML: {error}")
    return EnergyMeter("NVML, whole board", lambda: (pynvml.nvmlDeviceGetTotalEnergyConsumption(handle) * MILLI,))
