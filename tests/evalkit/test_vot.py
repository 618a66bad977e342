"""Regions as pixels: laws of the overlap, and supervised trajectories."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.benchmarks.registry import open_benchmark
from evalkit.errors import InputError
from evalkit.importers.trees import read_tree
from evalkit.scores import BenchmarkScore
from evalkit.scoring import Annotation
from evalkit.vot.overlap import pysot_overlaps, toolkit_overlaps
from evalkit.vot.scoring import holds_supervised, score_supervised
from evalkit.vot.trajectory import Trajectory, from_regions, is_supervised, parse_trajectory

coordinate = st.integers(-50, 400)
rectangle = st.tuples(coordinate, coordinate, st.integers(2, 120), st.integers(2, 120))
SIZE = (320, 240)


def region(*numbers: float) -> Trajectory:
    values = np.array([numbers], dtype=float)
    return from_regions(values[:, :4], values if len(numbers) == 8 else None)


@given(first=rectangle, second=rectangle)
def test_overlap_is_symmetric_and_a_fraction(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    for overlaps in (toolkit_overlaps, pysot_overlaps):
        one = overlaps(region(*first), region(*second), SIZE)[0]
        assert one == overlaps(region(*second), region(*first), SIZE)[0]
        assert 0 <= one <= 1


@given(first=rectangle, second=rectangle)
def test_whole_rectangles_are_counted_exactly(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    """vot-toolkit covers x to x + w - 1: the plain IoU of integer rectangles, without bounds."""
    x, y = (min(first[k] + first[k + 2], second[k] + second[k + 2]) - max(first[k], second[k]) for k in (0, 1))
    common = max(x, 0) * max(y, 0)
    union = first[2] * first[3] + second[2] * second[3] - common
    assert toolkit_overlaps(region(*first), region(*second), None)[0] == pytest.approx(common / union)


def test_pixels_outside_of_the_image_do_not_count() -> None:
    half_out = region(-10, 0, 20, 10)
    assert toolkit_overlaps(half_out, region(0, 0, 10, 10), SIZE)[0] == 1
    assert toolkit_overlaps(region(-90, 0, 20, 10), region(-90, 0, 20, 10), SIZE)[0] == 0


def test_a_polygon_of_a_rectangles_last_pixels_is_that_rectangle() -> None:
    polygon = region(10, 20, 39, 20, 39, 59, 10, 59)
    assert toolkit_overlaps(region(10, 20, 30, 40), polygon, SIZE)[0] == 1


def test_codes_have_no_overlap() -> None:
    trajectory = parse_trajectory(b"1\n10,20,30,40\n2\n0\n", "a.txt")
    truth = from_regions(np.tile([10.0, 20, 30, 40], (4, 1)), None)
    assert toolkit_overlaps(trajectory, truth, SIZE).tolist() == [0, 1, 0, 0]
    np.testing.assert_array_equal(pysot_overlaps(trajectory, truth, SIZE), [np.nan, 1, np.nan, np.nan])


@pytest.mark.parametrize(
    ("content", "expected"), [(b"1\n1,2,3,4\n", True), (b"1.0\n", True), (b"1,2,3,4\n", False), (b"", False)]
)
def test_supervised_results_begin_with_an_initialisation(content: bytes, expected: bool) -> None:
    assert is_supervised(content) is expected


@pytest.mark.parametrize("row", ["10;20;30;40", "10\t20\t30\t40", "10 20 30 40", "10, 20, 30, 40,"])
def test_delimiters_and_marks_are_those_of_other_results(row: str) -> None:
    content = f"\ufeff1,\r\n{row}\r\n".encode()
    assert is_supervised(content)
    trajectory = parse_trajectory(content, "a.txt")
    assert trajectory.codes.tolist() == [1, -1]
    assert trajectory.numbers[1, :4].tolist() == [10, 20, 30, 40]


def test_regions_with_nan_are_vot_toolkits_unknown() -> None:
    content = b"1\n10,20,nan,40\n"
    assert parse_trajectory(content, "a.txt").codes.tolist() == [1, 0]
    with pytest.raises(InputError, match="row 2: a region with NaN"):
        parse_trajectory(content, "a.txt", nan_is_unknown=False)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("inf,20,30,40", "infinity"),
        ("10,20,30,1e300", "a coordinate beyond 1e+09"),
        ("m10,20,3,4,5,6,7", "masks are of VOT2020 and later"),
        ("3", "3 is no code"),
        ("10,,30,40", "has an empty field"),
        ("1_0,20,30,40", "'1_0' is not a number"),
    ],
)
def test_what_is_no_region_is_named_with_its_row(row: str, problem: str) -> None:
    with pytest.raises(InputError, match=r"a\.txt, row 3: ") as caught:
        parse_trajectory(f"1\n1,2,3,4\n{row}\n".encode(), "a.txt")
    assert problem in str(caught.value)


PARITY = Path(__file__).parent / "parity" / "data" / "VOT"


def scored(tmp_path: Path, change: Callable[[list[str]], list[str]], protocol: str = "official") -> BenchmarkScore:
    """The synthetic tracker, whose lines of one result are changed; the image size is not known."""
    mine = shutil.copytree(PARITY / "results" / "good", tmp_path / "good")
    file = mine / "baseline" / "ball" / "ball_001.txt"
    (mine / "baseline" / "ball" / "ball_002.txt").write_text(file.read_text())
    file.write_text("\n".join(change(file.read_text().split())))
    anno = tmp_path / "anno"
    for truth in PARITY.glob("*/groundtruth.txt"):
        (anno / truth.parent.name).mkdir(parents=True)
        shutil.copy(truth, anno / truth.parent.name)
    annotation = Annotation(open_benchmark("vot2018", annotations=anno))
    (results,) = read_tree(mine, "vot2018", annotation.inventory.present)
    assert holds_supervised(results, "vot2018")
    return score_supervised(results, annotation, protocol)


def test_a_result_that_begins_without_a_code_is_refused(tmp_path: Path) -> None:
    """Also where it is the first file: the others say that the results are supervised."""
    with pytest.raises(InputError, match=r"ball_001\.txt, row 1: a supervised run begins with the code 1"):
        scored(tmp_path, lambda lines: ["1,2,3,4", *lines[1:]])


def test_a_huge_region_is_refused_where_nothing_bounds_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"row 2: a coordinate beyond 100000, where the image size is unknown"):
        scored(tmp_path, lambda lines: [lines[0], "1e9,1e9,1e9,1e9", *lines[2:]])


def test_regions_after_a_failure_need_a_new_start(tmp_path: Path) -> None:
    found = scored(tmp_path, lambda lines: [*lines[:3], "2", *lines[4:]])
    (warning,) = (note for note in found.notes if note.startswith("WARNING"))
    assert "ball_001.txt, row 5: a region after a failure without the code 1" in warning


def test_repetitions_of_several_lengths_are_cut_alike_by_pysot(tmp_path: Path) -> None:
    found = scored(tmp_path, lambda lines: lines[:-3], "pysot")
    (warning,) = (note for note in found.notes if note.startswith("WARNING"))
    assert "cut to the shortest" in warning
    (frames,) = (each.frames for each in found.sequences if each.sequence == "ball")
    assert frames == len((PARITY / "results/good/baseline/ball/ball_001.txt").read_text().split()) - 3


@given(content=st.binary(max_size=120))
def test_any_bytes_are_a_trajectory_or_a_clear_error(content: bytes) -> None:
    try:
        rows = len(parse_trajectory(content, "a.txt"))
    except InputError as error:
        rows = error.row or 0
    assert rows > 0
