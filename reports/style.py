"""Colour, marker and dash belong to a tracker's name, never to its rank: one look in all of a report."""

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
    """Styles of trackers shown together, whatever their order.

    Each has the marker and the colour of its name. Of trackers whose names gave them one colour, the first by name
    keeps it; the next ones take colours that are left, and different dashes where none is. The others come last.

    >>> drawn = styles(["a", "b"])
    >>> drawn["a"].colour == style("a").colour
    True
    """
    own = {name: style(name) for name in dict.fromkeys([*sorted(set(trackers)), *sorted(set(others))])}
    owners: dict[str, str] = {}
    for name, look in own.items():
        owners.setdefault(look.colour, name)
    left = [pair for pair in PALETTE if pair[0] not in owners]
    chosen: dict[str, Style] = {}
    for name, look in own.items():
        if owners[look.colour] != name and left:
            colour, dark = left.pop(0)
            look = replace(look, colour=colour, dark=dark)
        taken = {other.dash for other in chosen.values() if other.colour == look.colour}
        start = DASHES.index(look.dash)
        order = DASHES[start:] + DASHES[:start]
        chosen[name] = replace(look, dash=next((dash for dash in order if dash not in taken), look.dash))
    return chosen
