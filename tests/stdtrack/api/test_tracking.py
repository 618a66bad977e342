"""``stdtrack.track``: a video followed from Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

import stdtrack
from stdtrack import InputError, Prediction
from stdtrack.cli.track import track as track_command


class Mover:
    """One pixel to the right in every frame."""

    def init(self, image: Any, box: Any) -> None:
        self.box = box

    def update(self, image: Any) -> Prediction:
        self.box = np.add(self.box, [1.0, 0.0, 0.0, 0.0])
        return Prediction(self.box, 0.5)


class Mute(Mover):
    def update(self, image: Any) -> Any:
        return None


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    folder = tmp_path / "frames"
    folder.mkdir()
    for index in range(4):
        cv2.imwrite(str(folder / f"{index}.png"), np.full((90, 120, 3), 128, dtype=np.uint8))
    return folder


def test_a_live_tracker_follows_a_folder(frames: Path) -> None:
    followed = [(index, *map(float, at.box), at.score) for index, at in stdtrack.track(
        str(frames), box=(10, 20, 30, 40), tracker=Mover())]  # fmt: skip
    assert followed == [(0, 10, 20, 30, 40, 1.0), *((i, 10 + i, 20, 30, 40, 0.5) for i in (1, 2, 3))]


def test_a_spec_follows_it_too(frames: Path) -> None:
    assert [index for index, _ in stdtrack.track(frames, box=[10, 20, 30, 40], tracker="opencv:mosse")] == [0, 1, 2, 3]


@pytest.mark.parametrize("box", ["1,2,0,4", "nan,2,3,4", "500,2,3,4"])
def test_the_box_is_checked_before_the_tracker_as_by_the_command(box: str, frames: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the first box") as said:
        stdtrack.track(frames, box=[float(part) for part in box.split(",")], tracker="nowhere:tracker")
    arguments = [str(frames), "--box", box, "--out", str(tmp_path / "o.mp4"), "--tracker", "nowhere:tracker"]
    assert str(CliRunner().invoke(track_command, arguments).exception) == str(said.value)


@pytest.mark.parametrize(
    ("source", "box", "tracker", "problem"),
    [
        ("absent", (1, 2, 3, 4), Mover(), "no such video, archive or folder"),
        ("frames", (1, 2, 3), Mover(), "the first box 1,2,3"),
        ("frames", "here", Mover(), "is not four numbers"),
        ("frames", (1, 2, 3, 4), Mover, "'Mover' is a class"),
        ("frames", (1, 2, 3, 4), object(), "is no tracker of a known style"),
        ("frames", (1, 2, 3, 4), "csrt", "'csrt' is no tracker spec"),
    ],
)
def test_wrong_input_is_told_at_once(
    source: str, box: Any, tracker: Any, problem: str, frames: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=problem):
        stdtrack.track(tmp_path / source, box=box, tracker=tracker)


def test_an_answer_that_is_no_box_names_tracker_and_frame(frames: Path) -> None:
    with pytest.raises(InputError, match="Mute: frame 1: it answered None"):
        list(stdtrack.track(frames, box=(1, 2, 30, 40), tracker=Mute()))
