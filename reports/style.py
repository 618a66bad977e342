"""Colour, marker and dash belong to a tracker's name: the same in every plot, page and run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

# Light-page colour and its counterpart on a dark page. The hues are Okabe & Ito's and Tol's colour-blind-safe ones,
# darkened where needed to 3:1 contrast on white; neighbours in the list differ in lightness too, for grey prints.
PALETTE = (
    ("#0072b2", "#4fb3ee"),
    ("#d55e00", "#ff9a4d"),
    ("#009e73", "#3fd6a8"),
    ("#aa3377", "#ee8fc0"),
    ("#b38600", "#f0c64a"),
    ("#332288", "#a99bff"),
    ("#117733", "#6cd58a"),
    ("#3d9bd1", "#9bd7ff"),
    ("#882255", "#e07fae"),
    ("#7f7f1f", "#d3d36b"),
    ("#7b4b24", "#d9a273"),
    ("#6b6b6b", "#bdbdbd"),
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h", "*")
DASHES: tuple[tuple[float, ...], ...] = ((), (6, 2), (6, 2, 1.5, 2), (2, 1.5))

# Chosen among numbers so that this project's own trackers and OpenCV's, often drawn together, differ in colour.
SALT = 178394


def rgb(colour: str) -> tuple[int, int, int]:
    """A colour as three numbers, 0 to 255.

    >>> rgb("#0072b2")
    (0, 114, 178)
    """
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


@dataclass(frozen=True)
class Style:
    """How a tracker is drawn: ``dash`` is an on-off pattern in points, empty for a solid line; ``bold`` a thick one."""

    colour: str
    dark: str
    marker: str
    dash: tuple[float, ...]
    bold: bool = False


def style(tracker: str) -> Style:
    """The tracker's own style: a function of its name alone.

    >>> style("opencv:csrt") == style("opencv:csrt")
    True
    """
    digest = hashlib.blake2b(f"{SALT}/{tracker}".encode(), digest_size=12).digest()
    pick = [int.from_bytes(digest[start : start + 4], "big") for start in (0, 4, 8)]
    colour, dark = PALETTE[pick[0] % len(PALETTE)]
    return Style(colour, dark, MARKERS[pick[1] % len(MARKERS)], DASHES[pick[2] % len(DASHES)])


def styles(trackers: Iterable[str], others: Iterable[str] = ()) -> dict[str, Style]:
    """Styles of trackers shown together: colour and marker are each tracker's own.

    Trackers whose names gave them one colour get different dashes while there are enough, in the order of names;
    the others come after them.

    >>> drawn = styles(["a", "b"])
    >>> drawn["a"].colour == style("a").colour
    True
    """
    chosen: dict[str, Style] = {}
    for tracker in dict.fromkeys([*sorted(set(trackers)), *sorted(set(others))]):
        own = style(tracker)
        taken = {other.dash for other in chosen.values() if other.colour == own.colour}
        start = DASHES.index(own.dash)
        order = DASHES[start:] + DASHES[:start]
        chosen[tracker] = replace(own, dash=next((dash for dash in order if dash not in taken), own.dash))
    return chosen
