"""LaTeX tables that fit the columns of a paper: letters are measured, and what does not fit is split."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from evalkit.scoring.metrics import METRICS
from evalkit.shown import escape_latex
from reports.cells import Cell, Table, columns_of, rows_of
from reports.layout import columns_kept
from reports.markup import LATEX_RANKS, ranked
from reports.paper import Paper
from reports.wrapping import wrapped

RANKS = r" Best \textbf{bold}, second \underline{underlined}, third \textit{italic}"
SHARES = (1.0, 0.34, 0.2)
"""Of the width, what a column may take at most; the first lets every column be as wide as it is."""
LEADING = 1.25
"""Height of a line over the size of its letters."""
SAFETY = 0.97
"""Of the width, what is used: letters are measured in Times's regular and bold alone."""
CAPTION_LINE = 12.0
BREAK = r"\allowbreak{}"
_WORD = 18
_ARROWED = re.compile(r"(?P<name>.*?) ?(?P<arrow>[↑↓]?)", re.DOTALL)
_ARROWS = {"": "", "↑": r"$\uparrow$", "↓": r"$\downarrow$"}
_INDEX = re.compile(r"(?P<stem>[A-Za-z]+)_?(?P<index>(?<=_)\w+|[\d.]+)")


@dataclass(frozen=True)
class Fit:
    """How a table is set.

    Attributes:
        starred: over all columns of the text.
        command, size: LaTeX's size of letters and its points.
        gap: points between two columns, half of which is LaTeX's ``\\tabcolsep``.
        width: points that there are.
        limit: points that a column may take.
    """

    starred: bool
    command: str
    size: float
    gap: float
    width: float
    limit: float


def paper_latex(table: Table, paper: Paper, slug: str) -> str:
    """The table as one or more floats, none wider or higher than the paper's.

    Args:
        slug: what ``\\label{tab:...}`` calls it.
    """
    fit = next((fit for fit in _fits(paper) if table_width(table, fit, paper) <= fit.width), None)
    parts = [table] if fit else []
    if fit is None:
        fit = list(_fits(paper))[-1]
        parts = list(_column_blocks(table, fit, paper))
    floats = [rows for part in parts for rows in _row_blocks(part, fit, paper)]
    lines = [rf"% {paper.name}: needs \usepackage{{booktabs}} and \usepackage[T1]{{fontenc}}"]
    if any(ord(letter) > 0x24F for letter in _unusual(table)):
        lines.append("% has letters beyond Latin: XeLaTeX or LuaLaTeX with a font that has them")
    for number, part in enumerate(floats, 1):
        lines += _float(part, table, fit, paper, slug, number)
    return "\n".join(lines) + "\n"


def table_width(table: Table, fit: Fit, paper: Paper) -> float:
    """Points that a table takes, its columns as narrow as the fit asks for."""
    return sum(_column_widths(table, fit, paper)) + fit.gap * (len(table.columns) - 1)


@lru_cache(maxsize=100_000)
def times_width(text: str, *, bold: bool = False) -> float:
    """Width of a text in Times, over the size of its letters; what Times lacks is as wide as high."""
    from matplotlib.ft2font import LoadFlags

    font, letters = _times("STIXGeneralBol.ttf" if bold else "STIXGeneral.ttf")
    advances = (
        font.load_char(ord(letter), flags=LoadFlags.NO_HINTING).linearHoriAdvance / 65536 / _SCALE
        if ord(letter) in letters
        else 1.0
        for letter in text
    )
    return float(sum(advances))


_SCALE = 100


@lru_cache
def _times(file: str) -> tuple[Any, frozenset[int]]:
    """matplotlib's own Times (STIX) and the letters that it has."""
    import matplotlib as mpl
    from matplotlib.ft2font import FT2Font

    font = FT2Font(f"{mpl.get_data_path()}/fonts/ttf/{file}")
    font.set_size(_SCALE, 72)
    return font, frozenset(font.get_charmap())


def _fits(paper: Paper) -> Iterator[Fit]:
    """Ways to set a table, the most legible first."""
    spans = [(False, paper.column)] + ([(True, paper.text)] if paper.columns > 1 else [])
    for starred, width in spans:
        for (command, size), gap in zip(paper.sizes, (8.0, 5.0), strict=True):
            for share in SHARES:
                yield Fit(starred, command, size, gap, SAFETY * width, SAFETY * width * share)


def _column_widths(table: Table, fit: Fit, paper: Paper) -> list[float]:
    columns = [[Cell(name), *cells] for name, cells in zip(table.columns, columns_of(table), strict=True)]
    return [max(_cell_width(cell, fit, paper) for cell in column) for column in columns]


def _cell_width(cell: Cell, fit: Fit, paper: Paper) -> float:
    return max(_points(line, cell, fit, paper) for line in _lines(cell, fit, paper))


def _points(text: str, cell: Cell, fit: Fit, paper: Paper) -> float:
    return times_width(text, bold=cell.rank == 1) * fit.size * paper.wider


def _lines(cell: Cell, fit: Fit, paper: Paper) -> list[str]:
    return wrapped(cell.text, fit.limit, lambda text: _points(text, cell, fit, paper))


def _column_blocks(table: Table, fit: Fit, paper: Paper) -> Iterator[Table]:
    """Tables that fit, each beginning with the first column."""
    widths = _column_widths(table, fit, paper)
    block, used = [0], widths[0]
    for index in range(1, len(widths)):
        if used + fit.gap + widths[index] > fit.width and len(block) > 1:
            yield columns_kept(table, block)
            block, used = [0], widths[0]
        block.append(index)
        used += fit.gap + widths[index]
    yield columns_kept(table, block)


def _row_blocks(table: Table, fit: Fit, paper: Paper) -> Iterator[Table]:
    """Tables that are no higher than a float may be; published rows stay the last ones."""
    heights = [LEADING * fit.size * max(len(_lines(cell, fit, paper)) for cell in row) for row in rows_of(table)]
    head = LEADING * fit.size * (1 + max(len(_lines(Cell(name), fit, paper)) for name in table.columns))
    free = paper.height - head - CAPTION_LINE * (2 + len(_caption(table)) * 0.5 * 9 / fit.width)
    first, used, measured = 0, 0.0, len(heights) - table.published
    for index, height in enumerate(heights):
        if used + height > free and index > first:
            yield _rows(table, first, index, measured)
            first, used = index, 0.0
        used += height
    yield _rows(table, first, len(heights), measured)


def _rows(table: Table, first: int, last: int, measured: int) -> Table:
    return replace(table, rows=table.full_rows[first:last], published=max(0, last - max(first, measured)))


def _float(part: Table, whole: Table, fit: Fit, paper: Paper, slug: str, number: int) -> list[str]:
    environment = "table*" if fit.starred else "table"
    label = f"tab:{slug}" + (f"-{number}" if number > 1 else "")
    caption = _caption(whole) if number == 1 else rf"Continued from Table~\ref{{tab:{slug}}}."
    return [
        rf"\begin{{{environment}}}",
        r"\centering",
        r"\setlength{\emergencystretch}{3em}",
        rf"\caption{{{caption}}}",
        rf"\label{{{label}}}",
        rf"\{fit.command}",
        rf"\setlength{{\tabcolsep}}{{{fit.gap / 2:g}pt}}",
        *_tabular(part, fit, paper),
        rf"\end{{{environment}}}",
    ]


def _caption(table: Table) -> str:
    text = breakable(table.caption)
    if table.ranked:
        text += RANKS + (", of those measured here." if table.published else ".")
    return text


def _tabular(table: Table, fit: Fit, paper: Paper) -> list[str]:
    alignment = "".join("r" if numeric else "l" for numeric in table.numeric)
    heading = [Cell(name) for name in table.columns]
    lines = [rf"\begin{{tabular}}{{@{{}}{alignment}@{{}}}}", r"\toprule", _row(heading, table, fit, paper), r"\midrule"]
    measured = len(table.rows) - table.published
    for index, row in enumerate(table.full_rows):
        if table.published and 0 < index == measured:
            lines.append(r"\midrule")
        lines.append(_row(row, table, fit, paper))
    return [*lines, r"\bottomrule", r"\end{tabular}"]


def _row(cells: Sequence[Cell], table: Table, fit: Fit, paper: Paper) -> str:
    pairs = zip(cells, table.numeric, strict=True)
    return " & ".join(_cell(cell, "r" if numeric else "l", fit, paper) for cell, numeric in pairs) + r" \\"


def _cell(cell: Cell, side: str, fit: Fit, paper: Paper) -> str:
    lines = [ranked(cell, latex_text(line), LATEX_RANKS) for line in _lines(cell, fit, paper)]
    if len(lines) == 1:
        return lines[0]
    return rf"\begin{{tabular}}[c]{{@{{}}{side}@{{}}}}" + r" \\ ".join(lines) + r"\end{tabular}"


def latex_text(text: str) -> str:
    r"""Text as LaTeX prints it, a metric's label with its index below, an arrow for its direction.

    >>> latex_text("P_Norm ↑"), latex_text("SR0.5"), latex_text("a_b")
    ('P\\textsubscript{Norm}~$\\uparrow$', 'SR\\textsubscript{0.5}', 'a\\_b')
    """
    match = _ARROWED.fullmatch(text)
    assert match is not None
    parts = filter(None, (_name(match["name"]), _ARROWS[match["arrow"]]))
    return "~".join(parts)


def _name(text: str) -> str:
    index = _INDEX.fullmatch(text)
    if index is None or text not in {metric.label for metric in METRICS.values()}:
        return escape_latex(text)
    return rf"{index['stem']}\textsubscript{{{index['index']}}}"


def breakable(text: str) -> str:
    r"""LaTeX of a text whose long words may be broken without a hyphen.

    >>> breakable("a/long/name-of-a-model")
    'a/long/name-of-a-\\allowbreak{}model'
    """
    words = (wrapped(word, _WORD, len) for word in text.split())
    return " ".join(BREAK.join(map(escape_latex, parts)) for parts in words)


def _unusual(table: Table) -> set[str]:
    texts = [table.caption, *table.columns, *(cell.text for row in table.rows for cell in row)]
    return {letter for text in texts for letter in text if ord(letter) > 0x7F} - set("–†↑↓…’“”")
