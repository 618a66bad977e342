"""Videos: H.264 where something here can write it, and in any case a file that browsers play.

PyAV (``pip install 'stdtrack[video]'``) keeps each frame's own time. cv2 writes so many frames a second, so that frames
are repeated or left out where their times vary: the file takes as long as the clip did.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from evalkit.errors import InputError
from evalkit.imports import optional_module
from evalkit.types import Image
from stdtrack.video.outputs import FOLDER, Writer

AV_CODECS: Mapping[str, Mapping[str, str]] = {
    ".mp4": {"libx264": "H.264", "libopenh264": "H.264"},
    ".webm": {"libvpx-vp9": "VP9", "libvpx": "VP8"},
}
"""FFmpeg's encoders by kind of file, the best first, with what browsers call their codec."""
CV2_CODECS: Mapping[str, Mapping[str, str]] = {
    ".mp4": {"avc1": "H.264", "vp09": "VP9"},
    ".webm": {"VP80": "VP8", "VP90": "VP9"},
}
"""The same as cv2 takes them, the quickest first; its usual builds have no encoder of H.264."""
TICKS = 90_000
"""A second in the units of the time stamps that PyAV writes."""
MORE = "pip install 'stdtrack[video]' keeps each at its own time"


def video_writer(partial_path: Path, path: Path, size: tuple[int, int], rate: float) -> Writer:
    """The best writer that is there.

    Args:
        partial_path: where the file is written.
        path: what it becomes, for messages.
        size: (width, height).
        rate: frames a second.

    Raises:
        InputError: none can write such a file there.
    """
    kind = path.suffix.lower()
    openers: list[Callable[[], Writer | None]] = [partial(_with_av, partial_path, kind, size, rate)]
    openers += [partial(_with_cv2, partial_path, code, size, rate, name) for code, name in CV2_CODECS[kind].items()]
    for opener in openers:
        writer = opener()
        if writer is not None:
            return writer
    raise InputError("cannot be written as a video", path=path, hint=FOLDER)


class AvWriter:
    """A video by PyAV, each frame at its own time.

    Args:
        container: an output container of PyAV.
        codec: FFmpeg's name of an encoder.
        shown: what browsers call the codec.
    """

    def __init__(self, container: Any, codec: str, size: tuple[int, int], rate: float, shown: str) -> None:
        self._container, self._shown = container, shown
        self._stream = container.add_stream(codec, rate=Fraction(rate).limit_denominator(1001))
        self._stream.width, self._stream.height = (side + side % 2 for side in size)
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = Fraction(1, TICKS)
        if codec == "libx264":
            self._stream.options = {"crf": "20", "preset": "veryfast"}
        self._last = -1

    def add(self, image: Image, seconds: float) -> None:
        """Encode a frame; an odd side gets one more row or column, the last one again."""
        from av import VideoFrame

        height, width = image.shape[:2]
        even = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        frame = VideoFrame.from_ndarray(even, format="rgb24")
        self._last = max(self._last + 1, round(seconds * TICKS))
        frame.pts, frame.time_base = self._last, Fraction(1, TICKS)
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Write what the encoder still holds."""
        self._container.mux(self._stream.encode(None))
        self._container.close()

    def remarks(self) -> tuple[str, ...]:
        """The codec."""
        return (self._shown,)


class Cv2Writer:
    """A video by cv2 of a constant number of frames a second.

    Args:
        writer: opened.
        shown: what browsers call the codec.
    """

    def __init__(self, writer: cv2.VideoWriter, rate: float, shown: str) -> None:
        self._writer, self._rate, self._shown = writer, rate, shown
        self._written = 0
        self._repeated = self._left_out = 0
        self._before: Image | None = None

    def add(self, image: Image, seconds: float) -> None:
        """Write the frame at the time nearest to its own; until then, the one before is repeated."""
        place = round(seconds * self._rate)
        while self._before is not None and self._written < place:
            self._put(self._before)
            self._repeated += 1
        if self._written > place:
            self._left_out += 1
            return
        self._before = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2BGR), dtype=np.uint8)
        self._put(self._before)

    def _put(self, image: Image) -> None:
        self._writer.write(image)
        self._written += 1

    def close(self) -> None:
        """Complete the file."""
        self._writer.release()

    def remarks(self) -> tuple[str, ...]:
        """The codec, and what became of frames whose times vary."""
        if not (self._repeated or self._left_out):
            return (self._shown,)
        changed = f"{self._repeated} frames repeated and {self._left_out} left out, as their times vary ({MORE})"
        return self._shown, f"at {self._rate:g} frames a second, {changed}"


def _with_av(path: Path, kind: str, size: tuple[int, int], rate: float) -> Writer | None:
    """A writer of PyAV; None where it is not installed, or has no encoder for this kind of file."""
    try:
        av = optional_module("av")
    except ImportError:
        return None
    codec = next((name for name in AV_CODECS[kind] if name in av.codec.codecs_available), None)
    if codec is None:
        return None
    options = {"movflags": "+faststart"} if kind == ".mp4" else {}
    return AvWriter(av.open(os.fspath(path), "w", options=options), codec, size, rate, AV_CODECS[kind][codec])


@contextmanager
def _stderr_closed() -> Iterator[None]:
    """Let what is printed by C code go nowhere: cv2 tells of tags that it replaces, whatever its log level."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _with_cv2(path: Path, code: str, size: tuple[int, int], rate: float, shown: str) -> Writer | None:
    """A writer of cv2; None where its build has no such encoder."""
    name: Any = os.fsencode(path)  # as text, a name that is no UTF-8 crashes cv2
    with _stderr_closed():
        writer = cv2.VideoWriter(name, cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*code), rate, size)
    return Cv2Writer(writer, rate, shown) if writer.isOpened() else None
