"""Tables of plain decimal numbers, parsed by array operations.

Loading a large benchmark is little else than this, and it is several times as fast as a parser of one number at a time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MAX_DIGITS = 15  # such integers and 10**15 are exact in double precision, so their quotient is correctly rounded
_POWERS = 10.0 ** np.arange(_MAX_DIGITS + 1)
_KNOWN = b"0123456789.-, \t\n"
_MINUS, _POINT, _NEWLINE = b"-.\n"
_COMMAS = bytes.maketrans(b" \t\n", b",,,")
_NONE = np.zeros(0, np.intp)


def parse_decimals(text: bytes) -> NDArray[np.float64] | None:
    """(N, C) numbers of a text of N lines, C numbers each, every line ending in a newline.

    Numbers are an optional minus and at most 15 digits with an optional point; between them stands one comma,
    semicolon, tab or blank. The values are the doubles that ``float`` gives. Returns None for any other text (NaN,
    exponents, uneven lines, empty fields, anything wrong): the caller's slower reader has the last word.

    >>> parse_decimals(b"1,-2.5\\n30,4\\n")
    array([[ 1. , -2.5],
           [30. ,  4. ]])
    >>> parse_decimals(b"1,2\\n3\\n")
    """
    text = text.replace(b";", b",")
    if not text or text.translate(None, _KNOWN):
        return None
    characters = np.frombuffer(text, np.uint8)
    is_separator = characters <= ord(",")
    ends = np.flatnonzero(is_separator)
    starts = np.concatenate([[0], ends[:-1] + 1])
    columns, rest = divmod(len(ends), np.count_nonzero(characters == _NEWLINE) or len(ends) + 1)
    if rest or not columns or (characters[ends[columns - 1 :: columns]] != _NEWLINE).any() or ends[-1] != len(text) - 1:
        return None
    values = _values(text, characters, starts, ends)
    return None if values is None else values.reshape(-1, columns)


def _values(
    text: bytes, characters: NDArray[np.uint8], starts: NDArray[np.intp], ends: NDArray[np.intp]
) -> NDArray[np.float64] | None:
    """Value of each number between ``starts`` and ``ends``; None if one is no plain decimal."""
    signs = np.count_nonzero(characters == _MINUS)
    negative = np.flatnonzero(characters[starts] == _MINUS) if signs else _NONE
    points = np.flatnonzero(characters == _POINT)
    pointed = _pointed(points, starts, ends)
    digits = ends - starts
    digits[negative] -= 1
    digits[pointed] -= 1
    if (
        digits.min() < 1
        or digits.max() > _MAX_DIGITS
        or (isinstance(pointed, np.ndarray) and (pointed[1:] == pointed[:-1]).any())
        or signs != len(negative)
    ):
        return None
    # Nothing but digits and commas is left, which numpy's reader of integers takes at a sixth of loadtxt's time.
    unwanted = b".-" if signs or len(points) else b""  # to leave nothing out takes half the time
    values = np.fromstring(text[:-1].translate(_COMMAS, unwanted), np.int64, sep=",").astype(np.float64)
    values[pointed] /= _POWERS[ends[pointed] - 1 - points]
    values[negative] *= -1.0
    return values


def _pointed(
    points: NDArray[np.intp], starts: NDArray[np.intp], ends: NDArray[np.intp]
) -> NDArray[np.intp] | slice[None, None, None]:
    """The number that each point stands in; all numbers, where each has one."""
    if len(points) == len(ends) and bool(((starts <= points) & (points < ends)).all()):
        return slice(None)
    return np.searchsorted(ends, points)
