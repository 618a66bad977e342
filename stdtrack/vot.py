"""STDTrack for the ``python`` protocol of VOT's toolkit: ``command = stdtrack.vot:Tracker`` in trackers.ini.

The toolkit starts the class in a process of its own and calls ``init(frame, new)`` and ``update(frame)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evalkit.trackers.spec import load_tracker
from evalkit.types import Box


class Tracker:
    """Follows one target, given and reported as the toolkit's ``ObjectStatus(region, properties)``.

    Args:
        spec: the tracker; another one is chosen by ``arguments`` in trackers.ini.
    """

    multiobject = False

    def __init__(self, spec: str = "stdtrack:nano") -> None:
        self._tracker = load_tracker(spec)
        self._status: type[Any] = tuple

    def init(self, frame: Any, new: Sequence[Any]) -> list[Any]:
        """Take the target from the frame; whatever kind its region is, its bounding box counts."""
        (given,) = new
        self._status = type(given)
        self._tracker.init(frame.image(), bounding_box(given.region))
        return [given]

    def update(self, frame: Any) -> list[Any]:
        """The target as a rectangle; the score is the property ``confidence``."""
        from vot.region import Rectangle  # the toolkit is there when it calls

        prediction = self._tracker.update(frame.image())
        rectangle = Rectangle(*prediction.box.tolist())
        return [self._status(rectangle, {"confidence": float(prediction.score)})]


def bounding_box(region: Any) -> Box:
    """(4,) xywh of one of the toolkit's regions."""
    from vot.region import RegionType

    rectangle = region.convert(RegionType.RECTANGLE)
    return np.array([rectangle.x, rectangle.y, rectangle.width, rectangle.height], dtype=np.float64)
