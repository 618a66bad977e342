"""``stdtrack track``: footage in; a video, a GIF, a strip and boxes out; one clear line where that cannot be."""

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
from evalkit.trackers.base import Prediction
from stdtrack.cli.main import cli
from stdtrack.video.following import open_footage


class Still:
    """Always the first box."""

    def init(self, image: np.ndarray, box: np.ndarray) -> None:
        self.box = box

    def update(self, image: np.ndarray) -> Prediction:
        return Prediction(self.box, 0.5)


def test_track_command(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    arguments = ["track", str(folder), "--box", "10,10,20.5,16", "--out", str(out), "--tracker", "opencv:mosse"]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    lines = out.with_suffix(".txt").read_text().splitlines()
    assert len(lines) == 6
    assert lines[0] == "10.0,10.0,20.5,16.0"
    assert open_footage(out).frames == 6


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
    assert len(list(open_footage(out))) == 4


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
        (folder, "o.avi", "1,1,5,5", "is no kind of file that pictures are written to"),
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


def command(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["track", *map(str, arguments)])


def test_several_trackers_have_a_file_of_boxes_each(folder: Path, tmp_path: Path) -> None:
    options = ("--tracker", "opencv:mosse", "--tracker", "opencv:kcf", "--layout", "tiles", "--name", "opencv:kcf=KCF")
    outs = ("-o", tmp_path / "o.mp4", "-o", tmp_path / "o.gif", "-o", tmp_path / "o.png")
    result = command(folder, "--box=10,10,20,16", *options, *outs)
    assert result.exit_code == 0, result.output
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == ["images", "o.gif", "o.mp4", "o.opencv%3Akcf.txt", "o.opencv%3Amosse.txt", "o.png"]
    for name in ("kcf", "mosse"):
        assert np.loadtxt(tmp_path / f"o.opencv%3A{name}.txt", delimiter=",").shape == (6, 4)
    assert next(iter(open_footage(tmp_path / "o.mp4"))).image.shape == (48, 128, 3)


def test_the_annotation_starts_and_is_drawn(folder: Path, tmp_path: Path) -> None:
    annotation = tmp_path / "truth.txt"
    annotation.write_text("10,10,20,16\nnan,nan,nan,nan\n11,10,20,16\n")
    result = command(folder, "--gt", annotation, "--tracker=opencv:mosse", "-o", tmp_path / "o.png")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "o.txt").read_text().startswith("10.0,10.0,20.0,16.0\n")
    annotation.write_text("nan,nan,nan,nan\n")
    result = command(folder, "--gt", annotation, "--tracker=opencv:mosse", "-o", tmp_path / "p.png")
    assert str(result.exception).startswith(f"{annotation}, row 1: the first box nan,nan,nan,nan is not four finite")


def test_nothing_that_is_read_is_written_over(folder: Path, tmp_path: Path) -> None:
    annotation = tmp_path / "o.txt"
    annotation.write_text("10,10,20,16\n")
    result = command(folder, "--gt", annotation, "--tracker=opencv:mosse", "-o", tmp_path / "o.gif")
    assert str(result.exception) == f"{annotation}: would overwrite the annotation (name another --out)"
    assert annotation.read_text() == "10,10,20,16\n"


def test_a_track_has_to_go_somewhere(folder: Path) -> None:
    result = command(folder, "--box=10,10,20,16")
    assert (result.exit_code, "give --out FILE, --show, or both" in result.output) == (2, True)


@pytest.mark.parametrize("options", [("-o", "o.mp4"), ("--box=10,10,20,16", "--show")])
def test_without_a_display_that_is_said(
    folder: Path, tmp_path: Path, options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("matplotlib.pyplot.get_backend", lambda: "agg")
    result = command(folder, *options)
    assert isinstance(result.exception, InputError)
    assert "needs a display, and there is none" in str(result.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["images"]
