"""Frames of sequences as small JPEG images, for the report's page."""

from __future__ import annotations

from collections.abc import Sequence as Many
from typing import TYPE_CHECKING

from evalkit.errors import InputError

if TYPE_CHECKING:
    from evalkit.scoring.evaluate import Told
    from evalkit.sequences.sequence import Sequence
    from evalkit.types import Image
    from reports.inputs import StripFrame

WIDTH = 320
QUALITY = 72
MOST_FRAMES, LEAST_FRAMES = 40, 3
# A frame of this width and quality takes about 12 kB, 16 kB in the page: this many keep the page below 15 MB.
BUDGET = 640


def strips(
    sequences: Many[Sequence], benchmark: str, total: int, told: Told
) -> dict[tuple[str, str], tuple[StripFrame, ...]]:
    """Evenly spaced frames of each sequence that has images.

    Args:
        total: sequences in the whole page, among which the budget of frames is shared.

    Returns:
        Frames by (benchmark, sequence). A sequence whose images cannot be read is left out, which is noted.
    """
    count = max(LEAST_FRAMES, min(MOST_FRAMES, BUDGET // max(1, total)))
    found = {}
    for sequence in sequences:
        if sequence.frames is None:
            continue
        try:
            found[benchmark, sequence.name] = strip(sequence, count)
        except InputError as error:
            told.add(f"no frames of {benchmark}/{sequence.name}", (str(error),))
    return found


def examples(clips: Many[tuple[str, str, Sequence]], told: Told) -> dict[tuple[str, str], StripFrame]:
    """The middle frame of each clip, by (benchmark, variation).

    Args:
        clips: (benchmark, variation, clip); one whose images cannot be read is left out, which is noted.
    """
    from reports.inputs import StripFrame

    found = {}
    for benchmark, variation, sequence in clips:
        if sequence.frames is None:
            continue
        try:
            image = sequence.frames.read(len(sequence) // 2)
        except InputError as error:
            told.add(f"no frame of {benchmark}+{variation}", (str(error),))
            continue
        found[benchmark, variation] = StripFrame(len(sequence) // 2, image.shape[1], image.shape[0], encode(image))
    return found


def strip(sequence: Sequence, count: int) -> tuple[StripFrame, ...]:
    """``count`` frames of a sequence, the first and the last among them."""
    import numpy as np

    from reports.inputs import StripFrame

    if sequence.frames is None:
        return ()
    wanted = np.unique(np.linspace(0, len(sequence) - 1, min(count, len(sequence))).round().astype(int))
    found = []
    for index in wanted.tolist():
        image = sequence.frames.read(index)
        found.append(StripFrame(index, image.shape[1], image.shape[0], encode(image)))
    return tuple(found)


def encode(image: Image) -> bytes:
    """(H, W, 3) RGB as JPEG, at most :data:`WIDTH` pixels wide."""
    import cv2

    from stdtrack.images import narrowed

    small = cv2.cvtColor(narrowed(image, WIDTH), cv2.COLOR_RGB2BGR)
    done, content = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise InputError("the image could not be encoded as JPEG")
    return content.tobytes()
