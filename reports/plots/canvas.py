"""What all plots share: the look, the finished plot, the legend beside the axes, files in three formats."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, cast

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from reports.style import Style

FORMATS = ("png", "svg", "pdf")
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
METADATA: Mapping[str, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
}
LEGEND_ROWS = 17
LONGEST_NAME = 34


@dataclass(frozen=True)
class Plot:
    """A finished figure: ``name`` becomes the files' stem, ``caption`` stands below it in a report."""

    name: str
    caption: str
    figure: Figure


def look() -> AbstractContextManager[None]:
    """A context in which matplotlib draws the way :data:`LOOK` says."""
    return mpl.rc_context(cast(Any, dict(LOOK)))


def canvas(width: float, height: float) -> Figure:
    """An empty figure of the given size in inches; not registered with pyplot, so nothing leaks."""
    return Figure(figsize=(width, height), layout="constrained")


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
    return {**line, "marker": style.marker, "markersize": 4.5, "markeredgewidth": 0}


def legend_beside(figure: Figure, entries: Iterable[tuple[Artist, str]], title: str | None = None) -> None:
    """A legend right of the axes, in as many columns as its length needs, so that it covers no curve."""
    handles, texts = zip(*((handle, shorten(text)) for handle, text in entries), strict=True)
    columns = -(-len(texts) // LEGEND_ROWS)
    figure.legend(list(handles), list(texts), loc="outside right upper", ncols=columns, title=title, alignment="left")


def legend_width(texts: Sequence[str]) -> float:
    """Inches that :func:`legend_beside` takes for the given texts."""
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
    """The plot's files by extension."""
    with look():
        plot.figure.draw_without_rendering()
        plot.figure.set_layout_engine("none")  # laid out once, not once a format
        files = {}
        for extension in formats:
            buffer = io.BytesIO()
            plot.figure.savefig(buffer, format=extension, metadata=METADATA[extension])
            files[extension] = buffer.getvalue()
    return files
