"""What a tracker is to this package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from evalkit.types import Box, Image

LONGER = "a longer --timeout waits on"
UNTRAINED = "untrained"
"""In a tracker's ``note``: its network has the weights that it was made with."""
RANDOM_WEIGHTS = "random weights"
"""In a tracker's ``note``: nobody ever trained it here, and its boxes are not worth comparing."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """One frame's answer.

    Attributes:
        box: (4,) float64 ``x, y, w, h``, 0-based, never rounded.
        score: the tracker's own confidence; 0 when it reports the target lost and knows no degrees of it.
        visible: whether the tracker says that the target is there; None where it does not say. The box of a target
            that is said to be gone is where it was last, or where it is looked for.
    """

    box: Box
    score: float
    visible: bool | None = None


@runtime_checkable
class Tracker(Protocol):
    """A single-object tracker: told the target once, then asked for it frame by frame.

    A tracker may also have a method ``describe() -> Mapping[str, str]``: facts for the run manifest, such as
    ``weights`` (path), ``weights_sha256``, ``backend``, ``device``, ``note`` (for instance ``untrained``).
    """

    def init(self, image: Image, box: Box) -> None:
        """Take the target from the first frame: ``image`` is uint8 RGB, ``box`` float64 xywh, 0-based."""

    def update(self, image: Image) -> Prediction:
        """Find the target in the next frame."""


def facts_of(tracker: object) -> dict[str, str]:
    """What a tracker says of itself by ``describe``; nothing where it has no such method."""
    describe: Callable[[], Mapping[str, object]] | None = getattr(tracker, "describe", None)
    return {str(key): str(value) for key, value in describe().items()} if describe else {}


def wait_at_most(tracker: object, seconds: float | None) -> None:
    """Let a tracker that is a program of its own end with InputError where it does not answer in time.

    Such trackers have a method ``wait_at_most(seconds)``; other ones are left as they are, since nothing but the end of
    the process stops a call in it.

    Args:
        seconds: that an answer may take, the first with the program's start; None, as they are made, waits for ever.
    """
    limit: Callable[[float | None], None] | None = getattr(tracker, "wait_at_most", None)
    if limit is not None:
        limit(seconds)


def remark(tracker: str, note: str) -> str:
    """A tracker's note as a line of its own, before anything is run with it.

    >>> remark("stdtrack:nano", "bf16")
    'stdtrack:nano: bf16'
    """
    more = ": its boxes and scores mean nothing; give it weights (?weights=FILE)" if UNTRAINED in note else ""
    return f"{tracker}: {note}{more}"
