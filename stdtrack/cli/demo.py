"""``stdtrack demo``: the whole way once, without data or download."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stdtrack.cli.run import FRAME_TIMEOUT, run_watched, tell

if TYPE_CHECKING:
    import pandas as pd

    from evalkit.results import Run
    from evalkit.scores import BenchmarkScore

TRACKERS = ("stdtrack:nano", "opencv:csrt", "opencv:kcf", "opencv:mil")
_COLUMNS = ("tracker", "AUC", "AO", "FPS", "scope", "threads", "device")


@click.command()
@click.option("--out", "-o", type=click.Path(path_type=Path), default=Path("stdtrack-demo"), show_default=True,
              help="Folder for data, results and report.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the rendered scenes.")
def demo(out: Path, seed: int) -> None:
    """Render a small synthetic benchmark, run four trackers on it one after another, score, time and report."""
    from evalkit.benchmarks.demo_writer import render
    from evalkit.benchmarks.registry import open_benchmark
    from evalkit.results import list_runs
    from evalkit.runner import RunOptions
    from evalkit.selection import select
    from evalkit.speed import speed_table
    from stdtrack.cli.score import open_annotation, read_results, score_all

    click.echo(f"rendering the scenes of seed {seed} into {out}", err=True)
    render(out / "data", seed)
    runs = out / "runs"
    selections = select([open_benchmark("demo", data=out / "data")])
    summary = run_watched(TRACKERS, selections, RunOptions(runs, fresh=True), FRAME_TIMEOUT)
    annotation = open_annotation(runs, "demo", out / "data", None)
    scores = score_all(read_results(runs, annotation), annotation, ())
    found = [run for run in list_runs(runs) if run.tracker in TRACKERS]
    print_comparison(scores, speed_table(found), notes(found))
    tell(summary, out)


def notes(runs: list[Run]) -> dict[str, str]:
    """What each tracker's manifest has to say of it, such as ``untrained``."""
    return {run.tracker: run.manifest.tracker.get("note", "") for run in runs if run.manifest}


def print_comparison(scores: list[BenchmarkScore], speeds: pd.DataFrame, remarks: dict[str, str]) -> None:
    """The table that the demo is for, on stdout; the best tracker first."""
    from rich.console import Console
    from rich.table import Table

    protocol = ", ".join(sorted({score.protocol for score in scores}))
    table = Table(title=f"demo (synthetic), protocol: {protocol}")
    for column in _COLUMNS:
        table.add_column(column, justify="right" if column in ("AUC", "AO", "FPS", "threads") else "left")
    by_tracker = speeds.set_index("tracker")
    for score in sorted(scores, key=lambda score: -(score.metrics["auc"] or 0.0)):
        speed = by_tracker.loc[score.tracker]
        remark = remarks.get(score.tracker)
        table.add_row(
            score.tracker + (f" ({remark})" if remark else ""),
            *(f"{score.metrics[name]:.3f}" for name in ("auc", "ao")),
            f"{speed['fps_median']:.1f}",
            *(str(speed[name]) for name in ("scope", "threads", "device")),
        )
    Console().print(table)
