"""A report of whatever results are there: plots, tables and one HTML page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.entry_points import reinstall_hint
from evalkit.errors import InputError
from evalkit.scoring.front import use_cache
from evalkit.scoring.naming import Naming, as_naming
from evalkit.suggestions import as_names, some, suggestion
from stdtrack.loggers import check

if TYPE_CHECKING:
    from evalkit.scoring.evaluate import Caveat, Refused, Tell
    from reports.inputs import ReportTables
    from reports.report import ReportFiles

PARTS = ("plots", "tables", "html")


@dataclass(frozen=True)
class Reported:
    """What :func:`report` wrote.

    Attributes:
        page: the HTML page; None where it was not asked for.
        plots, tables: the other files.
        caveats: what to know about the figures.
        refused: trackers that are not in it, each with the reason.
    """

    page: Path | None
    plots: tuple[Path, ...]
    tables: tuple[Path, ...]
    caveats: tuple[Caveat, ...] = ()
    refused: tuple[Refused, ...] = ()


def report(
    results: str | Path,
    *,
    out: str | Path,
    profiles: Iterable[str | Path] = (),
    on: str | Iterable[str] = (),
    data: str | Path | None = None,
    annotations: str | Path | None = None,
    protocols: str | Iterable[str] = (),
    exclude: str | Iterable[str] = (),
    published: bool = False,
    parts: str | Iterable[str] = PARTS,
    names: Mapping[str, str] | Naming | None = None,
    order: str | Iterable[str] = (),
    highlight: str | Iterable[str] = (),
    style: str = "default",
    metrics: str | Iterable[str] = (),
    transpose: bool = False,
    log: str | Iterable[str] = (),
    cache: bool = True,
    tell: Tell | None = None,
) -> Reported:
    """Report on results: plots (PNG, SVG, PDF), tables (Markdown, CSV, LaTeX), one offline HTML page.

    Parts of a benchmark are reported as they are and marked, such as "5 of 100 sequences".

    Args:
        results: as :func:`stdtrack.score` takes them.
        out: folder of the report; an earlier one stays until this one is whole.
        profiles: folders that ``stdtrack profile --out`` wrote.
        on: benchmarks; all that our own runs have results on if empty.
        data, annotations, protocols, exclude, cache, tell: as :func:`stdtrack.score` takes them.
        published: add published figures of other trackers, marked as such.
        parts: of ``plots``, ``tables`` and ``html``.
        names, order, highlight: how trackers are called and ordered, as :meth:`Scores.named` takes them.
        style: ``cvpr``, ``ieee`` or ``beamer``: figures and LaTeX tables that fit the class's columns.
        metrics, transpose: of tables of scores, such as ``["auc", "fps"]``, all if empty; a column a tracker.
        log: of the figures, and of page and tables as a run ``report``; as :meth:`Scores.log` takes it.

    Raises:
        InputError: no results, no annotation, no tracker that can be scored, or a folder that cannot be written.

    Example:
        >>> import stdtrack as st
        >>> written = st.report("results", on="folder", data="clips", out="report", parts="tables")
        >>> sorted(path.name for path in written.tables)[:2]
        ['scores.csv', 'scores.md']
    """
    from evalkit.scoring.evaluate import Told
    from evalkit.scoring.opening import as_folder
    from reports.choice import chosen_metrics
    from reports.labelled import with_labels
    from reports.paper import paper_named
    from reports.published import published as read_published
    from reports.report import write_report
    from stdtrack.api.report_tables import collect

    check(log)
    told, chosen, paper, shown = Told(tell), _chosen(parts), paper_named(style), chosen_metrics(as_names(metrics))
    tables, refused = collect(
        as_folder(results), _folders(profiles), benchmarks=as_names(on), data=data, annotations=annotations, told=told,
        protocols=as_names(protocols), exclude=as_names(exclude), parts=chosen, cached=use_cache(cache, told),
    )  # fmt: skip
    tables = with_labels(tables, as_naming(names, order, highlight), others={one.tracker: None for one in refused})
    tables = replace(tables, metrics=shown, published=read_published() if published else tables.published)
    told.add("names", tables.named.remarks)
    told.add("plots", _about_plots(tables) if "plots" in chosen else [])
    files = write_report(tables, Path(out), parts=chosen, paper=paper, transpose=transpose)
    _log(tables, files, log)
    return Reported(files.page, files.plots, files.tables, tuple(told.caveats), tuple(refused))


def _folders(places: str | Path | Iterable[str | Path]) -> list[Path]:
    return [Path(place) for place in ([places] if isinstance(places, str | Path) else places)]


def _chosen(parts: str | Iterable[str]) -> tuple[str, ...]:
    """The parts of a report that are wanted, all by default."""
    chosen = as_names(parts) or PARTS
    unknown = [part for part in chosen if part not in PARTS]
    if unknown:
        raise InputError(f"--only has no part '{unknown[0]}'", hint=suggestion(unknown[0], PARTS, "parts"))
    return chosen


def _log(tables: ReportTables, files: ReportFiles, log: str | Iterable[str]) -> None:
    """The figures, a run a tracker, and the page and tables as a run of their own."""
    from stdtrack.api.logged import log_files, log_scores

    log_scores(tables.scores, log)
    log_files("report", [*([] if files.page is None else [files.page]), *files.tables], log)


def _about_plots(tables: ReportTables) -> list[str]:
    """Why kinds of plots, or letters in them, are lacking."""
    from reports.plots import left_out  # matplotlib takes longer to import than tables need to be written

    lines = (reinstall_hint("stdtrack.plots"), missing_letters(tables), *left_out())
    return [line for line in lines if line]


def missing_letters(tables: ReportTables) -> str:
    """What to know where no installed font has a letter of some name; empty where one has each."""
    from reports.plots.fonts import fallbacks

    letters = sorted(fallbacks(tables.texts)[1])
    if not letters:
        return ""
    return f"no installed font has {some(letters)}: boxes stand for them; install one, such as Noto Sans CJK"
