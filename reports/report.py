"""A report folder: plots, tables and one HTML page, written whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import partial as bound
from pathlib import Path

from evalkit.files import whole_folder, write_atomic
from evalkit.running.steps import steps, tell_step
from reports.cells import transposed, with_arrows
from reports.claims import claims_table
from reports.inputs import ReportTables, with_shown_names
from reports.markup import FORMATS
from reports.paper import Paper
from reports.paper_tables import paper_latex
from reports.profiles import profile_tables
from reports.published import published_tables, with_published
from reports.quality_view import quality_view
from reports.robustness import robustness_tables
from reports.score_tables import column_names
from reports.tables import Table, view_tables
from reports.views import View, views

PARTS = ("plots", "tables", "html")
CORNERS = {"scores": "Metric", "attributes": "Attribute"}
"""The tables that can be written with a column a tracker, and what their rows are then."""


@dataclass(frozen=True)
class ReportFiles:
    """What was written: ``page`` is None where no page was asked for."""

    page: Path | None
    plots: tuple[Path, ...]
    tables: tuple[Path, ...]


def write_report(
    tables: ReportTables,
    out: Path,
    *,
    parts: Collection[str] = PARTS,
    paper: Paper | None = None,
    transpose: bool = False,
) -> ReportFiles:
    """Write a report of everything in ``tables`` into the folder ``out``; an earlier one stays until this one is whole.

    One plot is drawn after another in this process: those of sixty trackers in processes of their own took more memory
    and more processor time.

    Args:
        parts: of ``plots`` (PNG, SVG, PDF), ``tables`` (Markdown, CSV, LaTeX) and ``html``.
        paper: the class of documents that plots and LaTeX tables are made for; none by default. Published figures then
            stand in the tables of scores too.
        transpose: write the tables of scores and of attributes with a column a tracker.

    Raises:
        InputError: no tracker has a score, or a file cannot be written.
    """
    tables.require_scores()
    tables = with_shown_names(tables)
    found = views(tables)
    with whole_folder(out) as partial:
        plots = tuple(_write_plots(tables, found, partial, paper)) if "plots" in parts else ()
        written = tuple(_write_tables(tables, found, partial, paper, transpose)) if "tables" in parts else ()
        page = _write_page(tables, found, partial) if "html" in parts else None
    moved = [tuple(out / path.relative_to(partial) for path in paths) for paths in (plots, written)]
    return ReportFiles(None if page is None else out / page.name, *moved)


def folder_of(view: View) -> str:
    """The folder of a view's files: its benchmark and protocol, anything unusual replaced."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", f"{view.benchmark}-{view.protocol}")


def _write_plots(tables: ReportTables, found: tuple[View, ...], out: Path, paper: Paper | None) -> Iterator[Path]:
    from reports.plots import draw_all  # matplotlib takes longer to import than tables need to be written
    from reports.plots.canvas import render

    for view in found:
        for plot in draw_all(tables, view, paper=paper):
            for extension, content in render(plot).items():
                path = out / "plots" / folder_of(view) / f"{plot.name}.{extension}"
                write_atomic(path, content)
                yield path


def _write_page(tables: ReportTables, found: tuple[View, ...], out: Path) -> Path:
    from reports.page.render import render_page

    tell_step("writing the page")
    path = out / "report.html"
    write_atomic(path, render_page(tables, found))
    return path


def _write_tables(
    tables: ReportTables, found: tuple[View, ...], out: Path, paper: Paper | None, transpose: bool
) -> Iterator[Path]:
    for view in steps("writing tables", found):
        left = robustness_tables(tables.robustness, view.benchmark, view.protocol)
        for table in (*view_tables(view, tables), quality_view(view, tables), *left):
            if table is not None:
                made = _beside_published(table, view, tables) if paper else table
                corner = CORNERS.get(table.name) if transpose else None
                yield from _write_table(made, out / "tables" / folder_of(view), paper, corner)
    for table in profile_tables(tables.profiles, tables.facts):
        yield from _write_table(table, out / "tables" / "profile", paper)
    if (claims := claims_table(tables)) is not None:
        yield from _write_table(claims, out / "tables", paper)
    if not tables.published.empty:
        for table in published_tables(tables.published):
            yield from _write_table(table, out / "tables", paper)


def _beside_published(table: Table, view: View, tables: ReportTables) -> Table:
    """A table of scores with the published figures of the same benchmark below."""
    if table.name != "scores" or tables.published.empty:
        return table
    devices = tables.speeds.loc[tables.speeds["benchmark"] == view.benchmark, "device"].dropna()
    device = str(devices.iloc[0]) if len(devices) else ""
    return with_published(table, column_names(view, tables), tables.published, view.benchmark, device)


def _write_table(table: Table, folder: Path, paper: Paper | None = None, corner: str | None = None) -> Iterator[Path]:
    """A table's files.

    Args:
        corner: what the rows are of the table with a column a tracker, which is then written; None for the table as
            it is.
    """
    readable = with_arrows(table) if paper else replace(table, arrows=())
    plain = replace(table, arrows=())
    if corner is not None:
        readable, plain = transposed(table if paper else plain, corner), transposed(plain, corner)
    for extension, write in _writers(paper, f"{folder.name}-{table.name}").items():
        path = folder / f"{table.name}.{extension}"
        write_atomic(path, write(plain if extension == "csv" else readable))
        yield path


def _writers(paper: Paper | None, slug: str) -> dict[str, Callable[[Table], str]]:
    """Writers by file extension; LaTeX for the class of documents."""
    if paper is None:
        return dict(FORMATS)
    label = re.sub(r"[^A-Za-z0-9]+", "-", slug)
    return {**FORMATS, "tex": bound(paper_latex, paper=paper, slug=label)}
