"""The hardware card of a measurement: what the machine is, and what state it was in."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
from threadpoolctl import threadpool_info

from evalkit.imports import optional_module
from evalkit.running.hardware import hardware_card, versions

GOVERNOR = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def machine(governor: Path = GOVERNOR) -> dict[str, Any]:
    """What does not change during a run: CPU, cores, governor, memory, GPU and driver, versions."""
    gpu = gpu_state()
    return {
        **hardware_card(),
        "governor": governor.read_text().strip() if governor.is_file() else "unknown (no cpufreq here)",
        "gpu": gpu.get("name", gpu.get("unavailable")),
        "driver": gpu.get("driver"),
        "versions": dict(versions()),
    }


def machine_state() -> dict[str, Any]:
    """What does change: load averages over 1, 5 and 15 minutes, CPU frequency (MHz), free memory (GiB)."""
    frequency = psutil.cpu_freq()
    return {
        "load_average": [round(value, 2) for value in psutil.getloadavg()],
        "cpu_mhz": round(frequency.current) if frequency else None,
        "available_gib": round(psutil.virtual_memory().available / 2**30, 1),
    }


def machine_lines(card: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, str, str]:
    """The machine, its load, and the versions in words, without a full stop: what to know before any number.

    Args:
        card: of :func:`machine`.
        before, after: of :func:`machine_state`, around the measurement.
    """
    return (
        f"{card['cpu']}, {card['cores_usable']} cores, {card['ram_gib']} GiB; GPU: {card['gpu']}; "
        f"governor: {card['governor']}",
        f"Load average {before['load_average'][0]} before, {after['load_average'][0]} after",
        f"Versions: {', '.join(f'{name} {version}' for name, version in card['versions'].items())}",
    )


def gpu_state() -> Mapping[str, Any]:
    """Name, driver, clocks and throttle reasons of the first NVIDIA GPU at this moment, or why they are unknown."""
    try:
        pynvml: Any = optional_module("pynvml")
    except ImportError:
        return {"unavailable": "NVML's Python bindings are not installed (pip install 'stdtrack[nvidia]')"}
    try:
        pynvml.nvmlInit()
        handle = pynvml.nvmlDeviceGetHandleByIndex(0)
        return {
            "name": pynvml.nvmlDeviceGetName(handle),
            "driver": pynvml.nvmlSystemGetDriverVersion(),
            "sm_mhz": pynvml.nvmlDeviceGetClockInfo(handle, pynvml.NVML_CLOCK_SM),
            "memory_mhz": pynvml.nvmlDeviceGetClockInfo(handle, pynvml.NVML_CLOCK_MEM),
            "throttle_reasons": hex(pynvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle)),
        }
    except pynvml.NVMLError as error:
        return {"unavailable": f"NVML: {error}"}


def thread_settings() -> dict[str, Any]:
    """Threads that each library of this process uses; a library that is not loaded is left out."""
    pools = {f"{pool['prefix']} ({pool['internal_api']})": pool["num_threads"] for pool in threadpool_info()}
    settings: dict[str, Any] = {"pools": pools, "environment": {n: os.environ.get(n) for n in THREAD_VARIABLES}}
    if "cv2" in sys.modules:
        settings["cv2"] = sys.modules["cv2"].getNumThreads()
    if "torch" in sys.modules:
        torch = sys.modules["torch"]
        settings |= {"torch_intra": torch.get_num_threads(), "torch_inter": torch.get_num_interop_threads()}
    return settings
