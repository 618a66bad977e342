"""Text in lines of a width that is measured, not counted in letters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

Measure = Callable[[str], float]

_PIECES = re.compile(r"\S+\s*")
_PARTS = re.compile(r"[^/:_?=&,.;+\-]*[/:_?=&,.;+\-]*")
"""A name can be broken behind these characters, before it has to be broken within a word."""


def wrapped(text: str, limit: float, width_of: Measure) -> list[str]:
    """Lines of at most ``limit``: broken at blanks, else behind punctuation, else between any two characters.

    Args:
        limit: in the unit of ``width_of``; a single character may be wider.

    >>> wrapped("a tracker:with-options", 8, len)
    ['a', 'tracker:', 'with-', 'options']
    """
    lines = [""]
    for piece in _pieces(text, limit, width_of):
        if lines[-1] and width_of((lines[-1] + piece).rstrip()) > limit:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]


def _pieces(text: str, limit: float, width_of: Measure) -> Iterator[str]:
    """What is not broken any further: words, parts of words that are too long, characters of parts that are."""
    for word in _PIECES.findall(text):
        if width_of(word.rstrip()) <= limit:
            yield word
            continue
        for part in filter(None, _PARTS.findall(word)):
            yield from (part,) if width_of(part.rstrip()) <= limit else part
