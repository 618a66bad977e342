"""What a tracker's process writes: read line by line, or passed on and counted."""

from __future__ import annotations

import os
import select
import weakref
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

CHUNK = 1 << 16
LONGEST_LINE = 1 << 20


class LineReader:
    """Lines from a pipe, and a look at what has come without having been asked for.

    Args:
        descriptor: of the pipe; it stays its owner's.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._buffer = descriptor, b""

    def line(self) -> bytes:
        """The next line, waited for; without a newline at the end of the output or after :data:`LONGEST_LINE` bytes."""
        while b"\n" not in self._buffer and len(self._buffer) < LONGEST_LINE:
            chunk = os.read(self._descriptor, CHUNK)
            self._buffer += chunk
            if not chunk:
                break
        end = self._buffer.find(b"\n") + 1 or len(self._buffer)
        line, self._buffer = self._buffer[:end], self._buffer[end:]
        return line

    def unread(self) -> bytes:
        """What has come since the last line and waits to be read."""
        if not self._buffer and select.select([self._descriptor], [], [], 0)[0]:
            self._buffer = os.read(self._descriptor, CHUNK)
        return self._buffer


class MessageCounter:
    """Passes on the lines that come through a pipe, and counts those that hold a mark.

    A thread does it, which ends with the pipe. A message is counted before it is passed on; a line that has no end is
    not, since libtrax crashes on half a greeting.

    Args:
        descriptor: of the pipe; it stays its owner's.
        mark: what a message begins with, before its name.
        first, later: names that the first message and those after it may have.
        wrong: why a message must not be passed on; empty if it may.

    Attributes:
        output: descriptor of the pipe on which everything is passed on; closed with this object.
        messages: how many there were.
        last_message: the last of them, whole.
        last_line: the last line that is not empty, whatever it is.
        ended: nothing comes any more.
        problem: why it is not passed on any more; empty as long as it is.
    """

    def __init__(
        self,
        descriptor: int,
        mark: bytes,
        *,
        first: tuple[bytes, ...],
        later: tuple[bytes, ...],
        wrong: Callable[[bytes], str],
    ) -> None:
        self.messages, self.last_message, self.last_line = 0, b"", b""
        self.ended, self.problem = False, ""
        self._mark, self._first, self._later, self._partial = mark, first, later, b""
        self._wrong = wrong
        self.output, sink = os.pipe()
        self._close = weakref.finalize(self, os.close, self.output)
        Thread(target=self._pass_on, args=(os.dup(descriptor), sink), name="message-counter", daemon=True).start()

    def close(self) -> None:
        """Take no more."""
        self._close()

    def _pass_on(self, source: int, sink: int) -> None:
        # The thread has descriptors of its own: a number that somebody else closes may soon be another file's.
        with open(source, "rb", buffering=0) as reader, open(sink, "wb", buffering=0) as writer:
            with suppress(OSError):  # nobody reads any more
                while not self.problem and (chunk := reader.read(CHUNK)):
                    rest = memoryview(self._whole_lines(chunk))
                    while rest and not self.problem:
                        rest = rest[writer.write(rest) :]
            self.ended = True

    def _whole_lines(self, chunk: bytes) -> bytes:
        """What can be passed on now that the chunk has come; counts what is in it."""
        *lines, self._partial = (self._partial + chunk).split(b"\n")
        for line in (*lines, self._partial):
            self.last_line = line if line.strip() else self.last_line
        for line in lines:
            if self._mark in line:
                self._take(line[line.index(self._mark) :])
        if len(self._partial) > LONGEST_LINE:
            self.problem = f"a line of more than {LONGEST_LINE} bytes"
        return b"".join(line + b"\n" for line in lines)

    def _take(self, message: bytes) -> None:
        name = message.removeprefix(self._mark).split(maxsplit=1)[:1]
        expected = self._later if self.messages else self._first
        if name != [] and name[0] in expected:
            self.messages, self.last_message = self.messages + 1, message
            self.problem = self._wrong(message)
        else:  # its reader would skip it, and wait for ever
            self.problem = f"a message that is no {b' or '.join(expected).decode()}"
