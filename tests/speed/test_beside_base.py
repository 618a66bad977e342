"""Networks beside an eager ``base``: the measurement in turns and its table, on steps that cost nothing."""

from __future__ import annotations

from time import perf_counter

import numpy as np
import pytest
import torch

from evalkit.errors import InputError
from stdtrack.tracker import STDTracker
from tests.speed.beside_base import NETWORKS, PEERS, REFERENCE, WARM_UP, measured, networks, ready, step_of, table
from tests.stdtrack.tiny import TINY, make


def test_what_cannot_run_is_told_and_left_out() -> None:
    def missing() -> object:
        raise InputError("is not installed")

    def failing() -> object:
        raise RuntimeError("no such kernel")

    told: list[str] = []
    made = ready(iter([("here", lambda: lambda: 1), ("gone", missing), ("broken", lambda: failing)]), told.append)
    assert list(made) == ["here"]
    assert told == ["gone: is not installed", "broken: failed: no such kernel"]


def test_steps_are_taken_in_turns_until_time_is_over() -> None:
    order: list[str] = []
    steps = {name: lambda name=name: order.append(name) for name in (REFERENCE, "other")}
    taken = measured(steps, 0.0, perf_counter, perf_counter() + 1.0)
    assert order == [*[REFERENCE] * (WARM_UP + 2), *["other"] * (WARM_UP + 2)]
    assert {name: len(values) for name, values in taken.items()} == {REFERENCE: 2, "other": 2}


def test_the_table_is_of_the_fast_halves() -> None:
    lines = table({REFERENCE: np.array([0.010, 0.010, 0.5, 0.5]), "other": np.array([0.005, 0.005, 0.005, 0.1])})
    assert lines[2] == f"| {REFERENCE} | 255.00 | 10.00 | 1.000 | 3.9 |"
    assert lines[3] == "| other | 5.00 | 5.00 | 0.500 | 200.0 |"


def test_every_row_has_a_step() -> None:
    names = [name for name, _ in networks(["stdtrack:nano"])]
    assert names[: len(NETWORKS) + len(PEERS)] == [*NETWORKS, *PEERS]
    assert names[-1] == "stdtrack:nano"
    with torch.inference_mode():
        assert step_of(STDTracker(make(TINY)))() is not None
    (*_, (_, wrong)) = networks(["opencv:mosse"])
    with pytest.raises(InputError, match="none of STDTrack's"):
        wrong()
