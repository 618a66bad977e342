"""The pytest plugin, in pytest runs of its own, on a tracker whose accuracy a file decides."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import entry_points

import cv2
import numpy as np
import pytest
import scipy.special

import evalkit.regression.from_run

# pytester forgets what its runs import, and numpy and scipy can be loaded only once a process: load them out here.
PRELOADED = (scipy.special, evalkit.regression.from_run)

pytest_plugins = ["pytester"]

SEQUENCES, FRAMES = 8, 6

TRACKER = '''
from pathlib import Path
import numpy as np
from evalkit.trackers.base import Prediction

SHIFT = Path(__file__).with_name("shift")

class Bright:
    """Finds the bright square, and misses it by as many pixels as a file says."""
    def init(self, image, box):
        if not SHIFT.exists():
            raise RuntimeError("no shift")
    def update(self, image):
        rows, columns = np.nonzero(image[..., 0] > 128)
        x, y = columns.min() + float(SHIFT.read_text()), rows.min()
        return Prediction(np.array([x, y, np.ptp(columns) + 1, np.ptp(rows) + 1], dtype=float), 1.0)

def create():
    return Bright()
'''

TEST = """
def test_accuracy(tracking_accuracy):
    comparison = tracking_accuracy("bright:create", "folder", baseline="baseline.json", data="data")
    assert comparison.verdict != "worse"
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A user's project: a tracker, a benchmark in a folder, and one test."""
    monkeypatch.delenv("STDTRACK_DATA", raising=False)
    for number in range(SEQUENCES):
        folder = pytester.path / "data" / f"s{number}"
        (folder / "img").mkdir(parents=True)
        boxes = [(5 + number + 2 * frame, 10, 16, 12 + number) for frame in range(FRAMES)]
        for frame, (x, y, w, h) in enumerate(boxes):
            image = np.zeros((48, 64, 3), np.uint8)
            image[y : y + h, x : x + w] = 255
            cv2.imwrite(str(folder / "img" / f"{frame:04d}.png"), image)
        (folder / "groundtruth.txt").write_text("".join(f"{x},{y},{w},{h}\n" for x, y, w, h in boxes))
    pytester.makepyfile(bright=TRACKER, test_accuracy=TEST)
    pytester.makeini("[pytest]\naddopts = -p no:hypothesispytest -p no:cacheprovider")  # which cost a second a run
    pytester.syspathinsert()
    pytester.makefile("", shift="1.0")
    return pytester


def _shift(project: pytest.Pytester, pixels: float) -> None:
    (project.path / "shift").write_text(str(pixels))


def _baseline(project: pytest.Pytester, name: str = "baseline.json") -> dict[str, object]:
    content: dict[str, object] = json.loads((project.path / name).read_text())
    return content


def test_update_then_pass_then_fail(project: pytest.Pytester) -> None:
    result = project.runpytest("--tracking-update")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["tracking baseline updated: *baseline.json (1 measured)"])
    project.runpytest().assert_outcomes(passed=1)
    _shift(project, 4)
    result = project.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*bright:create on folder (official): worse: auc * -> *, sequences: 8", "*s*: * -> *", "*success curve at *"]
    )


def test_a_gain_passes(project: pytest.Pytester) -> None:
    project.runpytest("--tracking-update")
    _shift(project, 0)
    project.runpytest().assert_outcomes(passed=1)


def test_nothing_is_written_unless_asked(project: pytest.Pytester) -> None:
    project.runpytest("--tracking-update")
    before = (project.path / "baseline.json").read_bytes()
    _shift(project, 4)
    project.runpytest()
    assert (project.path / "baseline.json").read_bytes() == before


def test_the_option_goes_before_the_argument(project: pytest.Pytester) -> None:
    project.runpytest("--tracking-update", "--tracking-baseline", "other.json").assert_outcomes(passed=1)
    assert not (project.path / "baseline.json").exists()
    project.runpytest("--tracking-baseline", "other.json").assert_outcomes(passed=1)


def test_without_a_baseline_says_how_to_write_one(project: pytest.Pytester) -> None:
    result = project.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*baseline.json: no readable baseline*"])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*pytest_plugin.py:*")


def test_a_baseline_of_other_trackers_says_how_to_add_this_one(project: pytest.Pytester) -> None:
    project.makefile(".json", baseline='{"format": 1, "stdtrack": "", "records": []}')
    result = project.runpytest()
    result.stdout.fnmatch_lines(["*has no bright:create on folder: write it with --tracking-update*"])


def test_other_annotation_is_not_comparable(project: pytest.Pytester) -> None:
    project.runpytest("--tracking-update")
    truth = project.path / "data" / "s3" / "groundtruth.txt"
    truth.write_text(truth.read_text().replace(",10,16", ",10,17"))
    result = project.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*not comparable: fingerprint: *"])


def test_update_leaves_a_file_alone_that_is_no_baseline(project: pytest.Pytester) -> None:
    project.makefile(".json", baseline="{}")
    result = project.runpytest("--tracking-update")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*this is no baseline*"])
    assert (project.path / "baseline.json").read_text() == "{}"


def test_a_tracker_that_raises_is_an_ordinary_failure(project: pytest.Pytester) -> None:
    project.runpytest("--tracking-update")
    (project.path / "shift").unlink()
    result = project.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*no shift*"])


def test_workers_of_xdist_share_one_baseline(project: pytest.Pytester) -> None:
    project.makepyfile(test_second=TEST.replace("bright:create", "bright:Bright"))
    result = project.runpytest_subprocess("-n", "2", "--tracking-update")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["tracking baseline updated: *baseline.json (2 measured)"])
    records = _baseline(project)["records"]
    assert isinstance(records, list)
    assert [record["tracker"] for record in records] == ["bright:Bright", "bright:create"]
    project.runpytest().assert_outcomes(passed=2)


def test_beside_a_benchmark_fixture(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_accuracy="""
        def test_both(benchmark, tracking_accuracy):
            benchmark(sum, [1, 2])
            tracking_accuracy("bright:create", "folder", baseline="baseline.json", data="data")
        """
    )
    project.runpytest("--tracking-update", "--benchmark-disable").assert_outcomes(passed=1)


def test_imports_nothing_of_the_project_but_itself() -> None:
    code = "import sys, pytest; before = set(sys.modules); import stdtrack.pytest_plugin"
    code += "; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['stdtrack', 'stdtrack.pytest_plugin']"


def test_the_entry_point_is_below_stdtrack() -> None:
    (point,) = [point for point in entry_points(group="pytest11") if point.name == "tracking_accuracy"]
    assert point.value == "stdtrack.pytest_plugin"


STRANGER = {
    "evalkit/__init__.py": "",
    "evalkit/foo.py": "def f(): return 1",
    "profiling/__init__.py": "raise RuntimeError('imported')",
    "reports/__init__.py": "raise RuntimeError('imported')",
    "tests/test_own.py": "from evalkit.foo import f\ndef test_own(): assert f() == 1",
}


@pytest.fixture
def stranger(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project whose packages have the names of ours."""
    for name, content in STRANGER.items():
        path = pytester.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    pytester.makeini("[pytest]\npythonpath = .\nfilterwarnings = error\naddopts = --strict-config --strict-markers")
    return pytester


@pytest.mark.parametrize("command", ["console script", "python -m"])
def test_a_stranger_with_packages_of_the_same_names_is_left_alone(stranger: pytest.Pytester, command: str) -> None:
    start = (
        ["-m", "pytest"] if command == "python -m" else ["-c", "import sys, pytest; sys.exit(pytest.console_main())"]
    )
    result = stranger.run(sys.executable, *start)
    result.assert_outcomes(passed=1)


def test_a_stranger_who_asks_for_the_fixture_is_told_what_hides_the_package(stranger: pytest.Pytester) -> None:
    (stranger.path / "tests" / "test_ours.py").write_text(
        "def test_ours(tracking_accuracy): tracking_accuracy('a:b', 'demo', baseline='b.json')"
    )
    result = stranger.runpytest_subprocess()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([f"*needs STDTrack's package 'evalkit', which {stranger.path / 'evalkit'} hides*"])
