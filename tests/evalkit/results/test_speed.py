"""Speeds out of time files: what is measured, what is left out and why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evalkit.errors import InputError
from evalkit.results.manifest import Manifest
from evalkit.results.speed import latency_table, speed_table
from evalkit.results.store import Run

MANIFEST = Manifest(
    stdtrack="0", spec="a:b", tracker={"backend": "eager", "device": "cpu"}, benchmark={}, workers=1, threads=2,
    hardware={}, versions={}, started="",
)  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "one_time.txt").write_text("9.0\n0.01\n0.01\n")
    (tmp_path / "two_time.txt").write_text("9.0\n0.01\n0.05\n")
    return Run("a:b", "otb100", tmp_path, MANIFEST)


def test_the_first_frame_of_each_sequence_does_not_count(run):
    (row,) = speed_table([run]).to_dict("records")
    assert row["fps_median"] == pytest.approx(100)
    assert row["fps_mean"] == pytest.approx(4 / 0.08)
    assert row["p50_ms"] == pytest.approx(10)
    assert row["p90_ms"] == row["p99_ms"] == pytest.approx(50), "measured frames, as a profile's"
    assert (row["scope"], row["backend"], row["threads"], row["device"]) == ("track", "eager", 2, "cpu")
    assert row["note"] == ""


def test_frames_are_counted_from_the_first_of_the_sequence(run):
    table = latency_table([run])
    assert table["frame"].tolist() == [1, 2, 1, 2]
    assert table["milliseconds"].tolist() == pytest.approx([10, 10, 10, 50])
    assert set(table["sequence"]) == {"one", "two"}


@pytest.mark.parametrize(
    ("change", "reason"), [({"workers": 3}, "3 workers"), ({"mixed": True}, "resumed under other conditions")]
)
def test_speeds_that_would_be_wrong_are_left_out_with_the_reason(run, change, reason):
    spoiled = replace(run, manifest=replace(MANIFEST, **change))
    (row,) = speed_table([spoiled]).to_dict("records")
    assert reason in row["note"]
    assert np.isnan(row["fps_median"])
    assert np.isnan(row["p99_ms"])
    assert latency_table([spoiled]).empty


def test_times_without_a_manifest_have_no_conditions(run):
    (row,) = speed_table([replace(run, manifest=None)]).to_dict("records")
    assert row["fps_median"] == pytest.approx(100)
    assert row["scope"] == row["device"] == "unknown"
    assert "no run.json" in row["note"]


def test_no_times_are_no_speed(tmp_path):
    (row,) = speed_table([Run("a:b", "otb100", tmp_path, MANIFEST)]).to_dict("records")
    assert np.isnan(row["fps_median"])
    assert "no times" in row["note"]


def test_a_time_that_is_no_number_names_file_and_row(run):
    (run.folder / "two_time.txt").write_text("9.0\nsoon\n")
    with pytest.raises(InputError, match=r"two_time.txt, row 2: 'soon' is not a number"):
        speed_table([run])
