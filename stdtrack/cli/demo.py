"""``stdtrack demo``: the whole way once, without data or download."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stdtrack.cli.messages import echo_line, example
from stdtrack.cli.results import tell as say
from stdtrack.cli.run import run_watched, tell

if TYPE_CHECKING:
    import pandas as pd

    from reports.inputs import ReportTables

BENCHMARKS = ("demo", "demo_lt")
TRACKERS = ("stdtrack:nano", "opencv:csrt", "opencv:kcf", "opencv:mil")


@click.command(epilog=example("stdtrack demo --out demo"))
@click.option("--out", "-o", type=click.Path(path_type=Path), default=Path("stdtrack-demo"), show_default=True,
              help="Folder for data, results and report.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the rendered scenes.")
def demo(out: Path, seed: int) -> None:
    """Render a small synthetic benchmark, run four trackers on it one after another, score, time and report."""
    from evalkit.benchmarks.synthetic.writer import render, render_long_term
    from evalkit.scoring.evaluate import Told
    from reports.plots import left_out
    from reports.report import write_report
    from stdtrack.api.report_tables import collect

    data, runs = out / "data", out / "runs"
    echo_line(f"rendering the scenes of seed {seed} into {data}")
    render(data, seed)
    render_long_term(data, seed)
    summary = run_watched(TRACKERS, on=BENCHMARKS, data=data, out=runs, fresh=True)
    click.echo("scoring and drawing the report", err=True)
    told = Told(say)
    tables, _ = collect(runs, benchmarks=BENCHMARKS, data=data, told=told)
    told.add("plots", left_out())
    files = write_report(tables, out / "report")
    print_comparison(tables)
    print_long_term(tables)
    echo_line(f"report: {files.page}", err=False)
    tell(summary, out)


def print_comparison(tables: ReportTables) -> None:
    """The table that the demo is for, on stdout: the best tracker first, untrained ones marked."""
    from rich.console import Console
    from rich.table import Table

    values = _figures(tables, "demo").sort_values("auc", ascending=False)
    speeds = {speed["tracker"]: speed for speed in tables.speeds.to_dict("records") if speed["benchmark"] == "demo"}
    table = Table(title="demo (synthetic), protocol: official")
    for column in ("tracker", "AUC", "AO", "FPS", "scope", "threads", "device"):
        table.add_column(column, justify="right" if column in ("AUC", "AO", "FPS", "threads") else "left")
    for tracker, value in values.iterrows():
        speed = speeds[tracker]
        conditions = (str(speed[name]) for name in ("scope", "threads", "device"))
        table.add_row(
            _label(tracker, tables),
            f"{value['auc']:.3f}",
            f"{value['ao']:.3f}",
            f"{speed['fps_median']:.1f}",
            *conditions,
        )
    Console().print(table)


def print_long_term(tables: ReportTables) -> None:
    """What happens when the target leaves and comes back: F, what is said of absence, and how often it is found."""
    from rich.console import Console
    from rich.table import Table

    from evalkit.scoring.metrics import label_of
    from reports.views import format_metric

    values = _figures(tables, "demo_lt").sort_values("f_score", ascending=False)
    metrics = [name for name in ("f_score", "tpr", "tnr", "redetected", "redetection_delay") if name in values]
    table = Table(title="demo_lt: the target leaves and comes back (docs/long-term.md)")
    table.add_column("tracker")
    for name in metrics:
        table.add_column(label_of(name), justify="right")
    for tracker, value in values.iterrows():
        table.add_row(_label(tracker, tables), *(format_metric(name, value[name]) for name in metrics))
    Console().print(table)


def _figures(tables: ReportTables, benchmark: str) -> pd.DataFrame:
    """Trackers x metrics of a benchmark, over all its sequences."""
    overall = tables.scores[tables.scores["sequence"].isna() & (tables.scores["benchmark"] == benchmark)]
    return overall.pivot(index="tracker", columns="metric", values="value")


def _label(tracker: object, tables: ReportTables) -> str:
    """A tracker's name with its note, as a cell of a terminal's table."""
    from rich.markup import escape

    from evalkit.shown import one_line

    note = tables.facts.set_index("tracker")["note"].fillna("").to_dict().get(tracker)
    return escape(one_line(f"{tracker} ({note})" if note else str(tracker)))
