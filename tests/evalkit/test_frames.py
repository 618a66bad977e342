"""Images of a sequence: the right ones, in the right order, as RGB; errors name the file."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest

from evalkit.errors import InputError
from evalkit.frames import ImageFolder, read_image


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[Iterable[str]], Path]:
    def write(names: Iterable[str]) -> Path:
        for name in names:
            (tmp_path / name).touch()
        return tmp_path

    return write


def names(frames: ImageFolder) -> list[str]:
    return [Path(frames.name(index)).name for index in range(len(frames))]


def test_numbers_without_zeros_sort_as_numbers(folder: Callable[[Iterable[str]], Path]) -> None:
    frames = ImageFolder(folder(f"{number}.jpg" for number in range(12)), 12)
    assert names(frames) == [f"{number}.jpg" for number in range(12)]


def test_what_is_no_image_is_no_frame(folder: Callable[[Iterable[str]], Path]) -> None:
    frames = ImageFolder(folder(["0001.JPG", "0002.png", "._0001.jpg", "groundtruth.txt", "thumbs.db"]), 2)
    assert names(frames) == ["0001.JPG", "0002.png"]


def test_official_first_frame_chooses_among_more_images(folder: Callable[[Iterable[str]], Path]) -> None:
    path = folder(f"{number:04d}.jpg" for number in range(1, 21))
    assert names(ImageFolder(path, 3, first=7)) == ["0007.jpg", "0008.jpg", "0009.jpg"]


def test_a_folder_cut_to_the_official_range_and_numbered_anew(folder: Callable[[Iterable[str]], Path]) -> None:
    path = folder(f"{number:04d}.jpg" for number in range(1, 4))
    assert names(ImageFolder(path, 3, first=300)) == ["0001.jpg", "0002.jpg", "0003.jpg"]


@pytest.mark.parametrize(
    ("present", "length", "first", "problem"),
    [
        (range(1, 82), 74, None, "81 images for 74 rows of ground truth"),
        ((1, 2, 4, 5), 5, None, "4 images for 5 rows of ground truth; frame 3 is missing"),
        (range(300, 309), 10, 300, "9 images for 10 rows of ground truth; frame 309 is missing"),
        ((), 3, None, "0 images for 3 rows"),
    ],
)
def test_images_and_rows_that_do_not_fit(
    folder: Callable[[Iterable[str]], Path], present: Iterable[int], length: int, first: int | None, problem: str
) -> None:
    frames = ImageFolder(folder(f"{number:04d}.jpg" for number in present), length, first)
    with pytest.raises(InputError, match=problem) as caught:
        frames.read(0)
    assert caught.value.path == frames.folder


def test_images_are_rgb(tmp_path: Path) -> None:
    bgr = np.zeros((4, 5, 3), np.uint8)
    bgr[:, :, 0], bgr[:, :, 2] = 10, 200
    cv2.imwrite(str(tmp_path / "0001.png"), bgr)
    image = ImageFolder(tmp_path, 1).read(0)
    assert (image.shape, image.dtype, image[0, 0].tolist()) == ((4, 5, 3), np.uint8, [200, 0, 10])
    assert image.flags.c_contiguous


def test_damaged_and_missing_images_are_named(tmp_path: Path) -> None:
    for content in (b"", b"no image at all"):
        (tmp_path / "bad.jpg").write_bytes(content)
        with pytest.raises(InputError, match="not an image") as caught:
            read_image(tmp_path / "bad.jpg")
        assert caught.value.path == tmp_path / "bad.jpg"
    with pytest.raises(InputError, match="No such file"):
        read_image(tmp_path / "none.jpg")
    with pytest.raises(InputError, match="cannot be listed"):
        ImageFolder(tmp_path / "none", 1).read(0)


def test_frames_travel_to_worker_processes(folder: Callable[[Iterable[str]], Path]) -> None:
    frames = pickle.loads(pickle.dumps(ImageFolder(folder(["1.jpg"]), 1)))  # noqa: S301
    assert names(frames) == ["1.jpg"]
