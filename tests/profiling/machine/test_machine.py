"""Memory, energy, hardware and ceilings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from profiling.machine.calibration import Calibration, gemm_seconds
from profiling.machine.energy import EnergyMeter, NoEnergyMeter, open_meter
from profiling.machine.hardware import gpu_state, machine, machine_lines, machine_state, thread_settings
from profiling.machine.process import peak_resident_bytes, resident_bytes, run_delay_clock
from profiling.machine.roofline import measure_ceilings


def test_peak_is_at_least_what_is_held() -> None:
    ballast = np.ones(40 * 2**20 // 8)
    held = resident_bytes()
    del ballast
    # The kernel updates its counters in batches of pages.
    assert peak_resident_bytes() > held - 2**20 > 39 * 2**20


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="Linux alone has VmHWM")
def test_a_large_parent_does_not_show_in_the_peak_of_its_child() -> None:
    ballast = np.ones(300 * 2**20 // 8)
    program = "from profiling.machine.process import peak_resident_bytes; print(peak_resident_bytes())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(done.stdout) < ballast.nbytes


def rapl(folder: Path, *packages: tuple[int, int]) -> Path:
    for index, (energy, limit) in enumerate(packages):
        (folder / f"intel-rapl:{index}").mkdir()
        (folder / f"intel-rapl:{index}" / "name").write_text(f"package-{index}\n")
        (folder / f"intel-rapl:{index}" / "energy_uj").write_text(f"{energy}\n")
        (folder / f"intel-rapl:{index}" / "max_energy_range_uj").write_text(f"{limit}\n")
    return folder


def test_rapl_counts_joules_over_all_packages(tmp_path: Path) -> None:
    meter = open_meter(powercap=rapl(tmp_path, (1_000_000, 9_000_000), (2_000_000, 9_000_000)))
    assert isinstance(meter, EnergyMeter)
    start = meter.read()
    (tmp_path / "intel-rapl:1" / "energy_uj").write_text("4500000")
    assert meter.joules_since(start) == pytest.approx(2.5)


def test_rapl_counts_no_joule_twice_where_the_platform_is_a_zone_too(tmp_path: Path) -> None:
    rapl(tmp_path, (1_000_000, 9_000_000), (2_000_000, 9_000_000))
    (tmp_path / "intel-rapl:1" / "name").write_text("psys\n")
    meter = open_meter(powercap=tmp_path)
    assert isinstance(meter, EnergyMeter)
    assert (meter.source, meter.read()) == ("RAPL, 1 package(s)", (1.0,))


def test_rapl_wraps(tmp_path: Path) -> None:
    meter = open_meter(powercap=rapl(tmp_path, (8_900_000, 9_000_000)))
    assert isinstance(meter, EnergyMeter)
    start = meter.read()
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text("400000")
    assert meter.joules_since(start) == pytest.approx(0.5)


def test_each_package_wraps_within_its_own_range(tmp_path: Path) -> None:
    meter = open_meter(powercap=rapl(tmp_path, (1_000_000, 9_000_000), (3_900_000, 4_000_000)))
    assert isinstance(meter, EnergyMeter)
    start = meter.read()
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text("8000000")
    (tmp_path / "intel-rapl:1" / "energy_uj").write_text("400000")
    assert meter.joules_since(start) == pytest.approx(7.5)


def test_no_energy_says_why(tmp_path: Path) -> None:
    missing = open_meter(powercap=tmp_path / "none")
    assert isinstance(missing, NoEnergyMeter)
    assert "no RAPL package" in missing.reason
    (tmp_path / "intel-rapl:0").mkdir()
    unreadable = open_meter(powercap=tmp_path)
    assert isinstance(unreadable, NoEnergyMeter)
    assert "No such file" in unreadable.reason


def test_hardware_card_is_complete() -> None:
    card = machine()
    assert card["cpu"]
    assert card["ram_gib"] > 0
    assert card["governor"]
    assert card["gpu"]
    assert "numpy" in card["versions"]
    assert len(machine_state()["load_average"]) == 3
    assert "environment" in thread_settings()
    assert gpu_state()


def test_calibration_marks_a_drift_beyond_three_percent() -> None:
    assert Calibration(1.0, 1.029).warning == ""
    assert "+3.1 %" in Calibration(1.0, 1.031).warning
    assert "-10.0 %" in Calibration(1.0, 0.9).warning
    assert gemm_seconds(8) > 0


def test_ceilings_are_plausible() -> None:
    ceilings = measure_ceilings(1)
    assert 0 < ceilings.gflops < 10_000
    assert 0 < ceilings.gbytes < 10_000


def test_run_delay_counts_waits_for_the_processor(tmp_path: Path) -> None:
    schedstat = tmp_path / "schedstat"
    schedstat.write_text("5000000000 1500000000 7\n")
    clock = run_delay_clock(schedstat)
    assert clock() == 1.5
    schedstat.write_text("5000000000 2500000000 7\n")
    assert clock() == 2.5
    assert run_delay_clock(tmp_path / "none")() == 0.0


def test_the_machine_in_words() -> None:
    card = {"cpu": "Example", "cores_usable": 2, "ram_gib": 24.0, "gpu": "none", "governor": "schedutil"}
    before, after = ({"load_average": [value, 9.0, 9.0]} for value in (0.5, 1.25))
    assert machine_lines({**card, "versions": {"numpy": "2.0", "torch": "2.5"}}, before, after) == (
        "Example, 2 cores, 24.0 GiB; GPU: none; governor: schedutil",
        "Load average 0.5 before, 1.25 after",
        "Versions: numpy 2.0, torch 2.5",
    )
