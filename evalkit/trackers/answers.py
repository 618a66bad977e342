"""What trackers answer: a prediction, or a plain box in any of the forms in which numbers come."""

from __future__ import annotations

import inspect
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from evalkit.trackers.base import Prediction
from evalkit.types import Box

OURS = (
    "a tracker with init() and update() answers Prediction(box, score), by `from stdtrack import Prediction`, "
    "or a plain box x, y, w, h"
)
VISIBLE = "visible"
"""Key of what an answer may say of the target's visibility, whatever its style."""
SHOWN = 100
ADAPTERS = "evalkit.trackers.adapters"
"""The module whose trackers hold another one as ``tracker``."""


class NonsenseError(Exception):
    """A tracker's answer is no prediction."""


@contextmanager
def naming_frame(index: int, tracker: object = None) -> Iterator[None]:
    """Put the frame's number, 0-based, before what a :class:`NonsenseError` says, and the code that answered behind."""
    try:
        yield
    except NonsenseError as error:
        place = code_of(tracker)
        raise NonsenseError(f"frame {index}: {error}" + (f" ({place})" if place else "")) from error


def code_of(tracker: object) -> str:
    """Where a tracker's code for later frames stands: ``Mine.update, mine.py:12``; empty where nobody can tell.

    Of another toolkit's tracker that is taken as it is, its own code.
    """
    own = getattr(tracker, "tracker", tracker) if type(tracker).__module__ == ADAPTERS else tracker
    for name in ("update", "track"):
        method = inspect.unwrap(getattr(type(own), name, None) or code_of)
        code = getattr(method, "__code__", None)
        if method is not code_of and code is not None:
            path = os.path.relpath(code.co_filename) if _is_below(code.co_filename) else code.co_filename
            return f"{type(own).__name__}.{name}, {path}:{code.co_firstlineno}"
    return ""


def _is_below(path: str) -> bool:
    return os.path.realpath(path).startswith(os.path.realpath(os.curdir) + os.sep)


def read_answer(answer: Any, wanted: str = OURS) -> Prediction:
    """An answer as a prediction: anything with ``box``, ``score`` and perhaps ``visible``, or a plain box of score 1.

    A plain box is a list, tuple, array or tensor of four finite numbers x, y, w, h; a tensor may need gradients, and
    may lie on any device.

    Args:
        wanted: what this kind of tracker should answer, for the message.

    Raises:
        NonsenseError: it is neither.
    """
    if hasattr(answer, "box") and hasattr(answer, "score"):
        box = _box(answer.box, f"its box {_shown(answer.box)}", wanted)
        visible = read_visible(getattr(answer, VISIBLE, None), wanted)
        return Prediction(box, read_score(answer.score, wanted), visible)
    return Prediction(_box(answer, f"it answered {_shown(answer)}, which", wanted), 1.0)


def read_mapping(answer: Any, box: str, scores: tuple[str, ...], wanted: str) -> Prediction:
    """``{box: [x, y, w, h], score: s}`` as a prediction, or a plain box; raises NonsenseError as :func:`read_answer`.

    Args:
        box: key of the box.
        scores: keys of the score; the first that is there counts, and without any it is 1.
    """
    if not isinstance(answer, Mapping):
        return read_answer(answer, wanted)
    if box not in answer:
        raise NonsenseError(f"it answered {_shown(answer)}; {wanted}")
    score = next((answer[key] for key in scores if answer.get(key) is not None), 1.0)
    found = _box(answer[box], f"its {box} {_shown(answer[box])}", wanted)
    return Prediction(found, read_score(score, wanted), read_visible(answer.get(VISIBLE), wanted))


def read_score(score: Any, wanted: str) -> float:
    """A score in any form in which one number comes; raises NonsenseError if it is none, or not finite."""
    plain = _plain(score)
    while isinstance(plain, list | tuple) and len(plain) == 1:
        plain = plain[0]
    number = _number(plain)
    if number is None:
        raise NonsenseError(f"the score is {_shown(score)}, not a finite number; {wanted}")
    return number


def read_visible(visible: Any, wanted: str) -> bool | None:
    """A flag in any form in which one comes, or None; raises NonsenseError for anything else, such as a number."""
    plain = _plain(visible)
    while isinstance(plain, list | tuple) and len(plain) == 1:
        plain = plain[0]
    if plain is not None and not isinstance(plain, bool):
        raise NonsenseError(f"visible is {_shown(visible)}, not True, False or None; {wanted}")
    return plain


def _box(value: Any, subject: str, wanted: str) -> Box:
    plain = _plain(value)
    numbers = [_number(_plain(each)) for each in plain] if isinstance(plain, list | tuple) else []
    if len(numbers) != 4 or None in numbers:
        raise NonsenseError(f"{subject} is not four finite numbers; {wanted}")
    return np.array(numbers, dtype=np.float64)


def _plain(value: Any) -> Any:
    """Lists and numbers instead of an array's or tensor's, wherever it lies."""
    return value.tolist() if hasattr(value, "tolist") else value


def _number(value: object) -> float | None:
    """A finite number; neither text nor a flag, which Python would take for one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _shown(value: Any) -> str:
    """The value in a few words on one line."""
    kind, shape = type(value).__name__, getattr(value, "shape", None)
    if isinstance(value, Mapping):
        return f"a {kind} with the keys {', '.join(map(repr, value))}"[:SHOWN] if value else f"an empty {kind}"
    if shape is not None and tuple(shape) != (4,) and tuple(shape) != ():
        return f"a {kind} of shape {tuple(shape)}"
    return " ".join(repr(value).split())[:SHOWN]
