"""``trax:COMMAND``: any tracker that speaks TraX, the protocol of VOT, through its own library (extra ``trax``).

TraX writes coordinates with four decimals and libtrax keeps them in single precision.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from evalkit.errors import InputError
from evalkit.trackers.base import LONGER, Prediction
from evalkit.trackers.output import MessageCounter
from evalkit.trackers.supervisor import GuardedProcess, split_command
from evalkit.trackers.trax_regions import (
    SHOWN,
    check_state,
    confidence,
    import_trax,
    initial_region,
    mask_problem,
    region_box,
)
from evalkit.types import Box, Image

CHANNEL = "color"
FRAME = "frame.png"
MARK = b"@@TRAX:"

T = TypeVar("T")


class TraxTracker:
    """A TraX server behind the :class:`~evalkit.trackers.base.Tracker` protocol.

    Every sequence gets a new process, because many VOT trackers end at a second initialisation. A region other than a
    rectangle counts as its bounding box; a special region says that the target is lost: the last box, with score 0,
    not visible.
    """

    def __init__(self, command: str) -> None:
        split_command(command)
        import_trax()
        self._command = command
        self._session: _Session | None = None
        self._patience: float | None = None
        self._last: Box = np.zeros(4)

    def wait_at_most(self, seconds: float | None) -> None:
        """Seconds until the server must have answered, see :func:`evalkit.trackers.base.wait_at_most`."""
        self._patience = seconds

    def init(self, image: Image, box: Box) -> None:
        """Start the command and give it the target."""
        if self._session is not None:
            self._session.stop()
        self._session = _Session(self._command, self._patience)
        self._session.initialize(image, box)
        self._last = np.array(box, dtype=np.float64)

    def update(self, image: Image) -> Prediction:
        """One step; the score is the property ``confidence`` where the server gives one, else 1."""
        if self._session is None:
            raise RuntimeError("update() before init()")
        box, score = self._session.frame(image)
        if box is not None:
            self._last = box
        return Prediction(self._last.copy(), score, None if box is not None else False)

    def describe(self) -> Mapping[str, str]:
        """Facts for the run manifest."""
        return {"backend": "TraX", "command": self._command}


class _Session:
    """One process and libtrax's client on its pipes.

    Between the two every message is counted: one greeting, and then one to each request. libtrax would keep a surplus
    one, and take it for the answer to the next frame.
    """

    def __init__(self, command: str, patience: float | None) -> None:
        trax = import_trax()
        from trax.client import Client

        self._trax, self._place = trax, f"trax:{command}"
        self._frame, self._patience = 0, patience
        self._process = GuardedProcess(command)
        self._said = MessageCounter(
            self._process.stdout.fileno(), MARK, first=(b"hello",), later=(b"state", b"quit"), wrong=mask_problem
        )
        self._clients: list[Any] = []
        written = os.dup(self._process.stdin.fileno())
        self._stop = weakref.finalize(self, _stop, self._process, self._clients, written, self._said)
        # A function and not False: the client of vot-trax 4.0 fails without a log.
        stream = (written, self._said.output)
        self._clients.append(self._checked(self._in_time(lambda: Client(stream=stream, log=lambda text: None))))

    @property
    def _client(self) -> Any:
        return self._clients[0]

    def initialize(self, image: Image, box: Box) -> None:
        region = self._checked(lambda: initial_region(self._client.region_formats, box, self._place))
        self._asked(lambda: self._client.initialize(self._images(image), [(region, {})], {}))

    def frame(self, image: Image) -> tuple[Box | None, float]:
        """The box, None if the target is lost, and the confidence."""
        self._frame += 1
        objects, _ = self._asked(lambda: self._client.frame(self._images(image), {}, []))
        return self._checked(lambda: self._read(objects))

    def stop(self) -> None:
        """End the process; harmless when it has ended."""
        self._stop()

    def _read(self, objects: Sequence[tuple[Any, Mapping[str, str]]]) -> tuple[Box | None, float]:
        if len(objects) != 1:
            raise InputError(f"the tracker reports {len(objects)} objects instead of one", path=self._place)
        check_state(self._said.last_message.decode(errors="replace"), self._place)
        region, properties = objects[0]
        if region.type == "special":
            return None, 0.0
        return region_box(region, self._place), confidence(properties, self._place)

    def _asked(self, request: Callable[[], T]) -> T:
        """The answer to a request; the greeting and one answer to each frame before it are all that may have come."""
        self._checked(lambda: self._count(self._frame + 1))
        answer = self._checked(self._in_time(request))
        self._checked(lambda: self._count(self._frame + 2))
        return answer

    def _in_time(self, request: Callable[[], T]) -> Callable[[], T]:
        """The request; where it takes too long, the process is killed, which ends libtrax's waiting."""

        def waited() -> T:
            try:
                with self._process.within(self._patience):
                    return request()
            finally:
                if self._process.overdue:
                    problem = f"the tracker did not answer within {self._patience:g} s"
                    raise InputError(problem, path=self._place, hint=LONGER)

        return waited

    def _count(self, expected: int) -> None:
        """Refuse a surplus message, and one that is missing, which libtrax may take for an empty one."""
        if self._said.problem:
            raise InputError(f"{self._said.problem}, '{_shown(self._said.last_line)}'", path=self._place)
        if self._said.messages > expected:
            problem = f"no request asked for '{_shown(self._said.last_message)}'"
            raise InputError(problem, path=self._place, hint="a server answers once to each request")
        if self._said.messages < expected:
            raise InputError(f"the tracker {self._ending()} before it answered", path=self._place)

    def _checked(self, call: Callable[[], T]) -> T:
        """What the call returns; its errors name the frame, and end the process."""
        try:
            return call()
        except self._trax.TraxException as error:
            problem = self._said.problem or f"{error}; the tracker {self._ending()}"
            last = f"; the last it said is '{_shown(self._said.last_line)}'" if self._said.last_line else ""
            self.stop()
            raise InputError(f"frame {self._frame}: {problem}{last}", path=self._place) from error
        except InputError as error:
            self.stop()
            raise InputError(f"frame {self._frame}: {error.problem}", path=error.path, hint=error.hint) from error

    def _ending(self) -> str:
        return self._process.ending() if self._said.ended else "still runs"

    def _images(self, image: Image) -> Mapping[str, Any]:
        """The frame in the first form, of those without loss, that the server takes."""
        formats = self._client.image_formats
        if "memory" in formats:
            return {CHANNEL: self._trax.MemoryImage.create(image)}
        import cv2

        encoded = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1].tobytes()
        if "buffer" in formats:
            return {CHANNEL: self._trax.BufferImage.create(encoded)}
        if "path" in formats:
            path = self._process.folder / FRAME
            path.write_bytes(encoded)
            return {CHANNEL: self._trax.FileImage.create(str(path))}
        raise InputError("the tracker takes images only by URL", path=self._place)


def _stop(process: GuardedProcess, clients: Sequence[Any], written: int, said: MessageCounter) -> None:
    """End process, client and pipes, in this order.

    libtrax writes a last message when its handle goes, and logs it: the pipe's number must not be another file's by
    then, nor the logger gone, and an exception's traceback may keep the client itself for long.
    """
    process.stop()
    for client in clients:
        client._handle = None
    os.close(written)
    said.close()


def _shown(line: bytes) -> str:
    return line[:SHOWN].decode(errors="backslashreplace").strip()


def create(name: str, options: Mapping[str, str]) -> TraxTracker:
    """Entry point of the prefix ``trax``; ``name`` is the command, whole."""
    return TraxTracker(name)
