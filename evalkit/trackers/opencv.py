"""OpenCV's own trackers: CSRT, KCF, MIL, and MOSSE and MedianFlow of ``cv2.legacy``.

They take BGR images and integer boxes. Where one reports a failure, the last box is kept with score 0; they know no
other confidence, so a success has score 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import cv2
import numpy as np

from evalkit.errors import InputError
from evalkit.suggestions import suggestion
from evalkit.trackers.base import Prediction
from evalkit.trackers.options import check_names
from evalkit.types import Box, Image

SMALLEST = 5
"""Pixels; MIL searches for ever for features in anything smaller, and CSRT and MOSSE abort on a single pixel."""


class _Native(Protocol):
    """What cv2 and cv2.legacy trackers have in common."""

    def init(self, image: Image, box: tuple[int, int, int, int]) -> Any: ...

    def update(self, image: Image) -> tuple[bool, tuple[float, float, float, float]]: ...


def _factory(module: Any, algorithm: str) -> Callable[[], _Native]:
    create: Callable[[], _Native] = getattr(module, f"Tracker{algorithm}_create")  # cv2's type stubs lack these
    return create


FACTORIES: Mapping[str, Callable[[], _Native]] = {
    "csrt": _factory(cv2, "CSRT"),
    "kcf": _factory(cv2, "KCF"),
    "mil": _factory(cv2, "MIL"),
    "mosse": _factory(cv2.legacy, "MOSSE"),
    "medianflow": _factory(cv2.legacy, "MedianFlow"),
}
NAMES = tuple(FACTORIES)


class OpenCVTracker:
    """A cv2 tracker behind the :class:`~evalkit.trackers.base.Tracker` protocol."""

    def __init__(self, name: str, factory: Callable[[], _Native]) -> None:
        self._name, self._factory = name, factory
        self._native: _Native | None = None
        self._last: Box = np.zeros(4)

    def init(self, image: Image, box: Box) -> None:
        """Start a new cv2 tracker on the box, rounded to whole pixels as cv2 demands."""
        self._native = self._factory()
        self._native.init(_bgr(image), whole_pixels(box, image.shape[1], image.shape[0]))
        self._last = np.array(box, dtype=np.float64)

    def update(self, image: Image) -> Prediction:
        """One step; after a failure the last box, with score 0, not visible."""
        if self._native is None:
            raise RuntimeError("update() before init()")
        found, box = self._native.update(_bgr(image))
        if found:
            self._last = np.array(box, dtype=np.float64)
        return Prediction(self._last.copy(), float(found), bool(found))

    def describe(self) -> Mapping[str, str]:
        """Facts for the run manifest."""
        return {"backend": f"OpenCV {cv2.__version__}", "device": "cpu", "algorithm": self._name}


def _bgr(image: Image) -> Image:
    swapped: Image = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2BGR), dtype=np.uint8)
    return swapped


def whole_pixels(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """Round a box's edges to pixels inside the image, at least :data:`SMALLEST` pixels wide and high.

    The edges are rounded, not the size, so the box moves by half a pixel at most; cv2 aborts on boxes that leave
    the image.

    >>> whole_pixels(np.array([-3.2, 10.6, 20.0, 8.2]), 100, 50)
    (0, 11, 17, 8)
    """
    left, right = _span(box[0], box[0] + box[2], width)
    top, bottom = _span(box[1], box[1] + box[3], height)
    return left, top, right - left, bottom - top


def _span(start: float, end: float, limit: int) -> tuple[int, int]:
    first, last = max(round(start), 0), min(round(end), limit)
    lack = max(SMALLEST - (last - first), 0)
    first = min(max(first - lack // 2, 0), limit - SMALLEST)
    return first, max(last, first + SMALLEST)


def create(name: str, options: Mapping[str, str]) -> OpenCVTracker:
    """Entry point of the prefix ``opencv``; there are no options.

    Raises:
        InputError: no such tracker, or an option was given.
    """
    if name not in FACTORIES:
        raise InputError(f"OpenCV has no tracker '{name}'", hint=suggestion(name, FACTORIES))
    check_names(f"opencv:{name}", options, ())
    return OpenCVTracker(name, FACTORIES[name])
