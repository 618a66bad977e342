"""What trackers' confidences are worth, beside scores: for a terminal, Markdown, LaTeX, CSV and JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from evalkit.scoring.quality.results import LOST, MEASURES, Quality
from evalkit.scoring.scores import BenchmarkScore
from evalkit.shown import one_line
from reports.cells import Cell, Table
from reports.markup import plain

COUNTS = ("frames", "lost", "absent")
CAPTION = (
    "What the trackers' own confidences are worth. ECE: calibration error against the IoU; AURC: mean risk (1 - IoU) "
    f"of the surest frames over all coverages; lost: IoU below {LOST}. ROC: area under the curve, by chance 0.5; AP: "
    "average precision, by chance the share of such frames."
)


def quality_sections(qualities: Sequence[Quality]) -> list[str]:
    """Texts for a terminal, a benchmark each: a tracker a row; those without figures below, each with the reason."""
    by_benchmark: dict[str, list[Quality]] = {}
    for each in qualities:
        by_benchmark.setdefault(each.benchmark, []).append(each)
    return [_section(name, found) for name, found in by_benchmark.items()]


def _section(benchmark: str, found: Sequence[Quality]) -> str:
    judged = [each for each in found if each.frames]
    counts = [f"{each.frames} frames with a target, {each.absent} without" for each in judged]
    same = len(set(counts)) == 1
    heading = ", ".join([f"{benchmark}, quality of the confidences", *(counts[:1] if same else [])])
    notes = [] if same else [f"{one_line(each.tracker)}: {said}" for each, said in zip(judged, counts, strict=True)]
    notes += [f"{one_line(each.tracker)}: {one_line(each.note)}" for each in found if each.note]
    return "\n".join([heading, "", *([plain(_narrow(judged))] if judged else []), *notes])


def _narrow(judged: Sequence[Quality]) -> Table:
    """What a terminal holds: the measures that any tracker has, and the share of lost frames."""
    names = [name for name in MEASURES if any(each.measures[name] is not None for each in judged)]
    rows = [
        (one_line(each.tracker), *(_figure(each.measures[name]) for name in names), f"{each.lost / each.frames:.1%}")
        for each in judged
    ]
    columns = ("tracker", *(MEASURES[name].label for name in names), "lost")
    numeric = (False, *[True] * (len(names) + 1))
    return Table("quality", CAPTION, columns, tuple(tuple(map(Cell, row)) for row in rows), numeric)


def _counts(quality: Quality) -> tuple[int, int, int]:
    return quality.frames, quality.lost, quality.absent


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def quality_rows(qualities: Sequence[Quality]) -> Table:
    """One row for each tracker and benchmark."""
    names = list(MEASURES)
    rows = tuple(
        (
            *(Cell(one_line(each.tracker)), Cell(each.benchmark)),
            *(Cell(_figure(each.measures[name]), each.measures[name]) for name in names),
            *(Cell(str(count), count) for count in _counts(each)),
            Cell(one_line(each.note)),
        )
        for each in qualities
    )
    columns = ("tracker", "benchmark", *(MEASURES[name].label for name in names), *COUNTS, "note")
    numeric = (False, False, *[True] * (len(names) + len(COUNTS)), False)
    return Table("quality", CAPTION, columns, rows, numeric)


def quality_object(quality: Quality) -> dict[str, Any]:
    """For JSON: the figures, the counts, both curves; null where there is none."""
    bins, risk = quality.reliability, quality.risk
    curves = {} if bins is None else {"low": bins.low, "high": bins.high, "frames": bins.frames}
    curves |= {} if bins is None else {"confidence": bins.confidence, "overlap": bins.overlap}
    thinned = None if risk is None else risk.thinned()
    return {
        **{name: quality.measures[name] for name in MEASURES},
        **dict(zip(COUNTS, _counts(quality), strict=True)),
        "reliability": None if bins is None else {name: _numbers(values) for name, values in curves.items()},
        "risk_coverage": None
        if thinned is None
        else {"coverage": _numbers(thinned.coverage), "risk": _numbers(thinned.risk)},
        "note": quality.note,
    }


def _numbers(values: np.ndarray) -> list[float | int | None]:
    return [None if isinstance(value, float) and math.isnan(value) else value for value in values.tolist()]


def with_quality(table: Table, scores: Sequence[BenchmarkScore], qualities: Sequence[Quality]) -> Table:
    """The table of these scores with a column for each figure and count, empty where there is none."""
    if not qualities:
        return table
    worth = {(each.tracker, each.benchmark): each for each in qualities}
    columns = tuple(f"quality_{name}" for name in (*MEASURES, *COUNTS, "note"))
    rows = tuple(
        (*row, *_exact(worth.get((score.tracker, score.benchmark))))
        for row, score in zip(table.rows, scores, strict=True)
    )
    numeric = (*table.numeric, *[True] * (len(columns) - 1), False)
    return replace(table, columns=(*table.columns, *columns), rows=rows, numeric=numeric)


def _exact(quality: Quality | None) -> list[Cell]:
    if quality is None:
        return [Cell("", "")] * (len(MEASURES) + len(COUNTS) + 1)
    values = [*(quality.measures[name] for name in MEASURES), *_counts(quality), quality.note]
    return [Cell("", "") if value is None else Cell(str(value), value) for value in values]
