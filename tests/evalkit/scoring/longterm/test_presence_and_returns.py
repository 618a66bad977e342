"""OxUvA's rates, success with absence, and re-detection, computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from evalkit.scoring.longterm.presence import (
    PresenceCounts,
    geometric_mean,
    max_geometric_mean,
    overlaps_with_absence,
    presence_counts,
)
from evalkit.scoring.longterm.redetection import Return, redetection, returns_of


def flags(text: str) -> np.ndarray:
    return np.array([sign == "1" for sign in text])


def test_frames_are_counted_as_oxuva_does() -> None:
    # Right at exactly 0.5; just below; right but called absent; absent and said so; absent with a box.
    overlaps = np.array([0.5, 0.4999, 0.9, 0.0, 0.0])
    counts = presence_counts(overlaps, flags("11001"), flags("11100"))
    assert counts == PresenceCounts(1, 2, 1, 1)
    assert (counts.tpr, counts.tnr) == (1 / 3, 1 / 2)
    assert counts + counts == PresenceCounts(2, 4, 2, 2)


def test_rates_without_such_frames_are_unknown() -> None:
    always = presence_counts(np.ones(3), flags("111"), flags("111"))
    assert (always.tpr, always.tnr) == (1.0, None)
    assert geometric_mean(always.tpr, always.tnr) is None
    assert max_geometric_mean(None, 0.5) is None


@pytest.mark.parametrize("tpr", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("tnr", [0.0, 0.2, 0.49, 0.5, 0.7, 1.0])
def test_maxgm_is_the_best_of_all_random_answers(tpr: float, tnr: float) -> None:
    """The line from (TNR, TPR) to (1, 0), searched step by step, as ``max_geometric_mean_line`` solves it."""
    share = np.linspace(0, 1, 100_001)
    best = np.sqrt((1 - share) * tpr * ((1 - share) * tnr + share)).max()
    assert max_geometric_mean(tpr, tnr) == pytest.approx(best, abs=1e-9)


def test_success_takes_absence_into_account() -> None:
    found = overlaps_with_absence(np.array([0.8, 0.7, 0.9, 0.3]), flags("1010"), flags("1100"))
    assert found.tolist() == [0.8, 0.0, 0.0, 1.0]


def test_returns_by_hand() -> None:
    present = flags("1100111001110")
    overlaps = np.array([1, 0.9, 0, 0, 0.4, 0.5, 0.51, 0, 0, 0.9, 0.9, 0.2, 0])
    # The first return is found two frames later (0.5 is not above 0.5); the second at once.
    assert returns_of(overlaps, flags("1" * 13), present) == [Return(4, 2, 2), Return(9, 2, 0)]
    # A right box that is called absent is not found; the next frame's is.
    said = flags("1111111110111")
    assert returns_of(overlaps, said, present)[1] == Return(9, 2, 1)
    # It leaves again before it is found.
    missed = np.where(np.arange(13) == 6, 0.2, overlaps)
    assert returns_of(missed, flags("1" * 13), present)[0] == Return(4, 2, None)


def test_returns_in_frames_that_are_annotated_now_and_then() -> None:
    frames = np.array([0, 30, 60, 90, 120])
    found = returns_of(np.array([1, 0, 0.2, 0.8, 0.9]), flags("11111"), flags("10111"), frames)
    assert found == [Return(60, 30, 30)]


def test_target_that_was_never_there_before_or_never_comes_back() -> None:
    assert returns_of(np.ones(3), flags("111"), flags("111")) == []
    assert returns_of(np.ones(3), flags("111"), flags("110")) == []
    assert returns_of(np.array([0, 1.0]), flags("11"), flags("01")) == [Return(1, 1, 0)]


def test_found_soon_is_within_thirty_frames() -> None:
    found = redetection([Return(9, 1, 30), Return(9, 1, 31), Return(9, 1, None), Return(9, 1, 0)])
    assert (found.returns, found.found, found.soon, found.delay) == (4, 0.75, 0.5, 61 / 3)
    assert redetection([]).found is None
    assert redetection([Return(9, 1, None)]).delay is None
