"""``process:COMMAND``: a tracker in another environment or language, by lines of JSON (docs/external-trackers.md)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

from evalkit.errors import InputError
from evalkit.trackers.base import Prediction
from evalkit.trackers.guarded import GuardedProcess, split_command
from evalkit.types import Box, Image

LONGEST_LINE = 1 << 20
SHOWN = 60
FRAME = "frame.rgb"


class ProcessTracker:
    """A command behind the :class:`~evalkit.trackers.base.Tracker` protocol; one process serves all sequences.

    Frames are handed over in a file that is overwritten: height x width x 3 bytes, RGB.
    """

    def __init__(self, command: str) -> None:
        split_command(command)
        self._command = command
        self._process: GuardedProcess | None = None
        self._lines = 0

    def init(self, image: Image, box: Box) -> None:
        """Start the command if it does not run yet, and give it the target."""
        self._ask({"do": "init", **self._frame(image), "box": box.tolist()})

    def update(self, image: Image) -> Prediction:
        """Ask for the target in the next frame."""
        answer = self._ask({"do": "update", **self._frame(image)})
        return prediction_of(answer, f"process:{self._command}", self._lines)

    def describe(self) -> Mapping[str, str]:
        """Facts for the run manifest."""
        return {"backend": "JSON lines", "command": self._command}

    def _frame(self, image: Image) -> Mapping[str, Any]:
        if self._process is None:
            self._process, self._lines = GuardedProcess(self._command), 0
        path = self._process.folder / FRAME
        image.tofile(path)
        height, width = image.shape[:2]
        return {"image": str(path), "width": width, "height": height}

    def _ask(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        assert self._process is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline(LONGEST_LINE)
        except BrokenPipeError:
            line = b""
        if not line:
            process, self._process = self._process, None
            problem = f"the tracker {process.ending()} before it answered"
            process.stop()
            raise InputError(problem, path=f"process:{self._command}")
        self._lines += 1
        return parse_answer(line, f"process:{self._command}", self._lines)


def create(name: str, options: Mapping[str, str]) -> ProcessTracker:
    """Entry point of the prefix ``process``; ``name`` is the command, whole."""
    return ProcessTracker(name)


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
        raise InputError(f"the tracker says: {answer['error']}", path=place, row=row)
    return answer


def prediction_of(answer: Mapping[str, Any], place: str, row: int) -> Prediction:
    """``{"box": [x, y, w, h], "score": s}`` as a prediction; the score may be left out and is 1 then.

    Raises:
        InputError: the box is not four finite numbers, or the score is not one.
    """
    box, score = answer.get("box"), answer.get("score", 1.0)
    if not (isinstance(box, list) and len(box) == 4 and all(map(_is_number, box))):
        raise InputError(f"'box' is {str(box)[:SHOWN]}, not four finite numbers", path=place, row=row)
    if not _is_number(score):
        raise InputError(f"'score' is {str(score)[:SHOWN]}, not a finite number", path=place, row=row)
    return Prediction(np.array(box, dtype=np.float64), float(score))


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer of more digits than a float holds
        return False


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")
