"""What of results gets into a record."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evalkit.regression.checking import speed_obstacles
from evalkit.regression.from_scores import believable_seconds, boxes_sha256, median_seconds
from evalkit.results.manifest import Manifest
from evalkit.results.store import Run

MANIFEST = Manifest("0.1.0", "a:b", {}, {}, 1, 1, {"cpu": "one"}, {}, "2026-01-01T00:00:00+00:00")


def test_a_result_is_its_numbers_whatever_the_spelling() -> None:
    boxes = np.array([[1.0, 2.0, 3.0, 4.0], [0.0, np.nan, 1.0, 1.0]])
    other = np.array([[1, 2, 3, 4], [-0.0, -np.nan, 1, 1]], dtype=np.float64, order="F")
    assert boxes_sha256([boxes]) == boxes_sha256([other])


@pytest.mark.parametrize(
    "other",
    [
        [np.array([[1.0, 2.0, 3.0, 4.0 + 1e-15]])],
        [np.array([[1.0, 2.0, 3.0, 4.0]] * 2)],
        [np.array([[1.0, 2.0, 3.0, 4.0]])] * 2,
        [],
    ],
    ids=["the last bit", "another row", "another repetition", "nothing"],
)
def test_another_result_has_another_hash(other: list[np.ndarray]) -> None:
    assert boxes_sha256([np.array([[1.0, 2.0, 3.0, 4.0]])]) != boxes_sha256(other)


@pytest.mark.parametrize(
    ("times", "median"),
    [([9.0, 0.01, 0.02, 0.03], 0.02), ([9.0], None), ([9.0, 0.0, np.nan], None), ([], None)],
)
def test_the_first_frame_and_what_was_not_measured_are_no_times(times: list[float], median: float | None) -> None:
    assert median_seconds(np.array(times)) == median


def test_times_of_parallel_workers_or_resumed_runs_are_not_believed(tmp_path: Path) -> None:
    (tmp_path / "s_time.txt").write_text("1\n0.5\n0.5\n")
    run = Run("a:b", "demo", tmp_path, MANIFEST)
    assert believable_seconds(run) == {"s": 0.5}
    assert believable_seconds(replace(run, manifest=None)) == {"s": 0.5}
    assert believable_seconds(replace(run, manifest=replace(MANIFEST, workers=2))) == {}
    assert believable_seconds(replace(run, manifest=replace(MANIFEST, mixed=True))) == {}


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        (MANIFEST, None),
        (None, None),
        (replace(MANIFEST, workers=2), "several workers"),
        (replace(MANIFEST, mixed=True), "resumed with other threads"),
        (replace(MANIFEST, threads=2), "different numbers of threads"),
        (replace(MANIFEST, hardware={"cpu": "two"}), "different processors"),
    ],
)
def test_speeds_of_unlike_runs_are_not_compared(reference: Manifest | None, reason: str | None) -> None:
    reasons = speed_obstacles(MANIFEST, reference)
    assert len(reasons) == (reason is not None)
    assert reason is None or reason in reasons[0]
