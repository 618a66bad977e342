"""Follow one target through a video."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from evalkit.errors import InputError
from evalkit.running.heartbeat import FRAME_TIMEOUT
from evalkit.trackers.base import Prediction, wait_at_most
from evalkit.trackers.live import Source, as_tracker
from evalkit.types import Box
from stdtrack.images import starting_box
from stdtrack.video.following import Followed, follow, open_footage
from stdtrack.video.footage import Footage


def track(
    source: str | Path | int,
    *,
    box: Sequence[float] | Box,
    tracker: Source = "stdtrack:nano",
    timeout: float | None = FRAME_TIMEOUT,
) -> Iterator[tuple[int, Prediction]]:
    """Follow the target in ``box`` through a video, a folder or an archive of images, a camera or a stream.

    Args:
        source: a path, a camera's number, or a URL (http, https, rtsp, rtsps); one frame is in memory at a time. Of a
            camera and of a stream without end, frames that come while the tracker is busy are left out.
        box: (4,) ``x, y, w, h`` of the target in the first frame, in pixels, 0-based.
        tracker: a spec, or a live tracker in any style that adapters know.
        timeout: seconds that a ``process:`` or ``trax:`` tracker may take to answer, its start included in the first;
            it is killed after them. None waits for ever.

    Returns:
        an iterator of the frame's index, 0-based, and the prediction: ``box`` is (4,) float64 ``x, y, w, h``, 0-based,
        ``score`` the tracker's confidence. The first is the given box with score 1.

    Raises:
        InputError: at once, no such source, a box that is empty, not finite or outside the first frame, or no such
            tracker; on the way, a frame that cannot be read, an answer that is no box, or none in time.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> import cv2, numpy
        >>> with TemporaryDirectory() as folder:
        ...     for name in ("1.png", "2.png"):
        ...         _ = cv2.imwrite(str(Path(folder) / name), numpy.full((90, 120, 3), 128, numpy.uint8))
        ...     frames = [frame for frame, _ in track(folder, box=(10, 20, 30, 40), tracker="opencv:mosse")]
        >>> frames
        [0, 1]
    """
    footage = open_footage(source)
    start = first_box(footage, box)
    name = tracker if isinstance(tracker, str) else type(tracker).__name__
    follower = as_tracker(tracker, name)
    wait_at_most(follower, timeout)
    return _predictions(follow({name: follower}, footage, start), name)


def first_box(footage: Footage, box: Sequence[float] | Box) -> Box:
    """The box as float64 (4,), checked against the first frame; raises InputError where nothing can be tracked."""
    try:
        numbers = np.asarray(box, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"the first box {box!r} is not four numbers", hint="box=(x, y, w, h)") from error
    return starting_box(numbers, footage.first().image)


def _predictions(frames: Iterator[Followed], name: str) -> Iterator[tuple[int, Prediction]]:
    for index, followed in enumerate(frames):
        yield index, followed.found[name].prediction
