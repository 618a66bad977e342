"""One tracker on one sequence, in this process: the loop that every run is made of."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from evalkit.running.readahead import DEPTH, read_ahead
from evalkit.sequences.sequence import Frames
from evalkit.trackers.answers import naming_frame, read_answer
from evalkit.trackers.base import Prediction, Tracker
from evalkit.types import Box, Boxes, Image, Vector


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
        NonsenseError: an answer is no box, with the frame's number.
        InputError: a frame cannot be read.
    """
    count = len(frames)
    boxes, times, scores = np.empty((count, 4)), np.empty(count), np.empty(count)
    with closing(read_ahead(frames, depth)) as images:
        for index, image in enumerate(images):
            if index == 0:
                start = perf_counter()
                tracker.init(image, box.copy())
                times[0], boxes[0], scores[0] = perf_counter() - start, box, 1.0
            else:
                prediction, times[index] = step(tracker, image, index)
                boxes[index], scores[index] = prediction.box, prediction.score
            if on_frame is not None:
                on_frame()
    return Track(boxes, times, scores)


def step(tracker: Tracker, image: Image, index: int) -> tuple[Prediction, float]:
    """One ``update``: its answer, checked, and the seconds that it took.

    Args:
        index: of the frame, 0-based, for messages.

    Raises:
        NonsenseError: the answer is no prediction and no box; see :func:`evalkit.trackers.answers.read_answer`.
    """
    with naming_frame(index):
        start = perf_counter()
        answer: object = tracker.update(image)
        if not isinstance(answer, Prediction):  # a plain box: reading it waits for the device on which it lies
            answer = read_answer(answer)
        seconds = perf_counter() - start
        return read_answer(answer), seconds
