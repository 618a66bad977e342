"""How a table is written: plain text, Markdown, CSV, LaTeX; foreign text is escaped as :mod:`evalkit.shown` does."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from evalkit.shown import escape_latex, escape_markdown, spreadsheet
from reports.cells import Cell, Table

_MARKDOWN_RANKS = {1: "**{}**", 2: "<ins>{}</ins>", 3: "*{}*"}
LONGEST_TABLE = 40  # rows of a table that fits on a page
LATEX_RANKS = {1: r"\textbf{{{}}}", 2: r"\underline{{{}}}", 3: r"\textit{{{}}}"}


def plain(table: Table) -> str:
    """Columns of one width below their headings, numbers to the right; a row of one cell stands out to the left."""
    rows = [[cell.text for cell in row] for row in table.rows]
    widths = [plain_width(table, index) for index in range(len(table.columns))]
    indent = "  " if has_headed_rows(table) else ""
    lines = [table.columns, ["-" * width for width in widths], *rows]
    return "\n".join(
        indent + _aligned(line, widths, table.numeric) if len(line) == len(widths) else line[0] for line in lines
    )


def plain_width(table: Table, index: int) -> int:
    """Characters of a column of :func:`plain`."""
    cells = (row[index] for row in table.rows if len(row) == len(table.columns))
    return max(len(table.columns[index]), *(len(cell.text) for cell in cells), 0)


def has_headed_rows(table: Table) -> bool:
    """Whether rows of one cell name those below them."""
    return any(len(row) < len(table.columns) for row in table.rows)


def plain_blocks(table: Table, width: int) -> list[str]:
    """The columns in as many parts of at most ``width`` characters as it takes, each with the names of the rows.

    Two characters that rows below a heading stand in are left for them.
    """
    room = width - 2 if has_headed_rows(table) else width
    if sum(plain_width(table, index) + 2 for index in range(len(table.columns))) - 2 <= room:
        return [plain(table)]
    from reports.layout import GAP, column_blocks  # most tables do without

    return [plain(block) for block in column_blocks(table, room + GAP, plain_width)]  # none behind the last column


def _aligned(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    padded = [
        cell.rjust(width) if number else cell.ljust(width)
        for cell, width, number in zip(cells, widths, numeric, strict=True)
    ]
    return "  ".join(padded).rstrip()


def markdown(table: Table) -> str:
    """A GitHub table with its caption above; best three **bold**, underlined, *italic*."""
    legend = " Best **bold**, second <ins>underlined</ins>, third *italic*." if table.ranked else ""
    return f"{escape_markdown(table.caption)}{legend}\n\n{markdown_grid(table)}"


def markdown_grid(table: Table) -> str:
    """The GitHub table alone."""
    rules = ["---:" if numeric else ":---" for numeric in table.numeric]
    lines = [_row(map(escape_markdown, table.columns)), _row(rules)]
    lines += [
        _row(ranked(cell, escape_markdown(cell.text), _MARKDOWN_RANKS) for cell in row) for row in table.full_rows
    ]
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def ranked(cell: Cell, text: str, forms: dict[int, str]) -> str:
    """A cell's text in the form of its rank."""
    return text if cell.rank is None else forms[cell.rank].format(text)


def comma_separated(table: Table) -> str:
    """CSV of the raw values in full precision; no text in it is a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(map(spreadsheet, [*(name for name, _ in table.context), *table.columns]))
    facts = [spreadsheet(value) for _, value in table.context]
    writer.writerows([*facts, *map(_raw, row)] for row in table.full_rows)
    return buffer.getvalue()


def _raw(cell: Cell) -> str:
    return cell.raw if isinstance(cell.value, int | float) else spreadsheet(cell.raw)


def latex(table: Table) -> str:
    """A booktabs table to ``\\input``, a longtable where it would not fit on a page."""
    legend = r" Best \textbf{bold}, second \underline{underlined}, third \textit{italic}." if table.ranked else ""
    caption = rf"\caption{{{escape_latex(table.caption)}{legend}}}"
    long = len(table.rows) > LONGEST_TABLE
    packages = "booktabs,longtable" if long else "booktabs"
    lines = [rf"% needs \usepackage{{{packages}}} and \usepackage[T1]{{fontenc}}"]
    if long:
        header, *body = _latex_rows(table)
        lines += [rf"\begin{{longtable}}{{{_alignment(table)}}}", caption + r" \\", r"\toprule", header, r"\midrule"]
        lines += [r"\endhead", *body, r"\bottomrule", r"\end{longtable}"]
    else:
        lines += [r"\begin{table}", r"\centering", caption, latex_grid(table).rstrip("\n"), r"\end{table}"]
    return "\n".join(lines) + "\n"


def latex_grid(table: Table) -> str:
    """The booktabs ``tabular`` alone."""
    header, *body = _latex_rows(table)
    lines = [rf"\begin{{tabular}}{{{_alignment(table)}}}", r"\toprule", header, r"\midrule"]
    return "\n".join([*lines, *body, r"\bottomrule", r"\end{tabular}"]) + "\n"


def _alignment(table: Table) -> str:
    return "".join("r" if numeric else "l" for numeric in table.numeric)


def _latex_rows(table: Table) -> list[str]:
    """The heading and the rows."""
    cells = [[ranked(cell, escape_latex(cell.text), LATEX_RANKS) for cell in row] for row in table.full_rows]
    return [" & ".join(row) + r" \\" for row in [[*map(escape_latex, table.columns)], *cells]]


FORMATS = {"md": markdown, "csv": comma_separated, "tex": latex}
"""Writers by file extension."""
