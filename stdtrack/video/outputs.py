"""Files that pictures are written to, by what their names end in: a video, a GIF or a strip of frames."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Protocol

import cv2
import numpy as np

from evalkit.errors import InputError
from evalkit.files import partial_folder
from evalkit.suggestions import suggestion
from evalkit.types import Image

FOLDER = "name a file in a folder that exists"


class Writer(Protocol):
    """Writes one file, frame by frame, all of one size."""

    def add(self, image: Image, seconds: float) -> None:
        """Write a frame that is shown from ``seconds`` after the first on; InputError where that cannot be done."""

    def close(self) -> None:
        """Complete the file."""

    def remarks(self) -> tuple[str, ...]:
        """What the file is, and what of the frames it could not keep."""


class Output:
    """A file being written: it takes its name when it is complete, and nothing is left of it otherwise.

    Args:
        path: what its name ends in says what it becomes, see :data:`KINDS`.
        rate: frames a second of the source, for files that cannot keep each frame's own time.
    """

    def __init__(self, path: Path, rate: float) -> None:
        self.path = path
        self._rate = rate
        self._beside = ExitStack()
        self._partial = path
        self._writer: Writer | None = None
        self._size = (0, 0)

    def __enter__(self) -> Output:
        try:
            self._partial = self._beside.enter_context(partial_folder(self.path)) / self.path.name
        except OSError as error:
            raise InputError(f"cannot be written: {error.strerror}", path=self.path, hint=FOLDER) from error
        return self

    def add(self, image: Image, seconds: float) -> None:
        """Write a frame, (H, W, 3) uint8 RGB, scaled to the first one's size; InputError where that cannot be done."""
        if self._writer is None:
            self._size = (image.shape[1], image.shape[0])
            self._writer = _writer(self._partial, self.path, self._size, self._rate)
        if (image.shape[1], image.shape[0]) != self._size:
            image = np.asarray(cv2.resize(image, self._size), dtype=np.uint8)
        self._writer.add(image, seconds)

    def remarks(self) -> tuple[str, ...]:
        """What the file is, and what of the frames it could not keep."""
        return () if self._writer is None else self._writer.remarks()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._beside:
            if self._writer is not None:
                self._writer.close()
            if kind is None and self._partial.exists():
                os.replace(self._partial, self.path)


def check_output(path: Path) -> None:
    """Raise InputError where such a file cannot be written, before anything is tracked."""
    if path.suffix.lower() not in KINDS:
        hint = suggestion(path.suffix.lower(), KINDS, "its name ends in one of")
        raise InputError("is no kind of file that pictures are written to", path=path, hint=hint)
    if not path.parent.is_dir():
        raise InputError("no such folder", path=path.parent)
    if path.is_dir():
        raise InputError("is a folder", path=path, hint="name another --out")


KINDS = (".mp4", ".webm", ".gif", ".png")
"""Videos, an animation of at most a minute for slides, a strip of a few frames."""


def _writer(partial: Path, path: Path, size: tuple[int, int], rate: float) -> Writer:
    kind = path.suffix.lower()
    if kind == ".gif":
        from stdtrack.video.gif import GifWriter

        return GifWriter(partial)
    if kind == ".png":
        from stdtrack.video.strip import StripWriter

        return StripWriter(partial)
    from stdtrack.video.encoders import video_writer

    return video_writer(partial, path, size, rate)
