"""A frame of HiT-Base: with what its template's stem gives kept, and computed again as the official tracker does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from stdtrack.peers.hit import create
from tests.speed.floor import floor, interleaved, two_threads

OFFICIAL = 141.0
"""The official forward with its template, in units of the floor; both at their best."""
ROUNDS = 40


def frame_of(cached: bool) -> Callable[[], object]:
    """HiT-Base's forward, eager, on empty crops."""
    module, inputs = create("base", {"cached": str(cached).lower()}).complexity_parts()["frame"]
    return lambda: module(*inputs)


@pytest.mark.parametrize("cached", [True, False], ids=["cached", "uncached"])
def test_frame(benchmark: BenchmarkFixture, cached: bool) -> None:
    torch.set_num_threads(1)
    with torch.inference_mode():
        (box,) = benchmark(frame_of(cached))
    assert bool(torch.isfinite(box).all())


@pytest.mark.goal
def test_frame_beside_the_official_one(benchmark: BenchmarkFixture) -> None:
    """Within 10 % of the official forward when it does the same, and faster with the template kept."""
    functions = {"floor": floor(), "cached": frame_of(True), "uncached": frame_of(False)}
    with two_threads():
        seconds = benchmark.pedantic(interleaved, (functions, ROUNDS), rounds=1)
    units = {name: min(values) / min(seconds["floor"]) for name, values in seconds.items()}
    benchmark.extra_info |= {f"{name}, floors": value for name, value in units.items()}
    assert units["uncached"] <= 1.1 * OFFICIAL
    assert units["cached"] < units["uncached"]
