"""A few frames of a clip side by side, as a PNG for papers."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from evalkit.errors import InputError
from evalkit.types import Image
from stdtrack.images import narrowed

FRAMES = 6
WIDEST = 480
"""Pixels of one frame."""
_GAP = 6


class StripWriter:
    """Six frames, evenly spaced from the first to the last, however many come; at most 24 small ones are kept.

    Args:
        path: the PNG.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: list[tuple[int, Image]] = []
        self._every = 1
        self._last: tuple[int, Image] | None = None
        self._count = 0

    def add(self, image: Image, seconds: float) -> None:
        """Keep the frame if its turn has come; where many are kept, every other one is dropped."""
        self._last = (self._count, image)
        if self._count % self._every == 0:
            self._kept.append((self._count, narrowed(image, WIDEST).copy()))
            if len(self._kept) > 4 * FRAMES:
                self._kept = self._kept[::2]
                self._every *= 2
        self._count += 1

    def close(self) -> None:
        """Choose and write."""
        if self._last is None:
            return
        last, image = self._last
        kept = [*self._kept, (last, narrowed(image, WIDEST).copy())] if self._kept[-1][0] != last else self._kept
        wanted = np.linspace(0, last, FRAMES)
        numbers = np.array([number for number, _ in kept])
        chosen = dict.fromkeys(int(np.abs(numbers - at).argmin()) for at in wanted)
        frames = [kept[place][1] for place in chosen]
        gap = np.full((frames[0].shape[0], _GAP, 3), 255, np.uint8)
        strip = np.concatenate([part for frame in frames for part in (gap, frame)][1:], axis=1)
        done, content = cv2.imencode(".png", cv2.cvtColor(strip, cv2.COLOR_RGB2BGR))
        if not done:
            raise InputError("cannot be written as a PNG", path=self._path)
        self._path.write_bytes(content.tobytes())

    def remarks(self) -> tuple[str, ...]:
        """How many frames there are in it."""
        return (f"{min(FRAMES, self._count)} side by side",)
