"""Coordinates in the conventions of other tools, by decimal arithmetic: a conversion there and back loses no digit.

A float64 stands for its shortest decimal text (``repr``). Sums of such texts are exact; shares of an image's side are
written to :data:`DIGITS` digits, so that the text of every coordinate of at most 20 decimals comes back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Context, Decimal

from evalkit.errors import InputError

DIGITS = 36
"""Of a number that is written: twice as many as a float64 has."""
_DECIMALS = Decimal("1e-20")
"""What reading rounds to: far below the last digit of a coordinate, far above the last digit of what is written."""
_MOST = Decimal(10**12)
"""Pixels; no picture has a part of them, and the arithmetic stays exact."""
_EXACT = Context(prec=DIGITS)
_NUMBER = re.compile(r"[+-]?(\d{1,40}\.?\d{0,400}|\.\d{1,400})([eE][+-]?\d{1,3})?", re.ASCII)

Size = tuple[int, int]
Four = tuple[Decimal, Decimal, Decimal, Decimal]


def decimal(value: float) -> Decimal:
    """A float64 by its shortest text."""
    return Decimal(repr(value))


def parsed(text: str, place: str) -> Decimal:
    """A coordinate that stands in a file.

    Raises:
        InputError: that names ``place``: no finite number, or one beyond a billion screens.
    """
    if not _NUMBER.fullmatch(text.strip()):
        raise InputError(f"{place}: {text.strip()[:20]!r} is no number")
    return bounded(Decimal(text.strip()), place)


def bounded(value: Decimal, place: str) -> Decimal:
    """The value; raises InputError where it is no coordinate that anybody can mean."""
    if not value.is_finite() or abs(value) > _MOST:
        raise InputError(f"{place}: {value:.3e} is no coordinate")
    return value


def text(value: Decimal) -> str:
    """A number as plain decimals, without an exponent or zeros at the end.

    >>> text(Decimal("1E+2")), text(Decimal("0.500")), text(Decimal("-0.0"))
    ('100', '0.5', '0')
    """
    written = f"{value:f}"
    if "." in written:
        written = written.rstrip("0").rstrip(".")
    return "0" if written in ("-0", "") else written


def numbers(values: Iterable[Decimal]) -> tuple[float, ...]:
    """The float64 of each number that was computed from a file's texts."""
    return tuple(float(_EXACT.quantize(value, _DECIMALS)) for value in values)


def four(box: Sequence[float]) -> Four:
    """x, y, w, h as decimals."""
    x, y, w, h = map(decimal, box)
    return x, y, w, h


def moved(box: Four, by: int) -> Four:
    """A box whose coordinates count from another number: ``by`` is 1 from 0-based to 1-based, -1 back."""
    x, y, w, h = box
    return _EXACT.add(x, by), _EXACT.add(y, by), w, h


def corners(box: Four) -> Four:
    """x, y, w, h as left, top, right, bottom: right is x + w."""
    x, y, w, h = box
    return x, y, _EXACT.add(x, w), _EXACT.add(y, h)


def from_corners(box: Four) -> Four:
    """The inverse of :func:`corners`."""
    left, top, right, bottom = box
    return left, top, _EXACT.subtract(right, left), _EXACT.subtract(bottom, top)


def centre_shares(box: Four, size: Size) -> Four:
    """x, y, w, h as YOLO's centre and size, each a share of the image's width or height."""
    x, y, w, h = box
    middle_x, middle_y = (_EXACT.add(start, _EXACT.divide(side, 2)) for start, side in ((x, w), (y, h)))
    return _shares((middle_x, middle_y, w, h), size, 1)


def from_centre_shares(box: Four, size: Size) -> Four:
    """The inverse of :func:`centre_shares`."""
    middle_x, middle_y, w, h = _pixels(box, size, 1)
    x, y = (_EXACT.subtract(middle, _EXACT.divide(side, 2)) for middle, side in ((middle_x, w), (middle_y, h)))
    return x, y, w, h


def percentages(box: Four, size: Size) -> Four:
    """x, y, w, h as Label Studio's, each in percent of the image's width or height."""
    return _shares(box, size, 100)


def from_percentages(box: Four, size: Size) -> Four:
    """The inverse of :func:`percentages`."""
    return _pixels(box, size, 100)


def _shares(box: Four, size: Size, whole: int) -> Four:
    x, y, w, h = (_EXACT.divide(_EXACT.multiply(v, whole), side) for v, side in zip(box, (*size, *size), strict=True))
    return x, y, w, h


def _pixels(box: Four, size: Size, whole: int) -> Four:
    x, y, w, h = (_EXACT.divide(_EXACT.multiply(v, side), whole) for v, side in zip(box, (*size, *size), strict=True))
    return x, y, w, h
