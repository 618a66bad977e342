"""Broken and hostile images and videos: ``data check``, ``run`` and ``track`` end in a line that names the file."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pictures

from stdtrack.cli.main import main

COUNT = 4
NOISE = np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8)
JPEG = cv2.imencode(".jpg", cv2.GaussianBlur(NOISE, (0, 0), 4))[1].tobytes()


def vast() -> bytes:
    """A JPEG whose header states 30,000 x 30,000 pixels."""
    content, place = bytearray(JPEG), JPEG.find(b"\xff\xc0")
    content[place + 5 : place + 9] = (30_000).to_bytes(2, "big") * 2
    return bytes(content)


def animation() -> bytes:
    stream, pictures = io.BytesIO(), [Pictures.new("RGB", (128, 96), colour) for colour in ("red", "blue")]
    pictures[0].save(stream, "WEBP", save_all=True, append_images=pictures[1:])
    return stream.getvalue()


# What is written in place of the third image, and what is said of it.
BROKEN: dict[str, tuple[bytes, str]] = {
    "vast": (vast(), "30000 x 30000 pixels, more than 134217728"),
    "cut": (JPEG[: len(JPEG) // 2], "it ends before the picture does"),
    "empty": (b"", "the file is empty"),
    "text": (b"hello", "it is none of JPEG, PNG"),
    "animated": (animation(), "holds several pictures (WebP)"),
}
PLACES: dict[str, tuple[Callable[[Path], object], str]] = {
    "folder": (Path.mkdir, "is a folder, not an image"),
    "pipe": (os.mkfifo, "is a pipe, not a file"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "is a device, not a file"),
    "broken link": (lambda path: path.symlink_to("nowhere"), "is a link to nothing"),
}


def sequence(root: Path, name: str = "s") -> Path:
    images = root / name / "img"
    images.mkdir(parents=True)
    for number in range(1, COUNT + 1):
        (images / f"{number}.jpg").write_bytes(JPEG)
    (root / name / "groundtruth.txt").write_text("40,30,30,30\n" * COUNT)
    return images


def command(capfd: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    captured = capfd.readouterr()
    return int(caught.value.code or 0), captured.out, captured.err


def track(capfd: pytest.CaptureFixture[str], footage: Path, out: Path) -> tuple[int, list[str]]:
    code, _, err = command(capfd, "track", footage, "--box=40,30,30,30", "--tracker=opencv:mosse", "--out", out)
    return code, [line for line in err.splitlines() if line.startswith("stdtrack: ")]


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    for name, (content, _) in BROKEN.items():
        (sequence(tmp_path / "data", name) / "3.jpg").write_bytes(content)
    return tmp_path / "data"


def test_run_loses_the_sequence_and_says_why(broken, tmp_path, capfd):
    runs = tmp_path / "runs"
    sequence(broken, "whole")
    code, _, err = command(capfd, "run", "opencv:mosse", "--on=folder", "--data", broken, "--out", runs)
    assert code == 3
    assert "Traceback" not in err
    (results,) = runs.glob("*/folder")
    assert sorted(path.stem for path in (results / "failures").iterdir()) == sorted(BROKEN)
    assert (results / "whole.txt").is_file()
    for name, (_, problem) in BROKEN.items():
        first = next((results / "failures").glob(f"{name}.*")).read_text().splitlines()[0]
        assert first.startswith(f"{broken / name / 'img' / '3.jpg'}: ")
        assert problem in first


def test_data_check_names_every_broken_image(broken, capfd):
    code, out, err = command(capfd, "data", "check", broken)
    assert (code, err) == (1, "")
    for name, (_, problem) in BROKEN.items():
        (line,) = (line for line in out.splitlines() if f"{name}/img/3.jpg" in line)
        assert problem in line


@pytest.mark.parametrize("name", BROKEN)
def test_track_ends_in_one_line(broken, tmp_path, capfd, name):
    code, (line,) = track(capfd, broken / name / "img", tmp_path / "o.mp4")
    assert code == 2
    assert BROKEN[name][1] in line
    assert not list(tmp_path.glob("*.mp4"))


@pytest.mark.parametrize("kind", PLACES)
def test_what_is_no_file_is_named_before_anything_runs(tmp_path, capfd, kind):
    make, problem = PLACES[kind]
    place = sequence(tmp_path / "data") / "3.jpg"
    place.unlink()
    make(place)
    code, (line,) = track(capfd, place.parent, tmp_path / "o.mp4")
    assert (code, line) == (2, f"stdtrack: {place}: {problem}")
    code, _, err = command(capfd, "run", "opencv:mosse", "--on=folder", "--data", tmp_path / "data", "--out", tmp_path)
    assert (code, err) == (2, f"stdtrack: {place}: {problem}\n")
    code, out, _ = command(capfd, "data", "check", tmp_path / "data")
    assert code == 1
    assert f"{place}: {problem}" in out


def test_images_that_change_size_and_channels_are_run(tmp_path, capfd):
    images = sequence(tmp_path / "data")
    cv2.imwrite(str(images / "2.jpg"), np.full((96, 128), 90, np.uint8))
    cv2.imwrite(str(images / "3.jpg"), np.full((300, 200, 3), 90, np.uint8))
    cv2.imwrite(str(images / "4.jpg"), np.full((1, 1, 3), 90, np.uint8))
    assert track(capfd, images, tmp_path / "o.mp4") == (0, [])
    code, out, _ = command(capfd, "data", "check", tmp_path / "data")
    assert (code, "images of several sizes: s" in out) == (0, True)


@pytest.mark.parametrize("content", [b"", b"#EXTM3U\n#EXTINF:1,\nother.avi\n", JPEG, b"RIFF\0\0\0\0AVI LIST"])
def test_what_is_no_video(tmp_path, capfd, content):
    (tmp_path / "v.avi").write_bytes(content)
    code, (line,) = track(capfd, tmp_path / "v.avi", tmp_path / "o.mp4")
    assert code == 2
    assert "v.avi: is no video" in line


def test_a_video_without_a_frame(tmp_path, capfd):
    writer = cv2.VideoWriter(str(tmp_path / "v.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, (128, 96))
    for _ in range(3):
        writer.write(np.zeros((96, 128, 3), np.uint8))
    writer.release()
    content = (tmp_path / "v.avi").read_bytes()
    start = content.find(b"\xff\xd8\xff")
    (tmp_path / "v.avi").write_bytes(content[:start] + bytes(len(content) - start))
    code, (line,) = track(capfd, tmp_path / "v.avi", tmp_path / "o.mp4")
    assert code == 2
    assert "v.avi: has no frame that can be decoded" in line
    assert not list(tmp_path.glob("*.mp4"))


def test_a_failure_of_a_file_whose_name_is_no_utf_8_is_kept(tmp_path, capfd):
    images = sequence(tmp_path / "data")
    for number in range(1, COUNT + 1):
        os.replace(images / f"{number}.jpg", os.fsencode(images) + b"/\xff%d.jpg" % number)
    Path(os.fsdecode(os.fsencode(images) + b"/\xff3.jpg")).write_bytes(b"no image")
    code, _, err = command(capfd, "run", "opencv:mosse", "--on=folder", "--data", tmp_path / "data", "--out", tmp_path)
    assert (code, "Traceback" in err) == (3, False)
    (failure,) = tmp_path.glob("*/folder/failures/s.*")
    assert "3.jpg: is not an image" in failure.read_text(encoding="utf-8")


def test_decoders_keep_quiet(tmp_path):
    """A command of its own, as cv2 reads its environment once; without it, cv2 prints two lines more."""
    path = tmp_path / "img" / "1.bmp"
    path.parent.mkdir()
    path.write_bytes(cv2.imencode(".bmp", NOISE)[1].tobytes()[:20_000])
    arguments = ["track", str(path.parent), "--box=1,1,9,9", "--tracker=opencv:mosse", "--out=o.mp4"]
    command = [sys.executable, "-c", f"from stdtrack.cli.main import main; main({arguments})"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENCV")}
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    lines = [line for line in ended.stderr.splitlines() if line and "tracking" not in line]
    problem = f"stdtrack: {path}: is not an image that can be decoded (is it cut off? copy the file again)"
    assert (ended.returncode, lines) == (2, [problem])


def test_a_sequence_whose_name_is_no_utf_8_is_refused(tmp_path, capfd):
    sequence(tmp_path / "data")
    os.replace(tmp_path / "data" / "s", os.fsencode(tmp_path) + b"/data/s\xff")
    for command_line in (["data", "check", tmp_path / "data"], ["run", "opencv:mosse", "--on=folder", "--data",
                         tmp_path / "data", "--out", tmp_path / "runs"]):  # fmt: skip
        code, _, err = command(capfd, *command_line)
        assert code == 2
        assert err.startswith(f"stdtrack: {tmp_path / 'data'}: the sequence's name 's\\udcff' is no UTF-8 (rename it)")
