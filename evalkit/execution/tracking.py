"""One tracker on one sequence, in this process: the loop that every run is made of."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from evalkit.execution.readahead import DEPTH, read_ahead
from evalkit.sequence import Frames
from evalkit.trackers.base import Prediction, Tracker
from evalkit.types import Box, Boxes, Vector


class NonsenseError(Exception):
    """A tracker returned something that is no prediction."""


@dataclass(frozen=True)
class Track:
    """What a tracker said, frame by frame.

    Attributes:
        boxes: (N, 4) xywh, 0-based; the first row is the given box.
        times: (N,) seconds: row 0 is ``init``, the others ``update`` alone, without decoding.
        scores: (N,) the tracker's own confidence; the first is 1.
    """

    boxes: Boxes
    times: Vector
    scores: Vector


def track(
    tracker: Tracker, frames: Frames, box: Box, *, on_frame: Callable[[], None] | None = None, depth: int = DEPTH
) -> Track:
    """Give ``tracker`` the first frame and ``box`` (xywh, 0-based), then every other frame.

    ``on_frame`` is called after every frame: a sign of life for whoever watches.

    Raises:
        NonsenseError: the answer is not four finite numbers and a score.
        InputError: a frame cannot be read.
    """
    count = len(frames)
    boxes, times, scores = np.empty((count, 4)), np.empty(count), np.empty(count)
    with closing(read_ahead(frames, depth)) as images:
        for index, image in enumerate(images):
            start = perf_counter()
            if index == 0:
                tracker.init(image, box.copy())
                prediction = Prediction(box, 1.0)
            else:
                prediction = tracker.update(image)
            times[index] = perf_counter() - start
            boxes[index], scores[index] = checked_answer(prediction, index)
            if on_frame is not None:
                on_frame()
    return Track(boxes, times, scores)


def checked_answer(prediction: Prediction, index: int) -> tuple[Box, float]:
    """The box (4,) and score of an answer; raises NonsenseError with the frame's number if it is none."""
    try:
        given, score = np.asarray(prediction.box), float(prediction.score)
    except (AttributeError, TypeError, ValueError) as error:
        raise NonsenseError(f"frame {index}: {prediction!r} is no prediction") from error
    # Neither text nor complex numbers, which numpy would take for numbers.
    if given.shape != (4,) or given.dtype.kind not in "iuf" or not np.isfinite(given).all():
        raise NonsenseError(f"frame {index}: {prediction.box!r} is not four finite numbers")
    if not math.isfinite(score):
        raise NonsenseError(f"frame {index}: the score is {score}")
    box: Box = given.astype(np.float64)
    return box, score
