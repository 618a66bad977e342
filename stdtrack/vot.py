"""STDTrack for the ``python`` protocol of VOT's toolkit: ``command = stdtrack.vot:Tracker`` in trackers.ini.

The toolkit (0.9.0, ``vot/tracker/python.py``) makes the class in a process of its own and calls ``init(frame, new)``
and ``update(frame, new)`` with plain data: a frame is a file, or a dictionary of images where there are several
channels; ``new`` holds the targets that appear in it, each a region and its properties.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.errors import InputError
from evalkit.running.tracking import step
from evalkit.sequences.frames import read_image
from evalkit.trackers.answers import NonsenseError
from evalkit.trackers.spec import load_tracker
from evalkit.types import Box, Image

CHANNEL = "color"
Status = tuple[tuple[float, ...], dict[str, float]]
"""A rectangle, xywh, and properties: what the toolkit takes for one target."""


class Tracker:
    """Follows any number of targets, one tracker each, in the order in which they appeared.

    Args:
        spec: the tracker; another one is chosen by ``arg_spec`` in trackers.ini.

    Raises:
        RuntimeError: with an InputError's or NonsenseError's message. Of an exception that it does not know, as those,
            the toolkit says nothing but that time ran out.
    """

    multiobject = True

    def __init__(self, spec: str = "stdtrack:nano") -> None:
        self._spec = spec
        with _told():
            self._trackers = [load_tracker(spec)]
        self._followed, self._frame = 0, 0

    def init(self, frame: str | Mapping[str, Image], new: Sequence[tuple[Any, Any]]) -> list[Status]:
        """Forget all targets and take these; a polygon counts as its bounding box."""
        self._followed, self._frame = 0, 0
        return self.update(frame, new)

    def update(self, frame: str | Mapping[str, Image], new: Sequence[tuple[Any, Any]]) -> list[Status]:
        """Every target as a rectangle, its score as the property ``confidence``; those in ``new`` as they are given."""
        with _told():
            image = read_image(Path(frame)) if isinstance(frame, str) else frame[CHANNEL]
            followed = self._trackers[: self._followed]
            predictions = [step(tracker, image, self._frame)[0] for tracker in followed]
            boxes = [bounding_box(region) for region, _ in new]
            for box in boxes:
                self._follow(image, box)
        known = [(_rectangle(answer.box), {"confidence": answer.score}) for answer in predictions]
        self._frame += 1
        return [*known, *((_rectangle(box), {}) for box in boxes)]

    def _follow(self, image: Image, box: Box) -> None:
        if self._followed == len(self._trackers):
            self._trackers.append(load_tracker(self._spec))
        self._trackers[self._followed].init(image, box)
        self._followed += 1


def bounding_box(region: Any) -> Box:
    """(4,) xywh of a region as the toolkit sends it: a rectangle as a tuple, a polygon as a list of points.

    Raises:
        InputError: it is a point or a mask.
    """
    if isinstance(region, tuple) and len(region) == 4:
        return np.array(region, dtype=np.float64)
    if isinstance(region, list) and all(isinstance(point, tuple) for point in region):
        points = np.array(region, dtype=np.float64)
        return np.concatenate([points.min(axis=0), np.ptp(points, axis=0)])
    raise InputError("the target is no rectangle or polygon", hint="with protocol = trax the toolkit makes it one")


def _rectangle(box: Box) -> tuple[float, ...]:
    return tuple(box.tolist())


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (InputError, NonsenseError) as error:
        raise RuntimeError(str(error)) from error
