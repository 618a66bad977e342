"""Footage that has an end: frames in their order, with their times."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from evalkit.errors import InputError
from stdtrack.video.following import open_footage
from stdtrack.video.footage import FOLDER_RATE, LONGEST_PAUSE, Clock


def values(source: Path) -> list[int]:
    return [int(frame.image[0, 0, 0]) for frame in open_footage(source)]


def test_a_folder_is_footage_in_order(folder: Path) -> None:
    footage = open_footage(folder)
    assert (footage.frames, footage.rate, footage.name) == (6, FOLDER_RATE, str(folder))
    assert values(folder) == [0, 40, 80, 120, 160, 200]
    assert [frame.seconds for frame in footage] == pytest.approx([index / 30 for index in range(6)])
    assert footage.first().image[0, 0, 0] == 0


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_an_archive_is_footage_in_order(folder: Path, kind: str) -> None:
    path = folder.parent / f"clip.{kind}"
    files = sorted(folder.iterdir())
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            for file in files:
                archive.write(file, f"img/{file.name}")
    else:
        with tarfile.open(path, "w") as tar:
            for file in files:
                tar.add(file, f"img/{file.name}")
    assert open_footage(str(path)).frames == 6
    assert values(path) == [0, 40, 80, 120, 160, 200]


def test_a_video_is_footage(tmp_path: Path) -> None:
    path = tmp_path / "v.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (64, 48))
    for index in range(5):
        writer.write(np.full((48, 64, 3), 40 * index, np.uint8))
    writer.release()
    footage = open_footage(path)
    assert (footage.frames, footage.rate) == (5, 10.0)
    assert [frame.seconds for frame in footage] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert values(path) == sorted(values(path))
    assert len(values(path)) == 5


def test_what_is_no_footage(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no such video, archive or folder \(a camera is its number"):
        open_footage(tmp_path / "nothing.mp4")
    with pytest.raises(InputError, match="without images"):
        open_footage(tmp_path)
    with zipfile.ZipFile(tmp_path / "e.zip", "w") as archive:
        archive.writestr("a.txt", "no image")
    with pytest.raises(InputError, match="an archive without images"):
        open_footage(tmp_path / "e.zip")


@pytest.mark.parametrize("told", [[5.0, 5.0, 5.0], [5.0, 4.0, 3.0], [0.0, 1e9, 2e9], [0.0, float("nan"), float("nan")]])
def test_times_that_cannot_be_are_steps(told: list[float]) -> None:
    clock = Clock(0.04)
    assert [clock.read(each) for each in told] == pytest.approx([0.0, 0.04, 0.08])


def test_times_go_on_after_a_jump() -> None:
    clock = Clock(0.5)
    assert [clock.read(told) for told in (0.0, 1.0, LONGEST_PAUSE + 2.0, LONGEST_PAUSE + 2.25)] == [0.0, 1.0, 1.5, 1.75]
