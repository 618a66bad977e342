"""What a class of papers or slides asks of figures and tables: widths, letters, sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evalkit.errors import InputError
from evalkit.suggestions import suggestion

POINTS_AN_INCH = 72.27
"""Of TeX."""


@dataclass(frozen=True)
class Paper:
    """A class of documents.

    Attributes:
        name: what ``--style`` calls it.
        column: width of a column, in TeX's points.
        text: width of the text, which is the column's where there is one alone.
        height: of what a float may take of a page.
        serif: letters of figures, as the text's: Times, else a sans.
        figure_size: points of the letters in figures.
        sizes: of letters in tables, the wanted one first: LaTeX's command and its points in this class.
        wider: how much wider than Times the letters of its text are.
    """

    name: str
    column: float
    text: float
    height: float
    serif: bool
    figure_size: float
    sizes: tuple[tuple[str, float], ...]
    wider: float = 1.0

    @property
    def columns(self) -> int:
        """Columns of text on a page."""
        return 1 if self.column == self.text else 2

    @property
    def inches(self) -> tuple[float, float]:
        """Widths of a figure in one column and in all of the text."""
        return self.column / POINTS_AN_INCH, self.text / POINTS_AN_INCH


_SIZES = (("footnotesize", 8.0), ("scriptsize", 7.0))
PAPERS: Mapping[str, Paper] = {
    paper.name: paper
    for paper in (
        # cvpr.sty: \textwidth 6.875in, \columnsep 0.3125in, \textheight 8.875in; 10 pt Times.
        Paper("cvpr", 237.14, 496.86, 600.0, True, 8.0, _SIZES),
        # IEEEtran.cls, journal, letter paper: \columnwidth 252pt, \textwidth 516pt, \textheight 696pt; 10 pt Times.
        Paper("ieee", 252.0, 516.0, 640.0, True, 8.0, _SIZES),
        # beamer.cls: 128 mm x 96 mm with margins of 1 cm, 11 pt Computer Modern Sans; its 16:9 slides are wider.
        Paper("beamer", 307.28, 307.28, 190.0, False, 8.0, (("scriptsize", 8.0), ("tiny", 6.0)), 1.15),
    )
}
DEFAULT = "default"
STYLES = (DEFAULT, *PAPERS)


def paper_named(name: str) -> Paper | None:
    """The class of documents of a style; None for the default, which is none.

    Raises:
        InputError: there is no such style.
    """
    word = name.lower() or DEFAULT
    if word not in STYLES:
        raise InputError(f"there is no style '{name}'", hint=suggestion(name, STYLES))
    return PAPERS.get(word)
