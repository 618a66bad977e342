"""Trackers over footage: one frame for all of them, then the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from evalkit.errors import InputError, one_line
from evalkit.running.tracking import step
from evalkit.trackers.answers import NonsenseError, code_of
from evalkit.trackers.base import Prediction, Tracker
from evalkit.types import Box
from stdtrack.images import starting_box
from stdtrack.video.footage import Footage, Frame, open_recorded
from stdtrack.video.live import is_live, open_live

SMOOTHING = 0.9
OURS = ("evalkit", "stdtrack")
"""Packages whose trackers' errors are ours."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a tracker found in a frame.

    Attributes:
        prediction: its box and score.
        rate: updates a second so far, smoothed, of this tracker alone; 0 in the first frame.
    """

    prediction: Prediction
    rate: float


@dataclass(frozen=True, slots=True)
class Followed:
    """One frame, and what each tracker found in it, in the order in which they were given."""

    frame: Frame
    found: Mapping[str, Found]


def open_footage(source: str | Path | int) -> Footage:
    """A video file, a folder or an archive of images, a camera's number, or a stream's URL.

    Raises:
        InputError: there is none, or it is empty.
    """
    text = str(source)
    return open_live(text) if not isinstance(source, Path) and is_live(text) else open_recorded(Path(text))


def follow(trackers: Mapping[str, Tracker], footage: Footage, box: Box) -> Iterator[Followed]:
    """Run trackers by name through footage from a box in its first frame, and hand out frame after frame.

    They take turns in this process: none is slowed down by another, and each one's rate is its own.

    Raises:
        InputError: the box is empty, not finite, or wholly outside the image; a frame cannot be read; or, with the
            tracker's name and the frame's number, an answer is no box, or a tracker that is not ours fails.
    """
    seconds: dict[str, float] = {}
    for index, frame in enumerate(footage):
        if index == 0:
            box = starting_box(box, frame.image)
            for name, tracker in trackers.items():
                with _blaming(name, tracker, index):
                    tracker.init(frame.image, box.copy())
            yield Followed(frame, {name: Found(Prediction(box, 1.0), 0.0) for name in trackers})
            continue
        found = {}
        for name, tracker in trackers.items():
            with _blaming(name, tracker, index):
                prediction, elapsed = step(tracker, frame.image, index)
            before = seconds.get(name, elapsed)
            seconds[name] = SMOOTHING * before + (1.0 - SMOOTHING) * elapsed
            found[name] = Found(prediction, 1.0 / seconds[name])
        yield Followed(frame, found)


@contextmanager
def _blaming(name: str, tracker: Tracker, index: int) -> Iterator[None]:
    """Turn what goes wrong in somebody's tracker into InputError; the errors of our own stay what they are."""
    try:
        yield
    except NonsenseError as error:
        raise InputError(f"{name}: {error}") from error
    except InputError:
        raise
    except Exception as error:
        place = code_of(tracker)
        if not place or type(tracker).__module__.partition(".")[0] in OURS:
            raise
        raise InputError(f"{name}: frame {index}: {type(error).__name__}: {one_line(error)} ({place})") from error
