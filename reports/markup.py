"""How a table is written: Markdown, CSV and LaTeX, everything from outside escaped as :mod:`evalkit.shown` does."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from evalkit.shown import escape_latex, escape_markdown, spreadsheet
from reports.tables import Cell, Table

_MARKDOWN_RANKS = {1: "**{}**", 2: "<ins>{}</ins>", 3: "*{}*"}
LONGEST_TABLE = 40  # rows of a table that fits on a page
_LATEX_RANKS = {1: r"\textbf{{{}}}", 2: r"\underline{{{}}}", 3: r"\textit{{{}}}"}


def markdown(table: Table) -> str:
    """A GitHub table with its caption above; best three **bold**, underlined, *italic*."""
    legend = " Best **bold**, second <ins>underlined</ins>, third *italic*." if table.ranked else ""
    rules = ["---:" if numeric else ":---" for numeric in table.numeric]
    lines = [escape_markdown(table.caption) + legend, "", _row(map(escape_markdown, table.columns)), _row(rules)]
    lines += [_row(_ranked(cell, escape_markdown(cell.text), _MARKDOWN_RANKS) for cell in row) for row in table.rows]
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _ranked(cell: Cell, text: str, forms: dict[int, str]) -> str:
    return text if cell.rank is None else forms[cell.rank].format(text)


def comma_separated(table: Table) -> str:
    """CSV of the raw values in full precision; no text in it is a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(map(spreadsheet, [*(name for name, _ in table.context), *table.columns]))
    facts = [spreadsheet(value) for _, value in table.context]
    writer.writerows([*facts, *map(_raw, row)] for row in table.rows)
    return buffer.getvalue()


def _raw(cell: Cell) -> str:
    return cell.raw if isinstance(cell.value, int | float) else spreadsheet(cell.raw)


def latex(table: Table) -> str:
    """A booktabs table to ``\\input``, a longtable where it would not fit on a page."""
    legend = r" Best \textbf{bold}, second \underline{underlined}, third \textit{italic}." if table.ranked else ""
    columns = "".join("r" if numeric else "l" for numeric in table.numeric)
    caption = rf"\caption{{{escape_latex(table.caption)}{legend}}}"
    header = " & ".join(map(escape_latex, table.columns)) + r" \\"
    body = [
        " & ".join(_ranked(cell, escape_latex(cell.text), _LATEX_RANKS) for cell in row) + r" \\" for row in table.rows
    ]
    packages = "booktabs,longtable" if len(body) > LONGEST_TABLE else "booktabs"
    lines = [rf"% needs \usepackage{{{packages}}} and \usepackage[T1]{{fontenc}}"]
    if len(body) > LONGEST_TABLE:
        lines += [rf"\begin{{longtable}}{{{columns}}}", caption + r" \\", r"\toprule", header, r"\midrule", r"\endhead"]
        lines += [*body, r"\bottomrule", r"\end{longtable}"]
    else:
        lines += [r"\begin{table}", r"\centering", caption, rf"\begin{{tabular}}{{{columns}}}", r"\toprule", header]
        lines += [r"\midrule", *body, r"\bottomrule", r"\end{tabular}", r"\end{table}"]
    return "\n".join(lines) + "\n"


FORMATS = {"md": markdown, "csv": comma_separated, "tex": latex}
"""Writers by file extension."""
