"""``stdtrack report``: plots, tables and one HTML page of whatever results are there."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.errors import InputError
from evalkit.suggestions import suggestion
from stdtrack.cli.messages import echo_line
from stdtrack.cli.options import PROTOCOLS, comma_list, data_options, exclude_option, no_cache_option, protocol_option
from stdtrack.cli.results import exit_if_refused, use_cache

PARTS = ("plots", "tables", "html")


@click.command()
@click.argument("results", metavar="RUNS", type=click.Path(path_type=Path))
@click.argument("profiles", metavar="[PROFILE_DIR]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--out", "-o", type=click.Path(path_type=Path), required=True, help="Folder of the report.")
@comma_list("--on", "benchmarks", metavar="BENCHMARK[,...]", help="Benchmarks. [default: all that RUNS holds]")
@data_options
@protocol_option(f"Rules: {', '.join(PROTOCOLS)}. [default: the benchmark's own]")
@exclude_option
@no_cache_option
@click.option("--published", is_flag=True, help="Add published figures of other trackers, marked as such.")
@comma_list("--only", "parts", words=PARTS, metavar="PART[,...]", help=f"Of {', '.join(PARTS)}. [default: all]")
def report(
    results: Path, profiles: tuple[Path, ...], out: Path, benchmarks: tuple[str, ...], data: Path | None,
    annotations: Path | None, protocols: tuple[str, ...], exclude: tuple[str, ...], no_cache: bool,
    published: bool, parts: tuple[str, ...],
) -> None:  # fmt: skip
    """Report on the results in RUNS: plots (PNG, SVG, PDF), tables (Markdown, CSV, LaTeX), one offline HTML page.

    Parts of a benchmark are reported as they are and marked, such as "5 of 100 sequences". A PROFILE_DIR is a folder
    that `stdtrack profile --out` wrote.
    """
    from reports.report import write_report
    from stdtrack.cli.report_tables import collect

    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        raise InputError(f"--only has no part '{unknown[0]}'", hint=suggestion(unknown[0], PARTS, "parts"))
    chosen = parts or PARTS
    tables, refused = collect(
        results,
        profiles,
        benchmarks=benchmarks,
        data=data,
        annotations=annotations,
        protocols=protocols,
        exclude=exclude,
        pictures="html" in chosen,
        cached=use_cache(no_cache),
    )
    files = write_report(tables, out, parts=chosen, published=published)
    echo_line(f"{len(files.plots)} plot files, {len(files.tables)} table files in {out}")
    if files.page is not None:
        echo_line(f"open {files.page.resolve().as_uri()}")
    exit_if_refused(refused)
