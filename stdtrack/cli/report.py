"""``stdtrack report``: plots, tables and one HTML page of whatever results are there."""

from __future__ import annotations

from pathlib import Path

import click

from reports.paper import STYLES
from stdtrack.api.reporting import PARTS
from stdtrack.cli.bars import late_bar
from stdtrack.cli.messages import echo_line, example
from stdtrack.cli.naming import naming_of, naming_options, project_of
from stdtrack.cli.options import (
    PROTOCOLS,
    Word,
    benchmark_option,
    comma_list,
    data_options,
    exclude_option,
    log_option,
    no_cache_option,
    protocol_option,
)
from stdtrack.cli.results import exit_if_refused, tell


@click.command(epilog=example("stdtrack report runs --out report --name stdtrack:nano=Ours --highlight Ours"))
@click.argument("results", metavar="RUNS", type=click.Path(path_type=Path))
@click.argument("profiles", metavar="[PROFILE_DIR]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--out", "-o", type=click.Path(path_type=Path), required=True, help="Folder of the report.")
@benchmark_option("Benchmarks. [default: all that RUNS holds]")
@data_options
@protocol_option(f"Rules: {', '.join(PROTOCOLS)}. [default: the benchmark's own]")
@exclude_option
@no_cache_option
@click.option("--published", is_flag=True, help="Add published figures of other trackers, marked as such.")
@naming_options
@click.option("--style", type=Word(*STYLES), help="Figures and LaTeX tables that fit this class. [default: default]")
@comma_list("--metrics", metavar="METRIC[,...]", help="Of the tables of scores, such as auc,P_Norm,fps.")
@click.option("--transpose", is_flag=True, help="Tables of scores and attributes with a column a tracker.")
@comma_list("--only", "parts", words=PARTS, metavar="PART[,...]", help=f"Of {', '.join(PARTS)}. [default: all]")
@log_option
def report(
    results: Path, profiles: tuple[Path, ...], out: Path, benchmarks: tuple[str, ...], data: Path | None,
    annotations: Path | None, protocols: tuple[str, ...], exclude: tuple[str, ...], no_cache: bool,
    published: bool, names: tuple[str, ...], order: tuple[str, ...], highlight: tuple[str, ...], config: Path | None,
    style: str | None, metrics: tuple[str, ...], transpose: bool, parts: tuple[str, ...],
    log: tuple[str, ...],
) -> None:  # fmt: skip
    """Report on the results in RUNS: plots (PNG, SVG, PDF), tables (Markdown, CSV, LaTeX), one offline HTML page.

    Parts of a benchmark are reported as they are and marked, such as "5 of 100 sequences". A PROFILE_DIR is a folder
    that `stdtrack profile --out` wrote. A project keeps names, style and metrics in a file report.toml.
    """
    from stdtrack.api.reporting import report as write

    project = project_of(config)
    with late_bar():
        written = write(
            results, out=out, profiles=profiles, on=benchmarks, data=data, annotations=annotations,
            protocols=protocols, exclude=exclude, published=published, parts=parts,
            names=naming_of(names, order, highlight, project), style=style or project.style,
            metrics=metrics or project.metrics, transpose=transpose or project.transpose,
            log=log, cache=not no_cache, tell=tell,
        )  # fmt: skip
    echo_line(f"{len(written.plots)} plot files, {len(written.tables)} table files in {out}")
    if written.page is not None:
        echo_line(f"open {written.page.resolve().as_uri()}")
    exit_if_refused(written.refused)
