"""A report folder: plots, tables and one HTML page, written whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from evalkit.files import whole_folder, write_atomic
from reports.claims import claims_table
from reports.inputs import ReportTables, with_shown_names
from reports.markup import FORMATS
from reports.profiles import profile_tables
from reports.published import published_tables
from reports.quality_view import quality_view
from reports.robustness import robustness_tables
from reports.tables import Table, view_tables
from reports.views import View, views

PARTS = ("plots", "tables", "html")


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
) -> ReportFiles:
    """Write a report of everything in ``tables`` into the folder ``out``; an earlier one stays until this one is whole.

    One plot is drawn after another in this process: those of sixty trackers in processes of their own took more memory
    and more processor time.

    Args:
        parts: of ``plots`` (PNG, SVG, PDF), ``tables`` (Markdown, CSV, LaTeX) and ``html``.

    Raises:
        InputError: no tracker has a score, or a file cannot be written.
    """
    tables.require_scores()
    tables = with_shown_names(tables)
    found = views(tables)
    with whole_folder(out) as partial:
        plots = tuple(_write_plots(tables, found, partial)) if "plots" in parts else ()
        written = tuple(_write_tables(tables, found, partial)) if "tables" in parts else ()
        page = _write_page(tables, found, partial) if "html" in parts else None
    moved = [tuple(out / path.relative_to(partial) for path in paths) for paths in (plots, written)]
    return ReportFiles(None if page is None else out / page.name, *moved)


def folder_of(view: View) -> str:
    """The folder of a view's files: its benchmark and protocol, anything unusual replaced."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", f"{view.benchmark}-{view.protocol}")


def _write_plots(tables: ReportTables, found: tuple[View, ...], out: Path) -> Iterator[Path]:
    from reports.plots import draw_all  # matplotlib takes longer to import than tables need to be written
    from reports.plots.canvas import render

    for view in found:
        for plot in draw_all(tables, view):
            for extension, content in render(plot).items():
                path = out / "plots" / folder_of(view) / f"{plot.name}.{extension}"
                write_atomic(path, content)
                yield path


def _write_page(tables: ReportTables, found: tuple[View, ...], out: Path) -> Path:
    from reports.page.render import render_page

    path = out / "report.html"
    write_atomic(path, render_page(tables, found))
    return path


def _write_tables(tables: ReportTables, found: tuple[View, ...], out: Path) -> Iterator[Path]:
    for view in found:
        left = robustness_tables(tables.robustness, view.benchmark, view.protocol)
        for table in (*view_tables(view, tables), quality_view(view, tables), *left):
            if table is not None:
                yield from _write_table(table, out / "tables" / folder_of(view))
    for table in profile_tables(tables.profiles, tables.facts):
        yield from _write_table(table, out / "tables" / "profile")
    if (claims := claims_table(tables)) is not None:
        yield from _write_table(claims, out / "tables")
    if not tables.published.empty:
        for table in published_tables(tables.published):
            yield from _write_table(table, out / "tables")


def _write_table(table: Table, folder: Path) -> Iterator[Path]:
    for extension, write in FORMATS.items():
        path = folder / f"{table.name}.{extension}"
        write_atomic(path, write(table))
        yield path
