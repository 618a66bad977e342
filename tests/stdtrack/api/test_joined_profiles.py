"""Profiles of one report: what stands under what, and whose figures may stand side by side."""

from __future__ import annotations

from typing import Any

from stdtrack.api.report_tables import joined_profiles


def profile(cpu: str, gpu: str, *rows: tuple[str, str]) -> dict[str, Any]:
    """A profile with the latencies of (tracker, device)."""
    latency = [{"tracker": tracker, "device": device, "p50_ms": 1.0} for tracker, device in rows]
    return {"machine": {"cpu": cpu, "gpu": gpu}, "tables": {"latency": latency, "ratios": [{"tracker": "a"}]}}


def test_profiles_of_one_machine_keep_the_names_of_its_devices() -> None:
    tables = joined_profiles([profile("Xeon", "H200", ("a", "cpu")), profile("Xeon", "H200", ("b", "cuda"))])
    assert tables["latency"][["tracker", "device"]].to_numpy().tolist() == [["a", "cpu"], ["b", "cuda"]]
    assert tables["ratios"]["tracker"].tolist() == ["a", "a"]


def test_devices_of_several_machines_are_told_apart() -> None:
    first, second = profile("Xeon", "H200", ("a", "cpu"), ("b", "cuda")), profile("EPYC", "H200", ("a", "cpu"))
    latency = joined_profiles([first, second])["latency"]
    assert latency["device"].tolist() == ["Xeon", "cuda", "EPYC"]


def test_no_profile_no_table() -> None:
    assert joined_profiles([]) == {}
