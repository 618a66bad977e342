"""Published figures of lightweight trackers, each row with its source; conflicting sources stand side by side."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

from evalkit.errors import InputError
from evalkit.reading.text import decode, read_bytes
from evalkit.scoring.metrics import METRICS
from reports.inputs import PUBLISHED as COLUMNS
from reports.inputs import records
from reports.published_speeds import speed_kind
from reports.tables import NO_VALUE, Cell, Table, number, word

NOT_STATED = "not stated"
MARK = "†"
"""Of a figure that others published."""
_NOTE = f"{MARK} Published figures of the whole benchmark, not measured here; speeds on their authors' devices."
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)


@cache
def _read() -> pd.DataFrame:
    file = resources.files("reports").joinpath("published.csv")
    return parse_published(read_bytes(file), str(file))


def published() -> pd.DataFrame:
    """The published figures, one a row: the table of :func:`parse_published` that comes with the package."""
    return _read().copy()


def parse_published(content: bytes, place: str) -> pd.DataFrame:
    """Figures out of a CSV file.

    Args:
        content: of the file, whose first line names the columns.
        place: named in errors.

    Returns:
        tracker; quantity (``ao``, ``auc``, ``precision``, ..., ``parameters``, ``macs``, ``flops``, ``gpu_fps``,
        ``cpu_fps``, ``edge_fps``); benchmark (empty for a quantity that has none); value in the given unit, NaN for
        "not stated"; device; note; source.

    Raises:
        InputError: with the line: it has other columns, or a value that is no number.
    """
    try:
        reader = csv.reader(io.StringIO(decode(content, place), newline=""), strict=True)
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise InputError(f"is no CSV file: {error}", path=place) from error
    if not rows or tuple(rows[0][1]) != COLUMNS:
        raise InputError(f"the first line must be {','.join(COLUMNS)}", path=place, row=1)
    for line, row in rows[1:]:
        if len(row) != len(COLUMNS):
            raise InputError(f"has {len(row)} columns, expected {len(COLUMNS)}", path=place, row=line)
    table = pd.DataFrame([row for _, row in rows[1:]], columns=list(COLUMNS), dtype=str)
    table["value"] = [_value(row[COLUMNS.index("value")], place, line) for line, row in rows[1:]]
    return table


def _value(text: str, place: str, line: int) -> float:
    if text == NOT_STATED:
        return math.nan
    if not _NUMBER.fullmatch(text):
        raise InputError(f"{text[:40]!r} is neither a number nor '{NOT_STATED}'", path=place, row=line)
    return float(text)


def comparable(table: pd.DataFrame, benchmark: str, metric: str, device: str) -> list[dict[str, Any]]:
    """What a speed-accuracy plot shows of each tracker that has both a published score and a published speed.

    Args:
        table: :func:`published`.
        device: of the measured speeds; published GPU speeds join those of a GPU, CPU speeds those of a CPU.

    Returns:
        tracker, label, fps, score (fraction) and parameters (None where not stated), from the first source of each.
    """
    stated = table.dropna(subset=["value"]).drop_duplicates(["tracker", "quantity", "benchmark"])
    stated = stated[stated["benchmark"].isin(["", benchmark])]
    values = stated.pivot(index="tracker", columns="quantity", values="value")
    speed = speed_kind(device)
    if metric not in values or speed not in values:
        return []
    values = values.reindex(columns=sorted({*values.columns, "parameters"})).dropna(subset=[metric, speed])
    return [
        {
            "tracker": str(tracker),
            "label": str(tracker),
            "fps": float(row[speed]),
            "score": float(row[metric]) / 100,
            "parameters": None if pd.isna(row["parameters"]) else 1e6 * float(row["parameters"]),
        }
        for tracker, row in values.iterrows()
    ]


_QUANTITIES = {"parameters": "parameters", "macs": "macs"}
"""Quantities of published figures by columns of a table of scores that are no metrics."""


def with_published(table: Table, names: Sequence[str], published: pd.DataFrame, benchmark: str, device: str) -> Table:
    """A table of scores with rows of published figures below the measured ones.

    Args:
        names: what the columns behind the trackers' names hold.
        published: :func:`published`.
        benchmark: whose figures.
        device: that speeds were measured on: those of a GPU stand beside measured ones of a GPU alone.
    """
    quantities = {
        name: name if name in METRICS and METRICS[name].percent else _QUANTITIES.get(name, "") for name in names
    }
    if "fps" in quantities:
        quantities["fps"] = speed_kind(device)
    stated = published[published["benchmark"].isin(["", benchmark])].dropna(subset=["value"])
    values = {key: list(part) for key, part in stated.groupby(["tracker", "quantity"], sort=False)["value"]}
    scored = [name for name in quantities if name in METRICS]
    trackers = [name for name in dict.fromkeys(stated["tracker"]) if any((name, q) in values for q in scored)]
    if not trackers:
        return table
    rows = tuple(
        (Cell(f"{tracker} {MARK}"), *(_stated(name, values.get((tracker, q), ())) for name, q in quantities.items()))
        for tracker in trackers
    )
    keys = (*table.keys, *("" for _ in rows))
    return replace(table, rows=(*table.rows, *rows), keys=keys, published=len(rows), caption=f"{table.caption} {_NOTE}")


def _stated(name: str, values: Sequence[float]) -> Cell:
    """Published figures side by side where sources differ; with the digits of the measured ones."""
    metric = METRICS.get(name)
    digits = metric.digits if metric else 2 if name in ("parameters", "macs") else 1
    texts = dict.fromkeys(f"{value:.{digits}f}" for value in values)
    if len(texts) == 1 and metric:
        return Cell(next(iter(texts)), values[0] / 100)
    return Cell(" / ".join(texts) or NO_VALUE, " / ".join(texts))


# What papers' overview tables show, in their order: (quantity, benchmark) by column title.
OVERVIEW = {
    "GOT-10k AO": ("ao", "got10k"),
    "LaSOT AUC": ("auc", "lasot"),
    "TrackingNet AUC": ("auc", "trackingnet"),
    "LaSOT_ext AUC": ("auc", "lasot_ext"),
    "TNL2K AUC": ("auc", "tnl2k"),
    "UAV123 AUC": ("auc", "uav123"),
    "NFS AUC": ("auc", "nfs30"),
    "Params [M]": ("parameters", ""),
    "MACs [G]": ("macs", ""),
    "FLOPs [G]": ("flops", ""),
    "GPU FPS": ("gpu_fps", ""),
    "CPU FPS": ("cpu_fps", ""),
    "Edge FPS": ("edge_fps", ""),
}


def published_tables(table: pd.DataFrame) -> tuple[Table, Table]:
    """An overview, a row a tracker, and the full list with device, note and source of every figure."""
    return _overview(table), _sources(table)


def _overview(table: pd.DataFrame) -> Table:
    stated = dict(list(table.groupby(["tracker", "quantity", "benchmark"], sort=False)))
    body = []
    trackers = tuple(dict.fromkeys(table["tracker"]))
    for tracker in trackers:
        cells = [Cell(f"{tracker} {MARK}")]
        for quantity, benchmark in OVERVIEW.values():
            part = stated.get((tracker, quantity, benchmark))
            cells.append(Cell("–") if part is None else Cell(_joined(part["value"])))
        body.append(tuple(cells))
    caption = (
        f"{MARK} Published figures, not measured here; speeds are each on their authors' device. Where sources "
        f"conflict, all their figures stand side by side; '{NOT_STATED}': the paper's obtainable text does not say."
    )
    columns = ("Tracker", *OVERVIEW)
    return Table("published", caption, columns, tuple(body), (False, *(True for _ in OVERVIEW)), keys=trackers)


def _joined(values: pd.Series[float]) -> str:
    return " / ".join(dict.fromkeys(NOT_STATED if pd.isna(value) else f"{value:g}" for value in values))


def _sources(table: pd.DataFrame) -> Table:
    body = tuple(
        (
            Cell(f"{row['tracker']} {MARK}"),
            *(word(row[name]) for name in ("quantity", "benchmark")),
            Cell(NOT_STATED) if pd.isna(row["value"]) else number(row["value"], "{:g}"),
            *(word(row[name]) for name in ("unit", "device", "note", "source")),
        )
        for row in records(table)
    )
    columns = ("Tracker", "Quantity", "Benchmark", "Value", "Unit", "Device", "Note", "Source")
    caption = (
        f"{MARK} Published figures, not measured here, each with its source; devices and counters differ between them."
    )
    return Table("published_sources", caption, columns, body, (False, False, False, True, False, False, False, False))
