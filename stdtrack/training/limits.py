"""What a setting may be beyond its type: kept in its dataclass field's ``metadata``."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.errors import InputError
from evalkit.suggestions import nearest

SHARE: Mapping[str, Any] = {"most": 1}
"""A part of a whole, 0 to 1."""
COUNT: Mapping[str, Any] = {"least": 1}
"""At least one."""

PATTERNS: Mapping[str, Any] = {"patterns": True}
"""Regular expressions."""


def one_of(*choices: str) -> Mapping[str, Any]:
    """One of a few words."""
    return {"choices": choices}


def check_limits(limits: Mapping[str, Any], value: Any, place: str) -> None:
    """Raise InputError, beginning with ``place``, for a word that is no choice or a number outside its range.

    No number may be negative, unless its limits say otherwise.
    """
    if limits.get("patterns"):
        _check_patterns(value, place)
    choices = limits.get("choices")
    if choices and value not in choices:
        problem = f"{place} must be one of {', '.join(choices)}, not '{value}'"
        raise InputError(problem, hint=f"did you mean '{nearest(value, choices, at_least=0)}'?")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return
    least, most = limits.get("least", 0), limits.get("most", math.inf)
    if not least <= value <= most:
        allowed = f"at least {least}" if most == math.inf else f"between {least} and {most}"
        raise InputError(f"{place} must be {allowed}, not {value}")


def _check_patterns(patterns: Sequence[str], place: str) -> None:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise InputError(f"{place}: '{pattern}' is no regular expression: {error}") from error
