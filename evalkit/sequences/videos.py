"""Video files, opened with care: what is no video by its first bytes never reaches the decoder.

FFmpeg takes playlists and descriptions of streams for videos as well, which name other files and hosts.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import InputError
from evalkit.reading.text import regular_size
from evalkit.sequences.image_limits import refuse_many_pixels
from evalkit.types import Image

if TYPE_CHECKING:
    import cv2

_MOST_FRAMES = 1 << 31
_SIGNATURES = re.compile(
    rb"....(ftyp|moov|mdat|wide|free|skip|pnot|styp)"  # MP4, QuickTime
    rb"|RIFF....AVI|\x1aE\xdf\xa3|OggS|FLV\x01|0&\xb2u|\x06\x0e\x2b\x34"  # AVI, Matroska and WebM, Ogg, Flash, ASF, MXF
    rb"|G.{187}G|.{4}G.{191}G|\0\0\x01[\xb3\xba]|\0?\0\0\x01[\x09\x27\x40\x42\x46\x67]"  # MPEG streams, H.264, H.265
    rb"|GIF8[79]a|YUV4MPEG2|DKIF",
    re.DOTALL,
)


def open_capture(path: Path) -> cv2.VideoCapture:
    """Open a video file; raises InputError if it is none, or its frames have more pixels than the limit."""
    import cv2

    try:
        regular_size(path)
        with path.open("rb") as file:
            start = file.read(256)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", path=path) from error
    capture = cv2.VideoCapture()
    name: Any = os.fsencode(path)  # as text, a name that is no UTF-8 crashes cv2
    if not (_SIGNATURES.match(start) and capture.open(name, cv2.CAP_FFMPEG)):
        what = "is no video that can be read" if start else "is no video: the file is empty"
        raise InputError(what, path=path, hint="MP4, AVI, MKV, MOV or WebM, not cut off")
    width, height = (capture.get(side) for side in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
    refuse_many_pixels(width, height, path)
    return capture


def next_frame(capture: cv2.VideoCapture) -> Image | None:
    """The next frame as uint8 RGB (H, W, 3), turned as the video says; None where there is no further one."""
    import cv2

    try:
        done, image = capture.read()
    except cv2.error:  # no memory for it
        return None
    if not done:
        return None
    rgb: Image = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)
    return rgb


def stated_frames(capture: cv2.VideoCapture) -> int:
    """How many frames the header says there are, 0 if it says nothing sensible; the header may be wrong."""
    import cv2

    count = capture.get(cv2.CAP_PROP_FRAME_COUNT)
    return int(count) if 0 < count < _MOST_FRAMES else 0


def count_video_frames(path: Path) -> int:
    """How many frames can be decoded; takes as long as decoding them."""
    capture = open_capture(path)
    count = 0
    while capture.grab():
        count += 1
    return count
