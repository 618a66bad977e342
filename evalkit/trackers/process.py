"""``process:COMMAND``: a tracker in another environment or language, by lines of JSON (docs/external-trackers.md)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import numpy as np

from evalkit.errors import InputError
from evalkit.trackers.base import LONGER, Prediction
from evalkit.trackers.output import LineReader
from evalkit.trackers.supervisor import GuardedProcess, split_command
from evalkit.types import Box, Image

SHOWN = 60
ERROR_SHOWN = 300
FRAME = "frame.rgb"


class ProcessTracker:
    """A command behind the :class:`~evalkit.trackers.base.Tracker` protocol; one process serves all sequences.

    Frames are handed over in a file that is overwritten: height x width x 3 bytes, RGB.
    """

    def __init__(self, command: str) -> None:
        split_command(command)
        self._command = command
        self._started: _Started | None = None
        self._frame = 0
        self._patience: float | None = None

    def wait_at_most(self, seconds: float | None) -> None:
        """Seconds until the command must have answered, see :func:`evalkit.trackers.base.wait_at_most`."""
        self._patience = seconds

    def init(self, image: Image, box: Box) -> None:
        """Start the command if it does not run yet, and give it the target."""
        self._frame = 0
        with self._named():
            self._ask(image, {"do": "init", "frame": 0, "box": box.tolist()})

    def update(self, image: Image) -> Prediction:
        """Ask for the target in the next frame."""
        self._frame += 1
        with self._named():
            return prediction_of(*self._ask(image, {"do": "update", "frame": self._frame}))

    def describe(self) -> Mapping[str, str]:
        """Facts for the run manifest."""
        return {"backend": "JSON lines", "command": self._command}

    def _ask(self, image: Image, request: Mapping[str, Any]) -> tuple[Mapping[str, Any], str, int]:
        """The answer to a request, where it came from, and its line."""
        if self._started is None:
            self._started = _Started(self._command)
        started, place = self._started, f"process:{self._command}"
        refuse_unread(started.lines, place, started.row)
        with started.process.within(self._patience):
            line = started.ask(request, image)
        if started.process.overdue:
            raise InputError(f"the tracker did not answer within {self._patience:g} s", path=place, hint=LONGER)
        if not line:
            raise InputError(f"the tracker {started.process.ending()} before it answered", path=place)
        answer = parse_answer(line, place, started.row)
        if answer.get("frame", self._frame) != self._frame:
            raise InputError(f"the answer is for frame {str(answer['frame'])[:SHOWN]}", path=place, row=started.row)
        refuse_unread(started.lines, place, started.row)
        return answer, place, started.row

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Put the frame before what is wrong, and end the process: nobody knows what its next answer would be to."""
        try:
            yield
        except InputError as error:
            if self._started is not None:
                self._started.process.stop()
                self._started = None
            problem = f"frame {self._frame}: {error.problem}"
            raise InputError(problem, path=error.path, row=error.row, hint=error.hint) from error


class _Started:
    """The process of a command, and how many lines were read from it."""

    def __init__(self, command: str) -> None:
        self.process = GuardedProcess(command)
        self.lines = LineReader(self.process.stdout.fileno())
        self.row = 0

    def ask(self, request: Mapping[str, Any], image: Image) -> bytes:
        """Hand over the request and the image; the line that comes, empty if the process has ended."""
        path = self.process.folder / FRAME
        height, width = image.shape[:2]
        content = {**request, "image": str(path), "width": width, "height": height}
        try:
            image.tofile(path)
            self.process.stdin.write(json.dumps(content).encode() + b"\n")
            self.process.stdin.flush()
        except (BrokenPipeError, FileNotFoundError):  # its folder goes with it
            return b""
        line = self.lines.line()
        self.row += 1 if line else 0
        return line


def create(name: str, options: Mapping[str, str]) -> ProcessTracker:
    """Entry point of the prefix ``process``; ``name`` is the command, whole."""
    return ProcessTracker(name)


def refuse_unread(lines: LineReader, place: str, row: int) -> None:
    """Refuse output that no request asked for: each later answer would be taken for that to another frame.

    Args:
        row: of the last line that was asked for.
    """
    if unread := lines.unread():
        shown = unread[:SHOWN].decode(errors="backslashreplace").strip()
        hint = "one line answers one request; messages belong on standard error"
        raise InputError(f"no request asked for '{shown}'", path=place, row=row + 1, hint=hint)


def parse_answer(line: bytes, place: str, row: int) -> Mapping[str, Any]:
    """One line of a tracker's output as a JSON object.

    Raises:
        InputError: with the line's number: it is cut off or no JSON object, or the tracker reports an error in it.
    """
    shown = line[:SHOWN].decode(errors="backslashreplace").strip()
    if not line.endswith(b"\n"):
        raise InputError(f"'{shown}' is no whole line", path=place, row=row)
    try:
        answer = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        hint = "messages belong on standard error"
        raise InputError(f"'{shown}' is no JSON", path=place, row=row, hint=hint) from error
    if not isinstance(answer, dict):
        raise InputError(f"'{shown}' is no JSON object", path=place, row=row)
    if "error" in answer:
        raise InputError(f"the tracker says: {_one_line(answer['error'])}", path=place, row=row)
    return answer


def prediction_of(answer: Mapping[str, Any], place: str, row: int) -> Prediction:
    """``{"box": [x, y, w, h], "score": s, "visible": v}`` as a prediction.

    The score may be left out and is 1 then; so may ``visible``, which is true, false or null.

    Raises:
        InputError: the box is not four finite numbers, the score is not one, or ``visible`` is no flag.
    """
    box, score = answer.get("box"), answer.get("score", 1.0)
    if not (isinstance(box, list) and len(box) == 4 and all(map(_is_number, box))):
        raise InputError(f"'box' is {str(box)[:SHOWN]}, not four finite numbers", path=place, row=row)
    if not _is_number(score):
        raise InputError(f"'score' is {str(score)[:SHOWN]}, not a finite number", path=place, row=row)
    visible = answer.get("visible")
    if visible is not None and not isinstance(visible, bool):
        raise InputError(f"'visible' is {str(visible)[:SHOWN]}, not true, false or null", path=place, row=row)
    return Prediction(np.array(box, dtype=np.float64), float(score), visible)


def _one_line(value: object) -> str:
    return " ".join(str(value).split())[:ERROR_SHOWN]


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer of more digits than a float holds
        return False


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")
