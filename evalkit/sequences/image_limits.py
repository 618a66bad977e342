"""What is too large, or no file at all, to be read as an image or a video."""

from __future__ import annotations

import os
from pathlib import Path

from evalkit.errors import InputError
from evalkit.reading.text import regular_size, size_limit

FILE_VARIABLE, PIXEL_VARIABLE = "STDTRACK_IMAGE_LIMIT", "STDTRACK_PIXEL_LIMIT"
_FILE_LIMIT = 1 << 28
"""Bytes of one image's file, in a folder or unpacked: 256 MiB."""
_PIXEL_LIMIT = 1 << 27
"""Pixels of one image or of a video's frame: 134 million, four times those of an 8K film."""


def refuse_many_pixels(width: float, height: float, place: str | Path) -> None:
    """Raise InputError if a picture has more pixels than STDTRACK_PIXEL_LIMIT, else 134 million."""
    limit = size_limit(PIXEL_VARIABLE, _PIXEL_LIMIT)
    if width * height > limit:
        problem = f"has {width:.0f} x {height:.0f} pixels, more than {limit}"
        raise InputError(problem, path=place, hint=f"{PIXEL_VARIABLE}=NUMBER raises the limit")


def refuse_many_bytes(size: int, place: str | Path) -> None:
    """Raise InputError if an image's file has more bytes than STDTRACK_IMAGE_LIMIT, else 256 MiB."""
    limit = size_limit(FILE_VARIABLE, _FILE_LIMIT)
    if size > limit:
        problem = f"has {size} bytes, more than the {limit} of an image"
        raise InputError(problem, path=place, hint=f"{FILE_VARIABLE}=SIZE raises the limit")


def require_file(path: Path) -> int:
    """Bytes of an image's file.

    Raises:
        InputError: it is a folder, pipe, socket, device or broken link, cannot be read, or is too large.
    """
    try:
        size = regular_size(path)
    except OSError as error:
        problem = "is a link to nothing" if os.path.islink(path) else f"cannot be read: {error.strerror or error}"
        raise InputError(problem, path=path) from error
    if path.is_dir():
        raise InputError("is a folder, not an image", path=path)
    refuse_many_bytes(size, path)
    return size
