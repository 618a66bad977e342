"""What all plots share: the look, the finished plot, the legend beside the axes, files in three formats."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from reports.paper import POINTS_AN_INCH, Paper
from reports.plots.look import CURRENT, Canvas, look_of
from reports.plots.look import look as look
from reports.plots.pgf import has_pictures, pgf, tex_program
from reports.style import Style

FORMATS = ("png", "svg", "pdf")
METADATA: Mapping[str, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
}
LEGEND_ROWS = 17
LONGEST_NAME = 34
BOLD = 3.0
"""Points of the line of a highlighted tracker."""


WIDE = 5.0
"""Inches from which on a plot takes all of a paper's text, not one column."""
_LETTER = 0.0085
"""Inches that a letter of a legend takes for each point of its size."""


@dataclass(frozen=True)
class Plot:
    """A finished figure: ``name`` becomes the files' stem, ``caption`` stands below it in a report."""

    name: str
    caption: str
    figure: Figure


def canvas(width: float, height: float) -> Figure:
    """An empty figure of the given size in inches, or of a paper's; not registered with pyplot, so nothing leaks."""
    wanted = CURRENT.get()
    figure = Canvas(figsize=_size(width, height, wanted.paper), layout="constrained")
    figure.look = wanted
    return figure


def _size(width: float, height: float, paper: Paper | None) -> tuple[float, float]:
    """Inches: a column of the paper with the same proportions, or all of its text with the same height."""
    if paper is None:
        return width, height
    column, text = paper.inches
    most = paper.height / POINTS_AN_INCH
    return (column, min(most, height * column / width)) if width < WIDE else (text, min(most, height))


def shorten(text: str, longest: int = LONGEST_NAME) -> str:
    """A long name with its middle left out; a leading underscore, which would hide a legend entry, gets a blank.

    >>> shorten("a" * 50, 9)
    'aaaa…aaaa'
    """
    if len(text) > longest:
        half = (longest - 1) // 2
        text = text[:half] + "…" + text[-half:]
    return f" {text}" if text.startswith("_") else text


def line_look(style: Style) -> dict[str, Any]:
    """Arguments of ``Axes.plot`` for a tracker's style."""
    dash = (0, style.dash) if style.dash else "solid"
    line: dict[str, Any] = {"color": style.colour, "linestyle": dash}
    bold = {"linewidth": BOLD} if style.bold else {}
    return {**line, "marker": style.marker, "markersize": 4.5, "markeredgewidth": 0, **bold}


def legend_beside(figure: Figure, entries: Iterable[tuple[Artist, str]], title: str | None = None) -> None:
    """A legend right of the axes, in as many columns as its length needs, so that it covers no curve."""
    handles, texts = zip(*((handle, shorten(text)) for handle, text in entries), strict=True)
    if (paper := CURRENT.get().paper) is not None:
        _legend_below(figure, handles, texts, title, paper)
        return
    columns = -(-len(texts) // LEGEND_ROWS)
    figure.legend(list(handles), list(texts), loc="outside right upper", ncols=columns, title=title, alignment="left")


def _legend_below(
    figure: Figure, handles: Sequence[Artist], texts: Sequence[str], title: str | None, paper: Paper
) -> None:
    """A legend below the axes, in as many columns as the paper's width has room for; the figure grows by its rows."""
    width, height = figure.get_size_inches()
    letters = _LETTER * paper.figure_size * max(map(len, texts))
    columns = min(len(texts), max(1, int(width / (letters + 0.6))))
    rows = -(-len(texts) // columns) + (1 if title else 0)
    figure.set_size_inches(width, height + rows * 1.35 * paper.figure_size / 72)
    options: dict[str, Any] = {"ncols": columns, "title": title, "handlelength": 2.2, "columnspacing": 1.0}
    figure.legend(list(handles), list(texts), loc="outside lower center", **options)


def legend_width(texts: Sequence[str]) -> float:
    """Inches of width that :func:`legend_beside` takes for the given texts; none in a paper, where it stands below."""
    if CURRENT.get().paper is not None:
        return 0.0
    columns = -(-len(texts) // LEGEND_ROWS)
    return columns * (0.75 + 0.072 * max(len(shorten(text)) for text in texts))


def style_handle(style: Style) -> Line2D:
    """What a legend shows of a tracker's style."""
    return Line2D([], [], **line_look(style))


def log_axis(axes: Axes) -> None:
    """A logarithmic x axis with plain numbers at 1, 2, 5, 10, ..."""
    axes.set_xscale("log")
    _plain_numbers(axes.xaxis)


def log_y_axis(axes: Axes) -> None:
    """The same for y."""
    axes.set_yscale("log")
    _plain_numbers(axes.yaxis)


def _plain_numbers(axis: Axis) -> None:
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())


def titled(axes: Axes, title: str, protocol: str) -> None:
    """The title, with the protocol that its figures were computed by in a second line."""
    axes.set_title(f"{title}\nprotocol: {protocol}", fontsize=9.5, loc="left")


def render(plot: Plot, formats: Sequence[str] = FORMATS) -> dict[str, bytes]:
    """The plot's files by extension; for a paper PGF too, where LaTeX is installed, which measures its letters."""
    wanted = look_of(plot.figure)
    with look(wanted):
        plot.figure.draw_without_rendering()
        plot.figure.set_layout_engine(None)  # laid out once; "none" would draw each format twice
        files = {}
        for extension in formats:
            buffer = io.BytesIO()
            plot.figure.savefig(buffer, format=extension, metadata=METADATA[extension])
            files[extension] = buffer.getvalue()
        drawn = wanted.paper is not None and tuple(formats) == FORMATS and not has_pictures(plot.figure)
        if drawn and (program := tex_program()):
            files["pgf"] = pgf(plot.figure, program)
    return files
