"""What somebody's first own tracker that fails is told: what to answer, and which of its lines answered."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from stdtrack.cli.main import main

ANSWERS = {
    "Nothing": ("None", "it answered None, which is not four finite numbers"),
    "Text": ("'10,20,30,40'", "it answered '10,20,30,40', which is not four finite numbers"),
    "Three": ("[1, 2, 3]", "it answered [1, 2, 3], which is not four finite numbers"),
    "Lost": ("[1, 2, 3, float('nan')]", "it answered [1, 2, 3, nan], which is not four finite numbers"),
    "Pair": ("([1, 2, 3, 4], 0.5)", "it answered ([1, 2, 3, 4], 0.5), which is not four finite numbers"),
    "Unsure": ("Prediction(self.box, 'high')", "the score is 'high', not a finite number"),
}
WANTED = (
    "a tracker with init() and update() answers Prediction(box, score), by `from stdtrack import Prediction`, or a "
)
CORNERS = "[self.box[0], self.box[1], self.box[0] + self.box[2], self.box[1] + self.box[3]]"


def write_class(name: str, answer: str) -> str:
    return (
        f"class {name}:\n    def init(self, image, box):\n        self.box = box\n\n"
        f"    def update(self, image):\n        return {answer}\n\n\n"
    )


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    answers = {**{name: answer for name, (answer, _) in ANSWERS.items()}, "Corners": CORNERS, "Broken": "1 / 0"}
    text = "from stdtrack import Prediction\n\n\n" + "".join(write_class(*each) for each in answers.items())
    (tmp_path / "my_first.py").write_text(text.rstrip("\n") + "\n")
    images = tmp_path / "data" / "clip" / "img"
    images.mkdir(parents=True)
    for index in range(4):
        cv2.imwrite(str(images / f"{index}.png"), np.full((96, 128, 3), 40 * index, np.uint8))
    (tmp_path / "data" / "clip" / "groundtruth.txt").write_text("40,30,30,20\n" * 4)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", list(sys.path))
    return tmp_path


def line_of(home: Path, name: str) -> int:
    lines = (home / "my_first.py").read_text().splitlines()
    return lines.index("    def update(self, image):", lines.index(f"class {name}:")) + 1


def command(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    return int(caught.value.code or 0), capfd.readouterr().err


def test_run_says_what_each_should_answer(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    specs = [f"my_first:{name}" for name in ANSWERS]
    code, err = command(capfd, "run", *specs, "--on", "folder", "--data", "data", "--out", "runs")
    assert code == 3
    for name, (_, problem) in ANSWERS.items():
        place = f"({name}.update, my_first.py:{line_of(home, name)})"
        line = f"my_first:{name} on folder: clip FAILED: frame 1: {problem}; {WANTED}plain box x, y, w, h {place}"
        assert line in err.splitlines()


def test_corners_are_remarked_once(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, err = command(capfd, "run", "my_first:Corners", "--on", "folder", "--data", "data", "--out", "runs")
    assert code == 0
    said = "my_first:Corners: its answers look like x1, y1, x2, y2, where x, y, w, h are asked for\n"
    assert err.count(said) == 1


def test_track_says_the_same_and_calls_no_error_of_theirs_ours(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    options = ("data/clip/img", "--box", "40,30,30,20", "--out", "o.mp4", "--tracker")
    code, err = command(capfd, "track", *options, "my_first:Nothing")
    place = f"(Nothing.update, my_first.py:{line_of(home, 'Nothing')})"
    assert (code, err.count("\n")) == (2, 1)
    assert err.startswith(f"stdtrack: my_first:Nothing: frame 1: {ANSWERS['Nothing'][1]}; {WANTED}")
    assert err.endswith(f"{place}\n")
    code, err = command(capfd, "track", *options, "my_first:Broken")
    place = f"(Broken.update, my_first.py:{line_of(home, 'Broken')})"
    assert (code, err) == (2, f"stdtrack: my_first:Broken: frame 1: ZeroDivisionError: division by zero {place}\n")
