"""How figures look: on a screen, or in a class of papers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, cast
from warnings import catch_warnings, filterwarnings

import matplotlib as mpl
from matplotlib.figure import Figure

from reports.paper import Paper
from reports.plots.fonts import SANS, SERIF

# parse_math off: a tracker named `$x$` is shown as it is. Fonts are embedded as journals ask for (TrueType, no
# Type 3); the fixed hash salt and the missing dates make equal tables give equal files.
LOOK: Mapping[str, Any] = {
    "font.size": 9,
    "font.family": "DejaVu Sans",
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.unicode_minus": False,  # beyond Latin-1, and every such character costs a second font in a PDF
    "axes.axisbelow": True,
    "grid.color": "#d9d9d9",
    "grid.linewidth": 0.6,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "legend.handlelength": 3.2,
    "lines.linewidth": 1.6,
    "text.parse_math": False,
    "pdf.fonttype": 42,
    "svg.hashsalt": "stdtrack",
    "savefig.dpi": 160,
}


@dataclass(frozen=True)
class Look:
    """How figures look.

    Attributes:
        paper: the class of documents that they are made for; None for the screen.
        families: fonts for letters that the usual one lacks, see :mod:`reports.plots.fonts`.
    """

    paper: Paper | None = None
    families: tuple[str, ...] = ()

    @property
    def settings(self) -> dict[str, Any]:
        """What matplotlib is told."""
        told = dict(LOOK)
        if self.families:
            told["font.family"] = [SANS, *self.families]
        if self.paper is not None:
            size = self.paper.figure_size
            told |= {"font.size": size, "axes.titlesize": size, "legend.fontsize": size, "lines.linewidth": 1.2}
            told["font.family"] = [SERIF, SANS, *self.families] if self.paper.serif else [SANS, *self.families]
        return told


USUAL = Look()
CURRENT: ContextVar[Look] = ContextVar("look", default=USUAL)
"""The look that figures are drawn in at present: matplotlib's settings have no place for a paper's widths."""


class Canvas(Figure):
    """A figure that knows the look that it was drawn in."""

    look: Look = USUAL


@contextmanager
def look(wanted: Look = USUAL) -> Iterator[None]:
    """A context in which matplotlib draws the way that is wanted; letters that no font has are told elsewhere."""
    before = CURRENT.get()
    with mpl.rc_context(cast(Any, wanted.settings)), catch_warnings():
        filterwarnings("ignore", r"Glyph \d+ .* missing from font")
        CURRENT.set(wanted)
        try:
            yield
        finally:
            CURRENT.set(before)


def look_of(figure: Figure) -> Look:
    """The look that a figure was drawn in."""
    return figure.look if isinstance(figure, Canvas) else USUAL
