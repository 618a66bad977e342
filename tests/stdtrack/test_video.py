"""Footage in, a video and boxes out, one frame in memory at a time; and the commands around the network."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

from evalkit.errors import InputError
from evalkit.trackers.answers import NonsenseError
from evalkit.trackers.base import Prediction
from stdtrack.cli.main import cli
from stdtrack.video import Tracked, VideoFile, drawn, open_video, track


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    images = tmp_path / "images"
    images.mkdir()
    for index in range(6):
        cv2.imwrite(str(images / f"{index}.png"), np.full((48, 64, 3), 40 * index, np.uint8))
    return images


def write_video(path: Path, frames: int = 5) -> Path:
    with VideoFile(path, 10.0) as file:
        for index in range(frames):
            file.add(np.full((48, 64, 3), 40 * index, np.uint8))
    return path


def test_a_folder_is_footage_in_order(folder: Path) -> None:
    footage = open_video(folder)
    assert footage.frames == 6
    assert [int(image[0, 0, 0]) for image in footage] == [0, 40, 80, 120, 160, 200]


def test_a_video_is_footage(tmp_path: Path) -> None:
    footage = open_video(write_video(tmp_path / "v.mp4"))
    assert (footage.frames, footage.rate) == (5, 10.0)
    values = [float(image.mean()) for image in footage]
    assert values == sorted(values)
    assert len(values) == 5
    assert [path.name for path in tmp_path.iterdir()] == ["v.mp4"]


def test_what_is_no_footage(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such video"):
        open_video(tmp_path / "nothing.mp4")
    with pytest.raises(InputError, match="without images"):
        open_video(tmp_path)


def test_an_interrupted_video_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> None:
        with VideoFile(tmp_path / "v.mp4", 10.0) as file:
            file.add(np.zeros((48, 64, 3), np.uint8))
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        broken()
    assert not list(tmp_path.iterdir())


class Still:
    """Always the first box."""

    def init(self, image: np.ndarray, box: np.ndarray) -> None:
        self.box = box

    def update(self, image: np.ndarray) -> Prediction:
        return Prediction(self.box, 0.5)


def test_track_streams(folder: Path) -> None:
    results = track(Still(), open_video(folder), np.array([1.0, 2.0, 3.0, 4.0]))
    first = next(results)
    assert (first.prediction.score, first.rate) == (1.0, 0.0)
    assert all(result.rate > 0 for result in results)


def test_a_box_is_checked_whoever_tracks(folder: Path) -> None:
    tracker = Still()
    results = track(tracker, open_video(folder), np.array([1.0, 2.0, 3.0, 4.0]))
    next(results)
    tracker.box = [5, 6, 7, 8]  # type: ignore[assignment]
    np.testing.assert_array_equal(next(results).prediction.box, [5.0, 6.0, 7.0, 8.0])
    tracker.box = np.array([5, 6, np.nan, 8])
    with pytest.raises(NonsenseError, match=r"frame 2: .* is not four finite numbers"):
        next(results)


def test_drawing_leaves_the_frame_alone() -> None:
    image = np.zeros((48, 64, 3), np.uint8)
    picture = drawn(Tracked(image, Prediction(np.array([10.0, 20.0, 20.0, 15.0]), 0.5), 30.0))
    assert not image.any()
    assert picture[27, 10].argmax() == 1  # green, softened by the line's edge
    assert picture[27, 10, 1] > 150


def test_track_command(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    arguments = ["track", str(folder), "--box", "10,10,20.5,16", "--out", str(out), "--tracker", "opencv:mosse"]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    lines = out.with_suffix(".txt").read_text().splitlines()
    assert len(lines) == 6
    assert lines[0] == "10.0,10.0,20.5,16.0"
    assert open_video(out).frames == 6


def follow(footage: Path, out: Path, box: str = "10,10,20,16", tracker: str = "opencv:mosse") -> Result:
    return CliRunner().invoke(cli, ["track", str(footage), f"--box={box}", "--out", str(out), "--tracker", tracker])


@pytest.mark.parametrize(
    ("name", "codec", "size", "colour"),
    [
        ("v.mp4", "mp4v", (64, 48), True),
        ("v.avi", "MJPG", (64, 48), True),
        ("v.mkv", "XVID", (64, 48), True),
        ("grey.avi", "MJPG", (64, 48), False),
        ("odd.avi", "MJPG", (63, 47), True),
    ],
)
def test_track_command_on_videos(name: str, codec: str, size: tuple[int, int], colour: bool, tmp_path: Path) -> None:
    writer = cv2.VideoWriter(str(tmp_path / name), cv2.VideoWriter.fourcc(*codec), 10.0, size, colour)
    shape = (size[1], size[0], 3) if colour else (size[1], size[0])
    for index in range(4):
        writer.write(np.full(shape, 40 * index, np.uint8))
    writer.release()
    out = tmp_path / "out.mp4"
    result = follow(tmp_path / name, out, tracker="stdtrack:nano")
    assert result.exit_code == 0, result.output
    boxes = np.loadtxt(out.with_suffix(".txt"), delimiter=",")
    assert boxes.shape == (4, 4)
    assert np.isfinite(boxes).all()
    assert len(list(open_video(out))) == 4


@pytest.mark.parametrize("box", ["-10,10,30,20", "30,20,1,1", "50.5,40.25,40,40"])
def test_track_command_with_unusual_boxes(folder: Path, box: str, tmp_path: Path) -> None:
    result = follow(folder, tmp_path / "out.mp4", box, "stdtrack:nano")
    assert result.exit_code == 0, result.output
    boxes = np.loadtxt(tmp_path / "out.txt", delimiter=",")
    assert (boxes[1:, :2] >= 0).all()
    assert (boxes[1:, :2] + boxes[1:, 2:] <= (64, 48)).all()


def test_track_command_says_what_is_wrong(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "taken.mp4").mkdir()
    (tmp_path / "text.txt").mkdir()
    for footage, out, box, problem in (
        (tmp_path / "nothing.mp4", "o.mp4", "1,1,5,5", "no such video"),
        (folder, "o.avi", "1,1,5,5", "must be a .mp4"),
        (folder, "nowhere/o.mp4", "1,1,5,5", "no such folder"),
        (folder, "taken.mp4", "1,1,5,5", "is a folder"),
        (folder, "text.mp4", "1,1,5,5", "is a folder"),
        (folder, "o.mp4", "900,1,5,5", "outside"),
    ):
        result = follow(footage, tmp_path / out, box, "stdtrack:nano")
        assert isinstance(result.exception, InputError), (out, result.output)
        assert problem in str(result.exception)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["images", "taken.mp4", "text.txt"]


def test_track_command_with_an_answer_that_is_no_box(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker = Still()
    monkeypatch.setattr(tracker, "update", lambda image: Prediction(np.full(4, np.nan), 0.5))
    monkeypatch.setattr("evalkit.trackers.spec.load_tracker", lambda spec: tracker)
    result = follow(folder, tmp_path / "out.mp4", tracker="a:nan")
    assert isinstance(result.exception, InputError)
    assert "a:nan: frame 1: " in str(result.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["images"]


def test_a_video_shorter_than_its_header(tmp_path: Path) -> None:
    whole = tmp_path / "whole.avi"
    writer = cv2.VideoWriter(str(whole), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (64, 48))
    for seed in range(20):
        writer.write(np.random.default_rng(seed).integers(0, 255, (48, 64, 3), np.uint8))
    writer.release()
    cut = tmp_path / "cut.avi"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    result = follow(cut, tmp_path / "out.mp4")
    assert result.exit_code == 0, result.output
    assert re.search(r"\b(7|8|9|10) frames of 20 that \S*cut.avi promises", result.output.replace("\n", " "))


@pytest.mark.parametrize("tracker", ["opencv:mosse", "opencv:kcf", "stdtrack:nano", f"{__name__}:Still"])
@pytest.mark.parametrize(
    ("box", "problem"),
    [
        ("10,10,0,0", "has no area, in a 64x48 image"),
        ("10,10,-5,5", "has no area, in a 64x48 image"),
        ("900,700,30,30", "lies wholly outside the 64x48 image"),
        ("-30,10,30,30", "lies wholly outside the 64x48 image"),
        ("nan,1,2,3", "is not four finite numbers x, y, w, h, in a 64x48 image"),
        ("1,1,inf,3", "is not four finite numbers x, y, w, h, in a 64x48 image"),
    ],
)
def test_a_box_that_cannot_be_started_on_is_refused_whoever_tracks(
    folder: Path, tmp_path: Path, tracker: str, box: str, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if tracker.endswith("Still"):
        monkeypatch.setattr("evalkit.trackers.spec.load_tracker", lambda spec: Still())
    result = follow(folder, tmp_path / "out.mp4", box, tracker)
    assert isinstance(result.exception, InputError)
    assert str(result.exception) == f"the first box {box} {problem}"
    assert [path.name for path in tmp_path.iterdir()] == ["images"]


class Counting(Still):
    """Knows how many threads it was given when it was made."""

    def __init__(self) -> None:
        import os

        self.threads = cv2.getNumThreads(), torch.get_num_threads(), os.environ["OMP_NUM_THREADS"]


@pytest.mark.parametrize(("options", "count"), [([], 1), (["--threads", "2"], 2)])
def test_the_tracker_takes_one_thread_unless_it_is_given_more(
    folder: Path, tmp_path: Path, options: list[str], count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Counting] = []
    monkeypatch.setattr("evalkit.trackers.spec.load_tracker", lambda spec: made.append(Counting()) or made[0])
    before = cv2.getNumThreads(), torch.get_num_threads()
    arguments = ["track", str(folder), "--box=10,10,20,16", "--out", str(tmp_path / "out.mp4"), *options]
    assert CliRunner().invoke(cli, arguments).exit_code == 0
    assert made[0].threads == (count, count, str(count))
    assert (cv2.getNumThreads(), torch.get_num_threads()) == before


def test_a_tracker_in_the_working_folder_is_found(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    methods = "    def init(self, image, box): self.box = box\n    def track(self, image): return {'bbox': self.box}\n"
    (tmp_path / "mine_to_track.py").write_text("class T:\n" + methods)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", list(sys.path))
    result = follow(folder, tmp_path / "out.mp4", tracker="mine_to_track:T")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out.txt").read_text() == 6 * "10.0,10.0,20.0,16.0\n"


def test_an_untrained_network_says_so_before_it_tracks(folder: Path, tmp_path: Path) -> None:
    result = follow(folder, tmp_path / "out.mp4", tracker="stdtrack:small")
    assert result.exit_code == 0, result.output
    assert result.stderr.startswith("stdtrack:small: untrained: its boxes and scores mean nothing")
    assert ": untrained: " not in follow(folder, tmp_path / "out.mp4", tracker="stdtrack:nano").output


@pytest.mark.parametrize("box", ["1,2,3", "a,b,c,d"])
def test_track_command_with_a_wrong_box(folder: Path, box: str) -> None:
    result = CliRunner().invoke(cli, ["track", str(folder), "--box", box, "--out", "x.mp4"])
    assert result.exit_code == 2
    assert "four numbers" in result.output
