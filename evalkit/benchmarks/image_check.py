"""What a look at a few images of a sequence tells, beside whether it can be run at all."""

from __future__ import annotations

import numpy as np

from evalkit.benchmarks.layout import rivals
from evalkit.sequences.frames import ImageFolder
from evalkit.sequences.image_headers import ImageHeader
from evalkit.sequences.packed import ArchiveFrames, VideoFrames
from evalkit.sequences.sequence import Sequence
from evalkit.types import Boxes

SAMPLED = 16
"""Headers that are read of a sequence, evenly spread."""
_INSIDE = 2.0
"""Pixels by which a box may reach over the border before it counts as outside."""


def remarks_on(sequence: Sequence) -> list[str]:
    """What is unusual about a sequence's images and first box; decodes the first image.

    Raises:
        InputError: one of the images that are looked at is none, or cannot be decoded.
    """
    frames = sequence.frames
    if frames is None:
        return []
    image = frames.read(0)
    size = (image.shape[1], image.shape[0])
    remarks = _on_boxes(sequence, size)
    if isinstance(frames, ImageFolder | ArchiveFrames | VideoFrames):
        remarks += _others(frames)
    if isinstance(frames, ImageFolder | ArchiveFrames):
        count = len(frames)
        indices = np.unique(np.linspace(0, count - 1, min(count, SAMPLED)).astype(int)).tolist()
        headers = [frames.header(index) for index in indices]
        remarks += _on_headers(headers)
        if headers[0].maximum > 255 and image.max() < 32:
            remarks.append("the first image is dark after scaling: no value is above an eighth of the range")
    if sequence.size not in (None, size):
        remarks.append("the first image has another size than the annotation states")
    return remarks


def _on_headers(headers: list[ImageHeader]) -> list[str]:
    deep = any(header.maximum > 255 for header in headers)
    turned = any(header.orientation != 1 for header in headers)
    sizes = {header.size for header in headers}
    remarks = ["images of more than 8 bits a channel, scaled to 8 by the range of their type"] if deep else []
    remarks += ["images with an Exif orientation, which is applied"] if turned else []
    remarks += ["images of several sizes"] if len(sizes) > 1 else []
    return remarks


def _others(frames: ImageFolder | ArchiveFrames | VideoFrames) -> list[str]:
    place = frames.folder if isinstance(frames, ImageFolder) else frames.path
    others = rivals(place)
    return [f"images in {', '.join(others)} as well: {place.name} is taken"] if others else []


def _on_boxes(sequence: Sequence, size: tuple[int, int]) -> list[str]:
    if looks_like_corners(sequence.native, size):
        return ["the ground truth looks like x1, y1, x2, y2 (it is read as x, y, w, h)"]
    x, y, w, h = sequence.initial_box.tolist()
    inside = max(0.0, min(x + w, size[0]) - max(x, 0.0)) * max(0.0, min(y + h, size[1]) - max(y, 0.0))
    return ["less than half of the first box is inside of the image"] if w * h > 2 * inside > 0 else []


def looks_like_corners(boxes: Boxes, size: tuple[int, int]) -> bool:
    """Whether rows that should be x, y, w, h are corners x1, y1, x2, y2, as far as that can be told.

    Every row must be a box inside of the image when read as corners, and either most rows reach out of the image when
    read as x, y, w, h, or the third and fourth value follow the first and second, as they do for a target that moves
    and keeps its size.

    Args:
        boxes: (N, 4); rows of NaN and of zeros are left out.
        size: (width, height) of the image.

    >>> looks_like_corners(np.array([[60.0, 50, 80, 90], [65, 50, 85, 90]]), (100, 100))
    True
    >>> looks_like_corners(np.array([[60.0, 50, 20, 40], [65, 50, 20, 40]]), (100, 100))
    False
    """
    rows = boxes[np.isfinite(boxes).all(axis=1) & (boxes != 0).any(axis=1)]
    low, high = rows[:, :2], rows[:, 2:]
    if not len(rows) or (high <= low).any() or (high > np.array(size) + _INSIDE).any():
        return False
    outside = (low + high > np.array(size) + _INSIDE).any(axis=1).mean()
    moves, keeps = high.std(axis=0), (high - low).std(axis=0)
    follows = (moves > 5 * keeps) & (moves > 0.05 * np.array(size))
    return bool(outside > 0.5 or (len(rows) >= 10 and follows.any()))
