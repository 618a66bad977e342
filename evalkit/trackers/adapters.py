"""Trackers written for other toolkits, taken as they are; what they are is told by their methods."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from evalkit.errors import InputError
from evalkit.trackers.answers import read_answer, read_mapping
from evalkit.trackers.base import Prediction, Tracker, facts_of
from evalkit.types import Box, Image

STYLES = {
    "ours": "init(image, box), update(image)",
    "got10k": "the same with is_deterministic",
    "pytracking": "initialize(image, info), track(image)",
    "pysot": "init(image, box), track(image)",
}
"""How the methods of each style are called."""
_METHODS = ("init", "initialize", "update", "track")


class Got10kStyle:
    """A tracker of got10k's toolkit: ``init(image, box)`` and ``update(image) -> box``, on PIL images, xywh."""

    WANTED: ClassVar[str] = "a tracker of got10k's kind answers a plain box x, y, w, h"

    def __init__(self, tracker: Any) -> None:
        self.tracker = tracker

    def init(self, image: Image, box: Box) -> None:
        """Hand over the target."""
        self.tracker.init(_pil(image), box.copy())

    def update(self, image: Image) -> Prediction:
        """One step; such trackers report no confidence, so the score is 1. Raises NonsenseError."""
        return read_answer(self.tracker.update(_pil(image)), self.WANTED)

    def describe(self) -> Mapping[str, str]:
        """What the tracker says of itself, and how it is called."""
        return _facts(self.tracker, "got10k")


class PytrackingStyle:
    """A tracker of pytracking or OSTrack: ``initialize(image, {"init_bbox": box})`` and ``track(image) -> dict``.

    Where ``track`` takes an ``info`` too, it holds ``previous_output``: the last answer, in the first frame that of
    ``initialize``.
    """

    SCORES: ClassVar[tuple[str, ...]] = ("object_presence_score", "best_score", "conf_score")
    WANTED: ClassVar[str] = "a tracker of pytracking's kind answers {'target_bbox': [x, y, w, h]} or a plain box"

    def __init__(self, tracker: Any) -> None:
        self.tracker = tracker
        self._takes_info = takes_info(tracker.track)
        self._previous: Mapping[str, Any] = {}

    def init(self, image: Image, box: Box) -> None:
        """Hand over the target."""
        self._keep(self.tracker.initialize(image, {"init_bbox": box.tolist()}))

    def update(self, image: Image) -> Prediction:
        """One step; the score is that of the first of :attr:`SCORES` that the tracker gives, else 1.

        Raises:
            NonsenseError: the answer has no box.
        """
        more = ({"previous_output": self._previous},) if self._takes_info else ()
        answer = self.tracker.track(image, *more)
        self._keep(answer)
        return read_mapping(answer, "target_bbox", self.SCORES, self.WANTED)

    def _keep(self, answer: Any) -> None:
        self._previous = dict(answer) if isinstance(answer, Mapping) else {}

    def describe(self) -> Mapping[str, str]:
        """What the tracker says of itself, and how it is called."""
        return _facts(self.tracker, "pytracking")


class PysotStyle:
    """A tracker of pysot and its descendants: ``init(image, box)`` and ``track(image) -> dict``, on BGR images."""

    SCORES: ClassVar[tuple[str, ...]] = ("best_score", "conf_score")
    WANTED: ClassVar[str] = "a tracker of pysot's kind answers {'bbox': [x, y, w, h]} or a plain box"

    def __init__(self, tracker: Any) -> None:
        self.tracker = tracker

    def init(self, image: Image, box: Box) -> None:
        """Hand over the target."""
        self.tracker.init(_bgr(image), box.tolist())

    def update(self, image: Image) -> Prediction:
        """One step; the score is ``best_score`` or ``conf_score``, else 1. Raises NonsenseError without a box."""
        return read_mapping(self.tracker.track(_bgr(image)), "bbox", self.SCORES, self.WANTED)

    def describe(self) -> Mapping[str, str]:
        """What the tracker says of itself, and how it is called."""
        return _facts(self.tracker, "pysot")


def adapt(make: Callable[[], object], name: str) -> object:
    """What ``make`` builds, behind our protocol if it is a tracker of a known style.

    Taken as they are: our own, got10k's (known by ``is_deterministic``, which its base class sets, as its methods have
    the names of ours), pytracking's and OSTrack's, pysot's, and those of cv2, which are built anew for every sequence.
    Anything else is returned unchanged, see :func:`require_tracker`: a profiler also takes networks that are no
    trackers.
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
    if _has(tracker, "init", "update"):
        return Got10kStyle(tracker) if hasattr(tracker, "is_deterministic") else tracker
    return PysotStyle(tracker) if _takes(tracker, init=2, track=1) else tracker


def require_tracker(tracker: object, name: str) -> Tracker:
    """The tracker; raises InputError, which lists the styles that are known, if it is none of any."""
    if isinstance(tracker, Tracker) and _takes(tracker, init=2, update=1):
        return tracker
    public = [method for method in dir(tracker) if not method.startswith("_") and _has(tracker, method)]
    shown = ", ".join(_called(tracker, method) for method in public[:8])
    has = f"has the methods {shown}{', ...' * (len(public) > 8)}" if public else "has no methods"
    problem = f"'{name}' made a {type(tracker).__name__}, which is no tracker of a known style: it {has}"
    raise InputError(problem, hint="; ".join(f"{style}: {methods}" for style, methods in STYLES.items()))


def takes_info(track: Callable[..., object]) -> bool:
    """Whether pytracking's ``track`` takes more than the image: an ``info``, or a second argument that it needs."""
    try:
        parameters = list(inspect.signature(track).parameters.values())
    except ValueError:  # written in C
        return False
    second = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)][1:2]
    return any(each.name == "info" or each.default is each.empty for each in second)


def _has(tracker: object, *methods: str) -> bool:
    return all(callable(getattr(tracker, method, None)) for method in methods)


def _takes(tracker: object, **methods: int) -> bool:
    """Whether the tracker has these methods, and each can be called with as many arguments by position."""
    return _has(tracker, *methods) and all(
        signature is None or _fits(signature, count)
        for signature, count in ((_signature(getattr(tracker, name)), count) for name, count in methods.items())
    )


def _fits(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True


def _signature(method: Callable[..., object]) -> inspect.Signature | None:
    """How a method is called; None for what is written in C and does not tell."""
    try:
        return inspect.signature(method)
    except (TypeError, ValueError):
        return None


def _called(tracker: object, method: str) -> str:
    """A method's name, with its arguments where the styles have a method of that name."""
    signature = _signature(getattr(tracker, method)) if method in _METHODS else None
    return method if signature is None else f"{method}({', '.join(signature.parameters)})"


def _facts(tracker: object, style: str) -> Mapping[str, str]:
    return {"interface": style, **facts_of(tracker)}


def _pil(image: Image) -> Any:
    from PIL.Image import fromarray

    return fromarray(image)


def _bgr(image: Image) -> Image:
    return np.ascontiguousarray(image[:, :, ::-1])
