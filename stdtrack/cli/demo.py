"""``stdtrack demo``: the whole way once, without data or download."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stdtrack.cli.messages import echo_line
from stdtrack.cli.results import tell as say
from stdtrack.cli.run import run_watched, tell

if TYPE_CHECKING:
    from reports.inputs import ReportTables

TRACKERS = ("stdtrack:nano", "opencv:csrt", "opencv:kcf", "opencv:mil")


@click.command()
@click.option("--out", "-o", type=click.Path(path_type=Path), default=Path("stdtrack-demo"), show_default=True,
              help="Folder for data, results and report.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the rendered scenes.")
def demo(out: Path, seed: int) -> None:
    """Render a small synthetic benchmark, run four trackers on it one after another, score, time and report."""
    from evalkit.benchmarks.synthetic.writer import render
    from evalkit.scoring.caveats import Told
    from reports.report import write_report
    from stdtrack.api.report_tables import collect

    data, runs = out / "data", out / "runs"
    echo_line(f"rendering the scenes of seed {seed} into {data}")
    render(data, seed)
    summary = run_watched(TRACKERS, on="demo", data=data, out=runs, fresh=True)
    click.echo("scoring and drawing the report", err=True)
    tables, _ = collect(runs, benchmarks=("demo",), data=data, told=Told(say))
    files = write_report(tables, out / "report")
    print_comparison(tables)
    echo_line(f"report: {files.page}", err=False)
    tell(summary, out)


def print_comparison(tables: ReportTables) -> None:
    """The table that the demo is for, on stdout: the best tracker first, untrained ones marked."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from evalkit.shown import one_line

    overall = tables.scores[tables.scores["sequence"].isna()]
    values = overall.pivot(index="tracker", columns="metric", values="value").sort_values("auc", ascending=False)
    speeds = {speed["tracker"]: speed for speed in tables.speeds.to_dict("records")}
    notes = tables.facts.set_index("tracker")["note"].fillna("").to_dict()
    table = Table(title=f"demo (synthetic), protocol: {', '.join(overall['protocol'].unique())}")
    for column in ("tracker", "AUC", "AO", "FPS", "scope", "threads", "device"):
        table.add_column(column, justify="right" if column in ("AUC", "AO", "FPS", "threads") else "left")
    for tracker, value in values.iterrows():
        speed, note = speeds[tracker], notes.get(tracker)
        conditions = (str(speed[name]) for name in ("scope", "threads", "device"))
        label = f"{tracker} ({note})" if note else str(tracker)
        table.add_row(
            escape(one_line(label)),
            f"{value['auc']:.3f}",
            f"{value['ao']:.3f}",
            f"{speed['fps_median']:.1f}",
            *conditions,
        )
    Console().print(table)
