"""Decode the next frames in a thread while the tracker works on this one."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

from evalkit.sequence import Frames
from evalkit.types import Image

DEPTH = 4
"""Frames decoded ahead: enough to hide decoding, and at most 100 MB of 4K images."""


def read_ahead(frames: Frames, depth: int = DEPTH) -> Generator[Image, None, None]:
    """Yield every frame in order; at most ``depth`` decoded frames wait in memory.

    cv2 releases the interpreter lock while it decodes, so one thread is real concurrency. An error in a frame is raised
    when its turn comes. ``depth=0`` decodes in the caller's thread.
    """
    if depth == 0:
        yield from (frames.read(index) for index in range(len(frames)))
        return
    reader = ThreadPoolExecutor(1, thread_name_prefix="read-ahead")
    try:
        waiting = deque(reader.submit(frames.read, index) for index in range(min(depth, len(frames))))
        for following in range(depth, len(frames) + depth):
            if not waiting:
                return
            image = waiting.popleft().result()
            if following < len(frames):
                waiting.append(reader.submit(frames.read, following))
            yield image
    finally:
        reader.shutdown(cancel_futures=True)
