"""Tables of what is left of scores: one row a tracker, and one row a variation."""

from __future__ import annotations

import pandas as pd

from evalkit.robustness.summary import summary_table
from evalkit.scoring.metrics import label_of
from reports.cells import Cell, Table
from reports.tables import number, word

_MEASURES = {"psnr": ("PSNR", "{:.1f}"), "ssim": ("SSIM", "{:.3f}"), "queries": ("Queries a frame", "{:.1f}")}


def robustness_table(summary: pd.DataFrame) -> Table:
    """Trackers: clean, mean under variations, relative drop, worst case.

    Args:
        summary: of :func:`evalkit.robustness.summary.summary_table`.
    """
    rows = []
    for row in summary.to_dict("records"):
        drop = number(row["relative_drop"], "{:.1f} %", 100)
        worst = Cell(f"{row['worst']}: {100 * row['lowest']:.1f}", row["lowest"])
        figures = (number(row["clean"], scale=100), number(row["varied"], scale=100), drop)
        rows.append((word(row["tracker"]), word(row["benchmark"]), number(row["clips"], "{:.0f}"), *figures, worst))
    columns = ("Tracker", "Benchmark", "Clips", "Clean", "Mean varied", "Relative drop", "Worst")
    caption = (
        f"{_metrics(summary)}, in per cent. Mean over all variations that were run, each weighed alike; the drop is "
        "relative to the clean figure of the same clips."
    )
    numeric = (False, False, True, True, True, True, False)
    return Table("robustness", caption, columns, tuple(rows), numeric, keys=tuple(summary["tracker"]))


def variation_table(table: pd.DataFrame, benchmark: str) -> Table:
    """Variations of one benchmark x trackers: what each still reaches, and how large an attack's change is.

    Args:
        table: of :func:`evalkit.robustness.degradation.degradation_table`.
    """
    part = table[table["benchmark"] == benchmark]
    trackers = list(dict.fromkeys(part["tracker"]))
    measures = [name for name in _MEASURES if part[name].notna().any()]
    rows = [_clean(part, trackers, len(measures))]
    for (kind, variation, level), group in part.groupby(["kind", "variation", "level"], sort=False):
        values = group.set_index("tracker")
        figures = [number(values["value"].get(tracker), scale=100) for tracker in trackers]
        sizes = [number(group[name].mean(), _MEASURES[name][1]) for name in measures]
        rows.append((word(kind), word(variation), number(level or None, "{:.0f}"), *figures, *sizes))
    columns = ("Kind", "Variation", "Level", *trackers, *(_MEASURES[name][0] for name in measures))
    caption = f"{_metrics(part)} on {benchmark} under each variation, in per cent."
    if measures:
        caption += " PSNR in dB, SSIM and queries: means over the attacked frames and over the trackers."
    numeric = (False, False, *(True for _ in columns[2:]))
    return Table("variations", caption, columns, tuple(rows), numeric)


def _clean(part: pd.DataFrame, trackers: list[str], sizes: int) -> tuple[Cell, ...]:
    values = part.groupby("tracker")["clean"].first()
    figures = (number(values.get(tracker), scale=100) for tracker in trackers)
    return (word("none"), word("clean"), number(None), *figures, *(number(None) for _ in range(sizes)))


def _metrics(table: pd.DataFrame) -> str:
    pairs = dict.fromkeys(zip(table["metric"], table["protocol"], strict=True))
    return ", ".join(f"{label_of(metric)} by the {protocol} rules" for metric, protocol in pairs)


def robustness_tables(table: pd.DataFrame, benchmark: str, protocol: str) -> list[Table]:
    """Both tables of a view; none where nothing was run under variations."""
    part = table[(table["benchmark"] == benchmark) & (table["protocol"] == protocol)]
    return [robustness_table(summary_table(part)), variation_table(part, benchmark)] if len(part) else []
