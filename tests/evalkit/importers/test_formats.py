"""Frame 0 far from the ground truth: the likely mistake is named."""

from __future__ import annotations

import numpy as np
import pytest

from evalkit.importers.formats import delimiter, describe_problems, first_box_problem

TRUTH = np.array([200.0, 100, 40, 60])


@pytest.mark.parametrize(
    ("predicted", "problem"),
    [
        ([200, 100, 40, 60], None),
        ([200.5, 100.5, 40, 60], None),  # pysot's first row
        ([203, 98, 42, 57], None),
        ([199, 99, 40, 60], "0-based instead of 1-based coordinates"),
        ([201, 101, 40, 60], "1-based instead of 0-based coordinates"),
        ([200, 100, 240, 160], "x1,y1,x2,y2 corners instead of x,y,w,h"),
        ([199, 99, 239, 159], "x1,y1,x2,y2 corners instead of x,y,w,h"),
        ([220, 130, 40, 60], "the centre instead of the top-left corner"),
        ([100, 200, 60, 40], "y,x,h,w instead of x,y,w,h"),
        ([0.3, 0.2, 0.06, 0.12], "coordinates as fractions of the image"),
        ([500, 10, 40, 60], "far from the ground truth"),
        ([np.nan, 100, 40, 60], "far from the ground truth"),
    ],
)
def test_likely_formats(predicted: list[float], problem: str | None) -> None:
    assert first_box_problem(np.array(predicted, dtype=float), TRUTH) == problem


def test_one_warning_a_kind() -> None:
    warnings = describe_problems([("a", None), ("b", "far"), ("c", "corners"), ("d", "far")])
    assert warnings == (
        "frame 0 of 2 sequences (b, ...) looks wrong: far",
        "frame 0 of 1 sequences (c) looks wrong: corners",
    )


@pytest.mark.parametrize(
    ("line", "name"), [(b"1,2,3,4", "comma"), (b"1\t2", "tab"), (b"1 2", "space"), (b"1;2", "semicolon")]
)
def test_delimiters(line: bytes, name: str) -> None:
    assert delimiter(line + b"\n5,6") == name
