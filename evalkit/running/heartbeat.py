"""A sign of life that crosses process borders: a counter in shared memory."""

from __future__ import annotations

import mmap
import struct
from contextvars import ContextVar

FRAME_TIMEOUT = 300.0
"""Seconds between two beats, so that a frame may take, unless the user says otherwise."""
_COUNTER = struct.Struct("Q")


class Heartbeat:
    """A counter in a file mapped by worker and watcher: no system call a beat.

    Args:
        descriptor: of an open file of :attr:`SIZE` bytes; the watcher makes it, the worker inherits it.
    """

    SIZE = _COUNTER.size

    def __init__(self, descriptor: int) -> None:
        self._memory = mmap.mmap(descriptor, self.SIZE)

    def beat(self) -> None:
        """Count one more step: the tracker is loaded, then a frame is done."""
        _COUNTER.pack_into(self._memory, 0, self.count() + 1)

    def reset(self) -> None:
        """Back to 0: nothing was done yet."""
        _COUNTER.pack_into(self._memory, 0, 0)

    def count(self) -> int:
        """Beats since the last reset."""
        number: int = _COUNTER.unpack_from(self._memory)[0]
        return number

    def close(self) -> None:
        """Unmap the file."""
        self._memory.close()


current_heartbeat: ContextVar[Heartbeat | None] = ContextVar("current_heartbeat", default=None)
"""The heartbeat of the work at hand; None where nobody watches."""
