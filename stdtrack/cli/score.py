"""``stdtrack score``: results against annotation, by each benchmark's own rules."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.errors import InputError
from stdtrack.cli.bars import late_bar
from stdtrack.cli.messages import example
from stdtrack.cli.naming import is_wanted, naming_of, naming_options, project_of, tell_remarks
from stdtrack.cli.options import (
    PROTOCOLS,
    Word,
    benchmark_option,
    data_options,
    exclude_option,
    log_option,
    no_cache_option,
    protocol_option,
)
from stdtrack.cli.results import exit_if_refused, say, tell

if TYPE_CHECKING:
    import pandas as pd

    from evalkit.scoring.scores import BenchmarkScore

_FORMATS = ("table", "json", "csv", "markdown", "latex")
_TABLES = (".csv", ".parquet")
_FILE = click.Path(path_type=Path, dir_okay=False)


YOUNG_OBJECTS = 50_000
"""Between two searches for cycles, of which scoring makes none: Python's 700 cost it a tenth of its time."""


@click.command(epilog=example("stdtrack score runs --on otb100 --protocol official,pysot --by attribute"))
@click.argument("results", type=click.Path(path_type=Path))
@benchmark_option("Benchmarks, such as otb100,lasot.", required=True)
@data_options
@protocol_option(f"{', '.join(PROTOCOLS)}. [default: the benchmark's own]")
@click.option("--format", "form", type=Word(*_FORMATS), default="table", show_default=True)
@click.option("--partial", is_flag=True, help="Score a part of a benchmark; its figures are marked as such.")
@exclude_option
@click.option("--by", type=Word("attribute"), help="Also score the sequences of each attribute.")
@click.option("--per-sequence", type=_FILE, help="Write every sequence's figures to a .csv or .parquet file.")
@click.option("--per-frame", type=_FILE, help="Write every frame's boxes and overlap to a .csv or .parquet file.")
@click.option("--quality", is_flag=True, help="Also say what the trackers' own confidences are worth.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True,
              help="Processes; each scores a part of the trackers.")  # fmt: skip
@naming_options
@no_cache_option
@log_option
@click.option("--out", "-o", type=_FILE, help="Write there instead of to stdout.")
def score(
    results: Path, benchmarks: tuple[str, ...], data: Path | None, annotations: Path | None,
    protocols: tuple[str, ...], form: str, partial: bool, exclude: tuple[str, ...], by: str | None,
    per_sequence: Path | None, per_frame: Path | None, quality: bool, workers: int,
    names: tuple[str, ...], order: tuple[str, ...], highlight: tuple[str, ...], config: Path | None,
    no_cache: bool, log: tuple[str, ...], out: Path | None,
) -> None:  # fmt: skip
    """Score raw results by each benchmark's own rules, and by those of other toolkits.

    RESULTS is a folder that `stdtrack run` wrote, other people's tree (flat, pytracking, OSTrack, got10k, pysot, VOT),
    or a .zip or .tar.xz of one.
    """
    gc.set_threshold(YOUNG_OBJECTS)
    for path in (per_sequence, per_frame):
        if path is not None and path.suffix not in _TABLES:
            raise InputError(f"is neither {' nor '.join(_TABLES)}", path=path)
    from evalkit.scoring.front import score as score_results

    if log:
        from stdtrack.loggers import check

        check(log)
    naming = naming_of(names, order, highlight, project_of(config))
    with late_bar():
        scores = score_results(
            results, on=benchmarks, data=data, annotations=annotations, protocols=protocols, partial=partial,
            exclude=exclude, by=by, keep_frames=per_frame is not None, workers=workers, cache=not no_cache, tell=tell,
        )  # fmt: skip
    if is_wanted(naming):
        scores = scores.named(naming)
        tell_remarks(scores.naming.remarks)
    lines = [line for difference in scores.explain() for line in difference.lines()]
    if per_frame:
        refuse_supervised(scores.scores)
    if per_sequence:
        write_table(per_sequence, scores.table())
    if per_frame:
        write_table(per_frame, scores.per_frame())
    from evalkit.files import write_atomic
    from reports.score_formats import format_scores

    output = format_scores(list(scores), form, scores.quality() if quality else ())
    if form == "table":
        output = "\n".join([output, "", *lines] if lines else [output])
    else:
        say("protocols", lines)
    if out is None:
        click.echo(output)
    else:
        write_atomic(out, output + "\n")
    if log:
        from stdtrack.api.logged import log_scores

        log_scores(scores.table(), log)
    exit_if_refused(scores.refused)


def refuse_supervised(scores: Sequence[BenchmarkScore]) -> None:
    """A table of frames that lacks a benchmark is not written."""
    from evalkit.scoring.scores_frame import require_frames

    require_frames(scores, hint="leave out --per-frame, or these benchmarks")


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV or Parquet, by the file's suffix."""
    import io

    from evalkit.files import write_atomic
    from evalkit.imports import optional_module

    if path.suffix == ".parquet":
        stream = io.BytesIO()
        try:
            optional_module("pyarrow")
            table.to_parquet(stream, index=False)
        except ImportError as error:
            raise InputError("Parquet needs pyarrow", path=path, hint="pip install 'stdtrack[parquet]'") from error
        write_atomic(path, stream.getvalue())
    else:
        write_atomic(path, table.to_csv(index=False))
