"""Variations: ways to make any benchmark harder, named behind a ``+``: ``otb100+fog@3``, ``lasot+sre``.

What packages bring by entry points ``stdtrack.variations``, a name and ``module:VARIATION`` each. A variation changes
sequences, not files: the frames as they are read, the box that a tracker is given, or the frames while it runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from evalkit.benchmarks.layout import plain
from evalkit.entry_points import Registry, reinstall_hint
from evalkit.errors import InputError
from evalkit.sequences.sequence import Sequence
from evalkit.suggestions import suggestion

ENTRY_POINT_GROUP = "stdtrack.variations"
MARK, LEVEL_MARK, RUN_MARK = "+", "@", "@"
_LEVEL = re.compile(r"[1-9][0-9]{0,3}")


@dataclass(frozen=True)
class Setting:
    """How a variation is applied.

    Attributes:
        level: severity, or what else the number behind ``@`` means; 0 for a variation without one.
        seed: of everything that is drawn by chance.
        run: which of the variation's runs; empty for a variation with one.
    """

    level: int = 0
    seed: int = 0
    run: str = ""


def _any(tracker: object) -> bool:
    return True


@dataclass(frozen=True)
class Variation:
    """A way to change a benchmark's sequences.

    Attributes:
        name: the command-line name.
        kind: what it belongs to in tables: ``noise``, ``blur``, ``starts``, ``attack``.
        sentence: what it does, for people.
        apply: the changed sequence.
        levels: what may stand behind ``@``; empty where nothing may.
        runs: names of the runs that are made of each sequence; empty for one, which keeps the sequence's name.
        suits: whether a tracker, named by its spec or an instance, can stand it at all.
        replayed: its results are computed from those on the unchanged benchmark; no tracker is run.
        begins: what it chooses of a run's beginning: the ``box`` that is given, the ``frame``, or nothing of both. A
            box is one of the frame that it is given on, so that the variation with the ``frame`` stands first.
    """

    name: str
    kind: str
    sentence: str
    apply: Callable[[Sequence, Setting], Sequence]
    levels: range | tuple[int, ...] = ()
    runs: tuple[str, ...] = ()
    replayed: bool = False
    suits: Callable[[object], bool] = _any
    begins: Literal["", "box", "frame"] = ""

    def spelled(self, level: int = 0) -> str:
        """``fog@3``."""
        return f"{self.name}{LEVEL_MARK}{level}" if self.levels else self.name


def _is_variation(name: str, brought: object) -> bool:
    return isinstance(brought, Variation) and brought.name == name


VARIATIONS: Registry[Variation] = Registry(ENTRY_POINT_GROUP, "variation", "Variation with this `name`", _is_variation)
"""Every variation of every installed package, by name."""


def parse_variation(text: str, below: str = "") -> tuple[Variation, int]:
    """``Gaussian-Noise@3`` as variation and level.

    Args:
        below: the benchmark that it is behind, which may be varied itself.

    Raises:
        InputError: an unknown name, a level that it does not have, none where it needs one, or the wrong order.
    """
    written, mark, level = text.partition(LEVEL_MARK)
    name = next((known for known in VARIATIONS if plain(known) == plain(written)), None) if plain(written) else None
    if name is None:
        hint = reinstall_hint(ENTRY_POINT_GROUP, written) or suggestion(written, VARIATIONS, shown=len(VARIATIONS))
        raise InputError(f"unknown variation {written!r} of a benchmark", hint=hint)
    variation = VARIATIONS[name]
    if variation.begins == "frame":
        _require_no_box(variation, below)
    return variation, _level(variation, level) if mark or variation.levels else 0


def _require_no_box(later: Variation, below: str) -> None:
    """A box of the first frame is none of later frames: ``otb100+tre+sre`` shifts their own."""
    benchmark, *earlier = below.split(MARK)
    for place, text in enumerate(earlier):
        boxed = parse_variation(text)[0]
        if boxed.begins == "box":
            problem = f"'{boxed.name}' gives a box of the first frame, but '{later.name}' begins on later ones"
            names = [benchmark, *earlier[:place], later.name, *earlier[place:]]
            raise InputError(problem, hint=f"write {MARK.join(names)}")


def _level(variation: Variation, text: str) -> int:
    levels = variation.levels
    if not levels:
        raise InputError(f"'{variation.name}' has no levels", hint=f"write {MARK}{variation.name}")
    if _LEVEL.fullmatch(text) and int(text) in levels:
        return int(text)
    hint = f"write {MARK}{variation.name}{LEVEL_MARK}N with N from {min(levels)} to {max(levels)}"
    raise InputError(f"'{variation.name}' has no level {text!r}" if text else f"which '{variation.name}'?", hint=hint)
