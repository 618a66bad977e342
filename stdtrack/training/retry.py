"""Images that cannot be read cost a draw, not the run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from evalkit.errors import InputError

ATTEMPTS = 20
"""Draws in a row that may fail before training stops."""

Made = TypeVar("Made")


def made_of_readable(make: Callable[[], Made]) -> tuple[Made, tuple[str, ...]]:
    """What ``make`` returns once it meets no unreadable image, and the messages of those it met before.

    Raises InputError when it failed ``ATTEMPTS`` times in a row.

    >>> made_of_readable(lambda: 7)
    (7, ())
    """
    skipped: list[str] = []
    for _ in range(ATTEMPTS):
        try:
            return make(), tuple(skipped)
        except InputError as error:
            skipped.append(str(error))
    raise InputError(f"{ATTEMPTS} clips in a row could not be made; the last: {skipped[-1]}")
