"""How much is searched in a frame: a number of network steps, or milliseconds that are turned into one at load."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from evalkit.errors import InputError
from evalkit.trackers.conversion import ConversionError, convert
from stdtrack.redetection.search import LEAST_TILES

TILES = 8
"""Where nothing is said."""
MOST = 4096
OPTIONS = ("budget", "tiles")


@dataclass(frozen=True)
class Budget:
    """Network steps a frame while the target is lost.

    Attributes:
        tiles: the steps.
        said: what a manifest says of it.
    """

    tiles: int
    said: str


def budget_of(options: Mapping[str, str], seconds_a_tile: Callable[[], float], subject: str) -> Budget:
    """The budget that a spec's options ``tiles`` or ``budget`` (milliseconds) ask for, :data:`TILES` without any.

    Args:
        seconds_a_tile: measures what a step costs on this machine; asked for ``budget`` only.

    Raises:
        InputError: both are there, or one is no number in its range.
    """
    if "tiles" in options and "budget" in options:
        raise InputError(f"{subject} takes tiles or budget, not both", hint="tiles=N gives the same on every machine")
    if "budget" not in options:
        tiles = _number(options.get("tiles", str(TILES)), int, f"{subject}: tiles", LEAST_TILES, MOST)
        return Budget(int(tiles), f"{int(tiles)} tiles a frame")
    wanted = _number(options["budget"], float, f"{subject}: budget", 0.0, math.inf)
    tiles = min(max(math.floor(wanted / (1000.0 * seconds_a_tile())), LEAST_TILES), MOST)
    said = f"{wanted:g} ms a frame, {tiles} tiles by the speed at load: other machines differ"
    return Budget(tiles, said)


def switched_on(options: Mapping[str, str], subject: str) -> bool:
    """Whether ``redetect`` is on; raises InputError where it is neither, or off with a budget beside it."""
    try:
        on = bool(convert(options.get("redetect", "false"), bool))
    except ConversionError as error:
        raise InputError(f"{subject}: option redetect={options['redetect']} is no bool", hint=error.hint) from error
    for name in OPTIONS:
        if name in options and not on:
            raise InputError(f"{subject}: option '{name}' goes with redetect=true", hint="add redetect=true")
    return on


def _number(text: str, kind: type[int] | type[float], what: str, least: float, most: float) -> float:
    try:
        value = kind(text)
    except ValueError as error:
        raise InputError(f"{what}={text} is no number", hint=f"a number from {least:g}") from error
    if not (least <= value <= most and math.isfinite(value) and value > 0):
        raise InputError(f"{what}={text} is out of range", hint=f"a number from {least:g}")
    return value
