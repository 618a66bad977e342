"""Trackers written for other toolkits, taken as they are; what they are is told by their methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from evalkit.errors import InputError
from evalkit.trackers.base import Prediction, Tracker
from evalkit.types import Box, Image


class Got10kStyle:
    """A tracker of got10k's toolkit: ``init(image, box)`` and ``update(image) -> box``, on PIL images, xywh."""

    def __init__(self, tracker: Any) -> None:
        self.tracker = tracker

    def init(self, image: Image, box: Box) -> None:
        """Hand over the target."""
        self.tracker.init(_pil(image), box.copy())

    def update(self, image: Image) -> Prediction:
        """One step; such trackers report no confidence, so the score is 1."""
        return Prediction(np.array(self.tracker.update(_pil(image)), dtype=np.float64), 1.0)

    def describe(self) -> Mapping[str, str]:
        """What the tracker says of itself, and how it is called."""
        return _facts(self.tracker, "got10k")


class PytrackingStyle:
    """A tracker of pytracking or OSTrack: ``initialize(image, {"init_bbox": box})`` and ``track(image) -> dict``."""

    def __init__(self, tracker: Any) -> None:
        self.tracker = tracker

    def init(self, image: Image, box: Box) -> None:
        """Hand over the target."""
        self.tracker.initialize(image, {"init_bbox": box.tolist()})

    def update(self, image: Image) -> Prediction:
        """One step; the score is ``object_presence_score`` where the tracker gives one, else 1."""
        answer = self.tracker.track(image)
        return Prediction(
            np.array(answer["target_bbox"], dtype=np.float64), float(answer.get("object_presence_score", 1.0))
        )

    def describe(self) -> Mapping[str, str]:
        """What the tracker says of itself, and how it is called."""
        return _facts(self.tracker, "pytracking")


def adapt(make: Callable[[], object], name: str) -> Tracker:
    """The tracker that ``make`` builds, behind our protocol.

    Taken as they are: our own, got10k's (known by ``is_deterministic``, which its base class sets, as its methods have
    the names of ours), pytracking's and OSTrack's, and those of cv2, which are built anew for every sequence. Anything
    else is returned unchanged: a profiler also takes networks that are no trackers.
    """
    tracker: Any = make()
    if isinstance(tracker, type):
        raise InputError(f"'{name}' returned the class {tracker.__name__}, no tracker", hint="return an instance")
    if type(tracker).__module__.partition(".")[0] == "cv2":
        from evalkit.trackers.opencv import OpenCVTracker

        factory: Any = make
        return OpenCVTracker(name, factory)
    if _has(tracker, "initialize", "track"):
        return PytrackingStyle(tracker)
    if _has(tracker, "init", "update") and hasattr(tracker, "is_deterministic"):
        return Got10kStyle(tracker)
    native: Tracker = tracker
    return native


def _has(tracker: object, *methods: str) -> bool:
    return all(callable(getattr(tracker, method, None)) for method in methods)


def _facts(tracker: object, style: str) -> Mapping[str, str]:
    describe: Callable[[], Mapping[str, str]] | None = getattr(tracker, "describe", None)
    return {"interface": style, **(describe() if describe else {})}


def _pil(image: Image) -> Any:
    from PIL.Image import fromarray

    return fromarray(image)
