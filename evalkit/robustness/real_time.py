"""What being late costs: VOT's real-time rule, replayed from the latencies of a run that took its time.

A camera does not wait. VOT's toolkit (``RealtimeTrackerRuntime``, votchallenge/toolkit, ``vot/tracker/__init__.py``)
repeats the last answer for every frame that passes while the tracker is busy with an earlier one, and forgives the
first delay. Replayed is that rule with the boxes and seconds that a run recorded: the tracker's answer on a frame that
it does look at is the one that it gave there, after all the frames before. A tracker that really skips frames sees
larger jumps, so the replay is an upper bound on what it would reach.
"""

from __future__ import annotations

import numpy as np

from evalkit.benchmarks.variations import Setting, Variation
from evalkit.sequences.sequence import Sequence
from evalkit.types import Boxes, Flags, Vector

GRACE = 1
"""Delays that are forgiven, as in VOT's challenges."""
BUDGETS = (20, 30, 60)
"""Frames a second that are asked about unless others are named."""


def frames_seen(times: Vector, fps: float, grace: int = GRACE) -> Flags:
    """(N,) whether the tracker looks at a frame, or is still busy with one before.

    Args:
        times: (N,) seconds that each frame took; the first is the start. Those of frames that are not seen are ignored.
        fps: frames a second of the camera.
        grace: delays that are forgiven.

    >>> frames_seen(np.full(6, 0.1), fps=20, grace=0).tolist()
    [True, True, True, True, True, True]
    >>> frames_seen(np.full(7, 0.11), fps=20, grace=0).tolist()
    [True, False, True, False, True, False, True]
    """
    interval, behind = 1.0 / fps, 0.0
    seen = np.ones(len(times), dtype=bool)
    for index, seconds in enumerate(times.tolist()):
        if behind > interval:
            behind -= interval
            seen[index] = False
            continue
        late = seconds > interval
        behind = seconds - interval if late and not grace else 0.0
        grace -= 1 if late and grace else 0
    return seen


def replayed(boxes: Boxes, times: Vector, fps: float, grace: int = GRACE) -> Boxes:
    """(N, 4) boxes of a run as they would have been on time: a frame that is not seen has the last box.

    Args:
        boxes: (N, 4) as recorded.
        times, fps, grace: see :func:`frames_seen`.
    """
    last = np.maximum.accumulate(np.where(frames_seen(times, fps, grace), np.arange(len(boxes)), 0))
    held: Boxes = boxes[last]
    return held


def _unchanged(sequence: Sequence, setting: Setting) -> Sequence:
    return sequence


REAL_TIME = Variation(
    "real_time", "real time", "frames that pass while the tracker is busy", _unchanged, range(1, 1001), replayed=True
)
