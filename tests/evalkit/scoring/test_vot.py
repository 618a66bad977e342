"""Regions as pixels: laws of the overlap, and supervised trajectories."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evalkit.benchmarks.registry import open_benchmark
from evalkit.errors import InputError
from evalkit.results.trees import read_tree
from evalkit.scoring.opening import Annotation
from evalkit.scoring.scores import BenchmarkScore
from evalkit.scoring.vot.overlap import pysot_overlaps, toolkit_overlaps
from evalkit.scoring.vot.scoring import holds_supervised, score_supervised
from evalkit.scoring.vot.trajectory import Trajectory, from_regions, is_supervised, parse_trajectory

coordinate = st.integers(-50, 400)
rectangle = st.tuples(coordinate, coordinate, st.integers(2, 120), st.integers(2, 120))
SIZE = (320, 240)


def region(*numbers: float) -> Trajectory:
    values = np.array([numbers], dtype=float)
    return from_regions(values[:, :4], values if len(numbers) == 8 else None)


@given(first=rectangle, second=rectangle)
@example(first=(0, 243, 81, 2), second=(80, -3, 2, 2))  # both outside of the image: 0 / 0 in pysot, which counts as 0
def test_overlap_is_symmetric_and_a_fraction(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    for overlaps in (toolkit_overlaps, pysot_overlaps):
        one = overlaps(region(*first), region(*second), SIZE)[0]
        np.testing.assert_equal(one, overlaps(region(*second), region(*first), SIZE)[0])
        assert 0 <= one <= 1 or (overlaps is pysot_overlaps and np.isnan(one))


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


PARITY = Path(__file__).parents[1] / "parity" / "data" / "VOT"


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


SMALL = (48, 32)
# Truth is columns 43 to 52, the prediction 43 to 62; the image ends with 47. The first ten frames are burn-in.
TRUTH, RESULT = "43,10,10,10\n" * 14, "1\n" + "43,10,20,10\n" * 13


def vot_with_images(root: Path, layout: str) -> Path:
    """A sequence whose image size nothing but its images tell."""
    folder = root / "vot2018" / "ants1"
    images = folder if layout == "flat" else folder / "color"
    images.mkdir(parents=True)
    encoded = cv2.imencode(".jpg", np.zeros((SMALL[1], SMALL[0], 3), np.uint8))[1].tobytes()
    names = [f"{number:08d}.jpg" for number in range(1, 15)]
    if layout == "zip":
        images.rmdir()
        with zipfile.ZipFile(folder / "color.zip", "w") as archive:
            for name in names:
                archive.writestr(name, encoded)
    else:
        for name in names:
            (images / name).write_bytes(encoded)
    (folder / "groundtruth.txt").write_text(TRUTH)
    return root / "vot2018"


def at_the_border(data: Path, tmp_path: Path) -> BenchmarkScore:
    file = tmp_path / "mine" / "baseline" / "ants1" / "ants1_001.txt"
    file.parent.mkdir(parents=True)
    file.write_text(RESULT)
    annotation = Annotation(open_benchmark("vot2018", data=data))
    (results,) = read_tree(tmp_path / "mine", "vot2018", annotation.inventory.present)
    return score_supervised(results, annotation)


@pytest.mark.parametrize("layout", ["color", "flat", "zip"])
def test_the_image_size_is_that_of_the_first_image(layout: str, tmp_path: Path) -> None:
    """Inside of the image both regions are the columns 43 to 47: they overlap wholly."""
    data = vot_with_images(tmp_path, layout)
    assert open_benchmark("vot2018", data=data).sequence("ants1").size == SMALL
    found = at_the_border(data, tmp_path)
    assert not any("image size" in note for note in found.notes)
    assert not found.shortcoming
    assert found.metrics["accuracy"] == 1


def test_what_is_stated_goes_before_the_images(tmp_path: Path) -> None:
    data = vot_with_images(tmp_path, "color")
    (data / "image_sizes.json").write_text('{"ants1": [640, 480]}')
    assert open_benchmark("vot2018", data=data).sequence("ants1").size == (640, 480)
    (data / "ants1" / "sequence").write_text("width=320\nheight=240\n")
    assert open_benchmark("vot2018", data=data).sequence("ants1").size == (320, 240)


def test_an_image_that_cannot_be_read_leaves_the_size_unknown(tmp_path: Path) -> None:
    data = vot_with_images(tmp_path, "color")
    for image in (data / "ants1" / "color").iterdir():
        image.write_bytes(b"no image")
    found = at_the_border(data, tmp_path)
    assert any("image size of 1 sequences unknown" in note for note in found.notes)
    assert found.shortcoming == "image size of 1 sequences unknown: regions are not cut at the border"
    assert found.metrics["accuracy"] == 0.5


def test_vot2018_by_its_images(tmp_path: Path, shared: Path) -> None:
    """Case 22: the printed figures of a real tracker, whose sizes are those of the images alone; without: .59708."""
    golden = shared / "golden" / "VOT" / "VOT2018"
    for name, (width, height) in json.loads((golden / "image_sizes.json").read_text()).items():
        folder = tmp_path / name / "color"
        folder.mkdir(parents=True)
        shutil.copy(golden / "gt" / f"{name}.txt", folder.parent / "groundtruth.txt")
        encoded = cv2.imencode(".jpg", np.zeros((height, width, 3), np.uint8))[1].tobytes()
        (folder / "00000001.jpg").write_bytes(encoded)
    annotation = Annotation(open_benchmark("vot2018", data=tmp_path))
    (results,) = read_tree(golden / "results", "vot2018", annotation.inventory.present)
    metrics = score_supervised(results, annotation).metrics
    assert (metrics["accuracy"], metrics["eao"]) == pytest.approx((0.59777, 0.49352), abs=5e-6)
    metrics = score_supervised(results, annotation, "pysot").metrics
    assert (metrics["accuracy"], metrics["eao"]) == pytest.approx((0.5921, 0.4893), abs=5e-5)
