"""One tracker on one sequence, in this process: the loop that every run is made of."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from queue import SimpleQueue
from threading import Thread
from time import perf_counter

import numpy as np

from evalkit.results.store import RawResult
from evalkit.sequences.sequence import Attack, Frames
from evalkit.trackers.answers import naming_frame, read_answer
from evalkit.trackers.base import Prediction, Tracker
from evalkit.types import Box, Image, Vector

DEPTH = 4
"""Frames decoded ahead: enough to hide decoding, and at most 100 MB of 4K images."""


def read_ahead(frames: Frames, depth: int = DEPTH) -> Generator[Image, None, None]:
    """Yield every frame in order; at most ``depth`` decoded frames wait in memory.

    cv2 releases the interpreter lock while it decodes, so one thread is real concurrency. It is one only, because
    videos are decoded in order: of decoding that takes longer than the tracker, no more than the tracker's time is
    hidden. An error in a frame is raised when its turn comes. ``depth=0`` decodes in the caller's thread.
    """
    if depth == 0:
        yield from (frames.read(index) for index in range(len(frames)))
        return
    wanted: SimpleQueue[int | None] = SimpleQueue()  # a tenth of the cost of a future a frame
    ready: SimpleQueue[Image | Exception] = SimpleQueue()
    reader = Thread(target=_decode, args=(frames, wanted, ready), name="read-ahead", daemon=True)
    reader.start()
    try:
        for index in range(min(depth, len(frames))):
            wanted.put(index)
        for index in range(len(frames)):
            frame = ready.get()
            if index + depth < len(frames):
                wanted.put(index + depth)
            if isinstance(frame, Exception):
                raise frame
            yield frame
    finally:
        wanted.put(None)
        reader.join()


def _decode(frames: Frames, wanted: SimpleQueue[int | None], ready: SimpleQueue[Image | Exception]) -> None:
    while (index := wanted.get()) is not None:
        try:
            ready.put(frames.read(index))
        except Exception as error:  # noqa: BLE001 - raised where the frame was wanted
            ready.put(error)


def track(
    tracker: Tracker,
    frames: Frames,
    box: Box,
    *,
    on_frame: Callable[[], None] | None = None,
    depth: int = DEPTH,
    attack: Attack | None = None,
) -> RawResult:
    """Give ``tracker`` the first frame and ``box`` (xywh, 0-based), then every other frame.

    Args:
        on_frame: is called after every frame: a sign of life for whoever watches.
        attack: changes each frame before the tracker sees it; the time that this takes is not the tracker's.

    Raises:
        NonsenseError: an answer is no box, with the frame's number.
        InputError: a frame cannot be read.
    """
    count = len(frames)
    boxes, times, scores, visible = np.empty((count, 4)), np.empty(count), np.empty(count), np.full(count, np.nan)
    measures: dict[str, list[float]] = {}
    with closing(read_ahead(frames, depth)) as images:
        for index, image in enumerate(images):
            if attack is not None:
                image = attack.next(image) if index else attack.first(image, box.copy())
                for name, value in attack.measures().items():
                    measures.setdefault(name, []).append(value)
            if index == 0:
                start = perf_counter()
                tracker.init(image, box.copy())
                times[0], boxes[0], scores[0] = perf_counter() - start, box, 1.0
            else:
                prediction, times[index] = step(tracker, image, index)
                boxes[index], scores[index] = prediction.box, prediction.score
                visible[index] = np.nan if prediction.visible is None else prediction.visible
            if on_frame is not None:
                on_frame()
    arrays = {name: np.array(values) for name, values in measures.items()}
    return RawResult(boxes, times, scores, _from_given(visible), arrays)


def _from_given(visible: Vector) -> Vector | None:
    """What was said of frames 1 to N - 1, with the given target visible in frame 0; None if nothing was said."""
    return None if np.isnan(visible).all() else np.concatenate([[1.0], visible[1:]])


def step(tracker: Tracker, image: Image, index: int) -> tuple[Prediction, float]:
    """One ``update``: its answer, checked, and the seconds that it took.

    Args:
        index: of the frame, 0-based, for messages.

    Raises:
        NonsenseError: the answer is no prediction and no box; see :func:`evalkit.trackers.answers.read_answer`.
    """
    with naming_frame(index, tracker):
        start = perf_counter()
        answer: object = tracker.update(image)
        if not isinstance(answer, Prediction):  # a plain box: reading it waits for the device on which it lies
            answer = read_answer(answer)
        seconds = perf_counter() - start
        return read_answer(answer), seconds
