"""Lazy frames: image files in a folder, listed when the first one is wanted and decoded one at a time."""

from __future__ import annotations

import os
from functools import cached_property
from mmap import ACCESS_READ, mmap
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import InputError
from evalkit.sequences.frame_choice import choose_frames, has_image_name, natural_key
from evalkit.sequences.image_headers import Content, ImageHeader, parse_header
from evalkit.sequences.image_limits import refuse_many_pixels, require_file
from evalkit.types import Image

_LFS = b"version https://git-lfs"


def list_images(folder: Path) -> tuple[Path, ...]:
    """Image files directly in a folder, in natural order.

    Raises:
        InputError: the folder cannot be listed, or what has an image's name is a folder, pipe, device or broken link.
    """
    try:
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if has_image_name(entry.name)]
            for entry in found:
                if entry.is_symlink() or not entry.is_file():
                    require_file(folder / entry.name)
    except OSError as error:
        raise InputError(f"cannot be listed: {error.strerror or error}", path=folder) from error
    return tuple(folder / entry.name for entry in sorted(found, key=lambda entry: natural_key(entry.name)))


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

    def header(self, index: int) -> ImageHeader:
        """Size, depth and orientation of frame ``index``, without decoding it; raises InputError."""
        return read_image_header(self.paths[index])


def read_image(path: Path) -> Image:
    """Decode one file as uint8 RGB (H, W, 3); raises InputError that names it."""
    require_file(path)
    try:
        content = path.read_bytes()  # not cv2.imread: it hides why it failed
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", path=path) from error
    return decode_image(content, path)


def read_image_header(path: Path) -> ImageHeader:
    """What a file says of its picture, without decoding it; ``.size`` is (width, height) as :func:`read_image` sees it.

    Raises:
        InputError: it cannot be read, is no image, or one that :func:`read_image` refuses by its header.
    """
    if require_file(path) == 0:
        return image_header(b"", path)
    try:
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
            return image_header(content, path)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read: {getattr(error, 'strerror', None) or error}", path=path) from error


def image_header(content: Content, place: str | Path) -> ImageHeader:
    """The header of an image file's content, once it is sure that the picture may be decoded.

    Raises:
        InputError: that names ``place``: no image, more pixels than the limit, or several pictures in one file.
    """
    if not len(content):
        raise InputError("is not an image: the file is empty", path=place, hint="copy the file again")
    try:
        header = parse_header(content)
    except ValueError as error:
        hint = "run `git lfs pull`" if content[: len(_LFS)] == _LFS else "copy the file again"
        raise InputError(f"is not an image that can be decoded: {error}", path=place, hint=hint) from error
    refuse_many_pixels(header.width, header.height, place)
    if header.pictures > 1:
        raise InputError(f"holds several pictures ({header.kind})", path=place, hint="one picture a frame: unpack it")
    return header


def decode_image(content: bytes, place: str | Path) -> Image:
    """Decode the bytes of an image file as uint8 RGB (H, W, 3).

    Grey becomes three equal channels, transparency is dropped, palettes and CMYK are converted as cv2 does. Exif's
    orientation is applied, as ``cv2.imread`` does. Values of more than 8 bits, and those of a PGM or PPM file that
    states its largest value, are scaled: ``round(value * 255 / largest)``, where ``largest`` is what the file's type
    can hold (65535) or states, so that all frames of a sequence are scaled alike.

    Raises:
        InputError: that names ``place``.
    """
    import cv2  # 0.1 s: only those who look at images pay for it

    header = image_header(content, place)
    deep = header.maximum > 255
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION | (cv2.IMREAD_ANYDEPTH if deep else 0)
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    except (cv2.error, MemoryError):  # more pixels than cv2 agrees to decode
        image = None
    if image is None or image.dtype != (np.uint16 if deep else np.uint8):
        raise InputError("is not an image that can be decoded", path=place, hint="is it cut off? copy the file again")
    if header.maximum != 255:
        image = _scale(header.maximum)[image]
    # By our own reading of the header, so that frames are as large as headers say; cv2 turns TIFF in any case.
    rgb = np.asarray(image, dtype=np.uint8)
    return rgb if header.kind == "TIFF" else turned(rgb, header.orientation)


def turned(image: Image, orientation: int) -> Image:
    """A stored picture (H, W, 3) as it is to be seen, by Exif's orientation 1 to 8."""
    if orientation == 1:
        return image
    if orientation >= 5:  # the first row is a side of the picture
        image = image.transpose(1, 0, 2)
    upside_down, mirrored = orientation in (3, 4, 7, 8), orientation in (2, 3, 6, 7)
    return np.ascontiguousarray(image[:: -1 if upside_down else 1, :: -1 if mirrored else 1])


def _scale(maximum: int) -> NDArray[np.uint8]:
    """(65536,) the 8-bit value of every value of a picture whose largest is ``maximum``."""
    values = np.minimum(np.arange(1 << 16), maximum)
    return np.rint(values * 255 / maximum).astype(np.uint8)
