"""A report folder: plots, tables and one HTML page, each file written whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from evalkit.files import write_atomic
from reports.inputs import ReportTables
from reports.markup import FORMATS
from reports.profiles import profile_tables
from reports.published import published as read_published
from reports.published import published_tables
from reports.style import styles
from reports.tables import Table, view_tables
from reports.views import View, views

if TYPE_CHECKING:
    from reports.plots.canvas import Plot

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
    published: bool = False,
    executor: Executor | None = None,
) -> ReportFiles:
    """Write a report of everything in ``tables`` into the folder ``out``.

    Args:
        parts: of ``plots`` (PNG, SVG, PDF), ``tables`` (Markdown, CSV, LaTeX) and ``html``.
        published: add published figures of other trackers, marked apart from the measured ones.
        executor: writes plots into their formats, which takes most of the time; None for this process.

    Raises:
        InputError: a file cannot be written.
    """
    shown = read_published() if published else None
    found = views(tables)
    plots = tuple(_write_plots(tables, found, out, shown, executor)) if "plots" in parts else ()
    written = tuple(_write_tables(tables, found, out, shown)) if "tables" in parts else ()
    page = _write_page(tables, found, out, shown) if "html" in parts else None
    return ReportFiles(page, plots, written)


def folder_of(view: View) -> str:
    """The folder of a view's files: its benchmark and protocol, anything unusual replaced."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", f"{view.benchmark}-{view.protocol}")


def _write_plots(
    tables: ReportTables, found: tuple[View, ...], out: Path, published: pd.DataFrame | None, executor: Executor | None
) -> Iterator[Path]:
    from reports.plots import draw_all  # matplotlib takes longer to import than tables need to be written
    from reports.plots.canvas import render

    drawn = styles(tables.trackers)
    stems, futures = [], []
    for view in found:
        for plot in draw_all(tables, view, drawn, published):
            stems.append(out / "plots" / folder_of(view) / plot.name)
            futures.append(_now(render, plot) if executor is None else executor.submit(render, plot))
    for stem, future in zip(stems, futures, strict=True):
        for extension, content in future.result().items():
            path = stem.with_name(f"{stem.name}.{extension}")
            write_atomic(path, content)
            yield path


def _now(render: Callable[[Plot], dict[str, bytes]], plot: Plot) -> Future[dict[str, bytes]]:
    done: Future[dict[str, bytes]] = Future()
    done.set_result(render(plot))
    return done


def _write_page(tables: ReportTables, found: tuple[View, ...], out: Path, published: pd.DataFrame | None) -> Path:
    from reports.page.render import render_page

    path = out / "report.html"
    write_atomic(path, render_page(tables, found, published))
    return path


def _write_tables(
    tables: ReportTables, found: tuple[View, ...], out: Path, published: pd.DataFrame | None
) -> Iterator[Path]:
    for view in found:
        for table in view_tables(view, tables):
            yield from _write_table(table, out / "tables" / folder_of(view))
    for table in profile_tables(tables.profiles, tables.facts):
        yield from _write_table(table, out / "tables" / "profile")
    if published is not None:
        for table in published_tables(published):
            yield from _write_table(table, out / "tables")


def _write_table(table: Table, folder: Path) -> Iterator[Path]:
    for extension, write in FORMATS.items():
        path = folder / f"{table.name}.{extension}"
        write_atomic(path, write(table))
        yield path
