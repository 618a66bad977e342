"""Lazy frames: image files in a folder, listed when the first one is wanted and decoded one at a time."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path, PurePath
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import InputError
from evalkit.types import Image

AnyPath = TypeVar("AnyPath", bound=PurePath)

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp"})


def is_image(path: PurePath) -> bool:
    """Judged by the suffix; hidden files (``._0001.jpg`` of macOS archives) are none."""
    return path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")


def natural_key(name: str) -> tuple[tuple[int, str], ...]:
    """Sorts ``2.jpg`` before ``10.jpg``: TrackingNet's names are not zero-padded.

    >>> sorted(["10.jpg", "2.jpg"], key=natural_key)
    ['2.jpg', '10.jpg']
    """
    parts = re.split(r"(\d+)", name)
    return tuple((int(part), "") if index % 2 else (-1, part) for index, part in enumerate(parts))


def list_images(folder: Path) -> tuple[Path, ...]:
    """Image files directly in a folder, in natural order."""
    try:
        found = [path for path in folder.iterdir() if is_image(path)]
    except OSError as error:
        raise InputError(f"cannot be listed: {error.strerror or error}", path=folder) from error
    return tuple(sorted(found, key=lambda path: natural_key(path.name)))


class ImageFolder:
    """The images that belong to a sequence's rows of ground truth.

    Args:
        folder: where they lie.
        length: number of rows, and so of frames.
        first: number in the file name of the first frame, where the benchmark's list states it: the folder may then
            hold more images than the sequence has frames (UAV123's parts share one folder). None: images and rows must
            agree in number.
    """

    def __init__(self, folder: Path, length: int, first: int | None = None) -> None:
        self.folder, self.length, self.first = folder, length, first

    def __len__(self) -> int:
        return self.length

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """One file a frame; raises InputError where images and ground truth do not fit together."""
        return choose_frames(list_images(self.folder), self.length, self.first, self.folder)

    def name(self, index: int) -> str:
        """The file of frame ``index``."""
        return str(self.paths[index])

    def read(self, index: int) -> Image:
        """Decode frame ``index`` (0-based) as uint8 RGB; raises InputError that names the file."""
        return read_image(self.paths[index])


def choose_frames(images: tuple[AnyPath, ...], length: int, first: int | None, place: Path) -> tuple[AnyPath, ...]:
    """One image a row of ground truth, out of all that lie in ``place``; see :class:`ImageFolder`.

    Raises:
        InputError: images and rows do not fit together.
    """
    numbered = _by_number(images)
    if first is not None:
        wanted = range(first, first + length)
        if all(number in numbered for number in wanted):
            return tuple(numbered[number] for number in wanted)
    if len(images) != length:
        start = min(numbered, default=1) if first is None else first
        gaps = [number for number in range(start, start + length) if number not in numbered]
        missing = f"; frame {gaps[0]} is missing" if images and gaps else ""
        problem = f"{len(images)} images for {length} rows of ground truth{missing}"
        raise InputError(problem, path=place, hint="one image a row; restore what was removed")
    return images


def read_image(path: Path) -> Image:
    """Decode one file as uint8 RGB (H, W, 3); raises InputError that names it."""
    try:
        encoded = np.fromfile(path, dtype=np.uint8)  # not cv2.imread: it hides why it failed
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", path=path) from error
    return decode_image(encoded, path)


def decode_image(encoded: NDArray[np.uint8], place: str | Path) -> Image:
    """Decode the bytes of an image file as uint8 RGB (H, W, 3); raises InputError that names ``place``."""
    import cv2  # 0.1 s: only those who look at images pay for it

    try:
        image = cv2.imdecode(encoded, cv2.IMREAD_COLOR_RGB) if encoded.size else None
    except cv2.error:  # more pixels than cv2 agrees to decode
        image = None
    if image is None:
        raise InputError("is not an image that can be decoded", path=place, hint="copy the file again")
    rgb: Image = np.asarray(image, dtype=np.uint8)
    return rgb


def _by_number(images: tuple[AnyPath, ...]) -> dict[int, AnyPath]:
    """Image by the last number in its name."""
    numbers = ((re.search(r"(\d+)$", path.stem), path) for path in images)
    return {int(match.group()): path for match, path in numbers if match}
