"""Decode the next frames in a thread while the tracker works on this one."""

from __future__ import annotations

from collections.abc import Generator
from queue import SimpleQueue
from threading import Thread

from evalkit.sequences.sequence import Frames
from evalkit.types import Image

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
