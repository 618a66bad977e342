"""What is done to every figure once it is drawn: long titles are wrapped, letters kept to a paper's size."""

from __future__ import annotations

from functools import partial

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.textpath import text_to_path

from reports.plots.look import look_of
from reports.wrapping import wrapped

MARGIN = 0.6
"""Inches of a figure's width that the titles of its axes leave free; the figure's own title may take all of it."""


def finish(figure: Figure) -> None:
    """Wrap titles that are wider than the figure, and keep letters to the paper's size."""
    wanted = look_of(figure)
    if wanted.paper is not None:
        for text in figure.findobj(Text):
            text.set_fontsize(min(text.get_fontsize(), wanted.paper.figure_size))
    width = 72 * figure.get_figwidth()
    for title in (title for axes in figure.axes for title in (axes._left_title, axes.title)):  # type: ignore[attr-defined]
        _wrap(title, width - 72 * MARGIN)
    if figure._suptitle is not None:  # type: ignore[attr-defined]
        _wrap(figure._suptitle, width)  # type: ignore[attr-defined]


def _wrap(title: Text, width: float) -> None:
    """Break a title into lines of at most ``width`` points."""
    width_of = partial(_points, title.get_fontproperties())
    lines = (line for text in title.get_text().split("\n") for line in wrapped(text, width, width_of))
    title.set_text("\n".join(lines))


def _points(prop: FontProperties, text: str) -> float:
    return 0.0 if not text else float(text_to_path.get_text_width_height_descent(text, prop, ismath=False)[0])
