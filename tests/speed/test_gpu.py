"""The script for a GPU, as far as it goes without one."""

from __future__ import annotations

from time import perf_counter

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from evalkit.errors import InputError
from tests.speed import gpu


def test_without_a_gpu_it_says_so_and_measures_nothing() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is CUDA here")
    result = CliRunner().invoke(gpu.main, [])
    assert isinstance(result.exception, InputError)
    assert "torch finds no CUDA device" in str(result.exception)


def test_a_trial_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = [("stdtrack:nano", "track", "eager"), ("hit:tiny", "model", "eager"), ("hit:tiny", "model", "eager:bf16")]
    monkeypatch.setattr(gpu, "plan", lambda device: iter([*chosen, ("stdtrack:nano", "model", "tensorrt")]))
    monkeypatch.setattr(gpu, "FRAMES", 3)
    monkeypatch.setattr(gpu, "FEWEST", 2)
    result = CliRunner().invoke(gpu.main, ["--device", "cpu"])
    assert result.exit_code == 0, result.output
    assert "NO GPU: a trial" in result.stdout
    rows = [line for line in result.stdout.splitlines() if line.startswith(("| stdtrack", "| hit"))]
    assert len(rows) == 3
    assert all(float(row.split("|")[6]) > 0 for row in rows)
    assert "stdtrack:nano, tensorrt: backend 'tensorrt' does not run on cpu" in result.stderr
    assert "192 FPS" in result.stdout


def test_what_is_left_when_time_is_over_is_listed() -> None:
    said: list[str] = []
    assert list(gpu.rows("cpu", perf_counter() - 1, said.append)) == []
    assert len(said) == 1
    assert "stdtrack:base track eager" in said[0]


def test_rows_are_medians_and_late_frames() -> None:
    row = gpu.Row("a", "model", "eager", np.array([0.002] * 99 + [0.004]), 480.0)
    assert row.cells()[3:7] == ("2.00", "4.00", "500", "480")


def test_the_plan_begins_with_our_own_networks_and_ends_with_what_is_compiled() -> None:
    plan = list(gpu.plan("cuda"))
    assert plan[0] == ("stdtrack:base", "track", "eager")
    assert {row for row in plan if row[0] == "stdtrack:nano"} == {
        ("stdtrack:nano", "track", "eager"),
        *(("stdtrack:nano", "model", backend) for backend in gpu.BACKENDS),
    }
    assert {backend for _, _, backend in plan[-9:]} == set(gpu.COMPILED)
    assert ("hit:base", "model", "cuda-graphs") in plan
    assert not [row for row in gpu.plan("cpu") if "graphs" in row[2] or "tensorrt" in row[2]]
