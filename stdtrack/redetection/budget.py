"""How much is searched in a frame: a number of network steps, or as many as the clock allows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from evalkit.errors import InputError
from evalkit.trackers.conversion import ConversionError, convert
from evalkit.types import Image
from stdtrack.crops import Window
from stdtrack.model import TrackState
from stdtrack.redetection.search import LEAST_TILES, Look, View

TILES = 8
"""Where nothing is said."""
MOST = 4096
"""Of the option ``tiles``, and where the clock decides."""
OPTIONS = ("budget", "tiles")


@dataclass(frozen=True)
class Budget:
    """What a frame may take while the target is lost.

    Attributes:
        tiles: network steps of the search, at most.
        said: what a manifest says of it.
        seconds: for all of the frame, the tracker's own step included; no clock is read if infinite.
        tile: seconds that a step takes, as measured at load.
    """

    tiles: int
    said: str
    seconds: float = math.inf
    tile: float = 0.0

    def clocked(self, look: ClockedLook, start: float) -> Look:
        """``look`` that begins no further window where it and one more would end too late.

        Args:
            start: when the frame began, on :func:`time.perf_counter`.
        """
        return look if math.isinf(self.seconds) else partial(look, until=start + self.seconds - 2 * self.tile)


class ClockedLook(Protocol):
    """What looks as a :data:`~stdtrack.redetection.search.Look` does, and knows when to stop."""

    def __call__(
        self, image: Image, windows: Sequence[Window], state: TrackState, until: float = math.inf
    ) -> list[View]:
        """Views of the windows, of the first in any case, of the others while the clock shows less than ``until``."""


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
        tiles = _tiles(options.get("tiles", str(TILES)), subject)
        return Budget(tiles, f"{tiles} tiles a frame")
    wanted = _milliseconds(options["budget"], subject)
    said = f"{wanted:g} ms a frame by the clock: answers differ from run to run"
    return Budget(MOST, said, wanted / 1000.0, seconds_a_tile())


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


def _tiles(text: str, subject: str) -> int:
    hint = f"a whole number from {LEAST_TILES} to {MOST}"
    try:
        tiles = int(text)
    except ValueError as error:
        raise InputError(f"{subject}: tiles={text} is no whole number", hint=hint) from error
    if not LEAST_TILES <= tiles <= MOST:
        raise InputError(f"{subject}: tiles={text} is out of range", hint=hint)
    return tiles


def _milliseconds(text: str, subject: str) -> float:
    hint = "milliseconds, above 0"
    try:
        wanted = float(text)
    except ValueError as error:
        raise InputError(f"{subject}: budget={text} is no number", hint=hint) from error
    if not (wanted > 0 and math.isfinite(wanted)):
        raise InputError(f"{subject}: budget={text} is out of range", hint=hint)
    return wanted
