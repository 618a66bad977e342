"""Scores as text: JSON, and tables for a terminal, CSV in full precision, Markdown or LaTeX."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence

from evalkit.scoring.metrics import label_of, stated_metrics
from evalkit.scoring.quality.results import Quality
from evalkit.scoring.scores import (
    VISIBLE,
    BenchmarkScore,
    coverage,
    defined_metrics,
    metric_names,
    protocol_label,
    tracker_label,
)
from reports.cells import Cell, Table
from reports.markup import comma_separated, latex_grid, markdown_grid, plain_blocks
from reports.quality import quality_object, quality_rows, quality_sections, with_quality
from reports.score_text import sections

FORMATS = ("table", "json", "csv", "markdown", "latex")
WIDTH = 80
"""Characters of a terminal, into which a wide table is broken: each part of its columns names the rows again."""


def to_json(scores: Iterable[BenchmarkScore], qualities: Sequence[Quality] = ()) -> str:
    """An array with an object for each score; fractions in full double precision, null where undefined.

    Args:
        qualities: what the trackers' confidences are worth, under ``quality`` of each of their scores.
    """
    worth = {(each.tracker, each.benchmark): {"quality": quality_object(each)} for each in qualities}
    objects = [{**_as_object(score), **worth.get((score.tracker, score.benchmark), {})} for score in scores]
    return json.dumps(objects, indent=2, allow_nan=False)


def format_scores(scores: Sequence[BenchmarkScore], kind: str, qualities: Sequence[Quality] = ()) -> str:
    """The scores in one of :data:`FORMATS`, and what the trackers' confidences are worth where that is given."""
    if kind == "json":
        return to_json(scores, qualities)
    if kind == "table":
        texts = ["\n\n".join([table.caption, *plain_blocks(table, WIDTH)]) for table in sections(scores)]
        return "\n\n".join([*texts, *quality_sections(qualities)])
    if kind == "csv":
        return comma_separated(with_quality(exact_rows(scores), scores, qualities)).rstrip("\n")
    write = latex_grid if kind == "latex" else markdown_grid
    tables = [score_rows(scores), *([quality_rows(qualities)] if qualities else [])]
    return "\n".join(map(write, tables)).rstrip("\n")


def _as_object(score: BenchmarkScore) -> dict[str, object]:
    item: dict[str, object] = {
        "tracker": score.tracker,
        "benchmark": score.benchmark,
        "protocol": score.protocol,
        "metrics": {name: _finite(score.metrics.get(name)) for name in metric_names(score)},
        "sequences_scored": score.sequences_scored,
        "sequences_total": score.sequences_total,
        "missing": list(score.missing),
        "excluded": list(score.excluded),
        **_caveats(score),
    }
    if score.attribute is None:
        return item
    return {**item, "attribute": score.attribute, "attribute_source": score.attribute_source}


def _caveats(score: BenchmarkScore) -> dict[str, str | bool]:
    """What parts a figure from the protocol's own: without it, ``official`` may stand beside figures that are not."""
    return {"shortcoming": score.shortcoming, "total_verified": score.total_verified, "remark": score.remark}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def score_rows(scores: Sequence[BenchmarkScore]) -> Table:
    """One row a score: figures with four decimals, and their differences from those of the first protocol."""
    names = defined_metrics(scores)
    by = ["attribute"] if any(score.attribute for score in scores) else []
    first: dict[tuple[str, str, str | None], BenchmarkScore] = {}
    rows = []
    for score in scores:
        reference = first.setdefault((score.tracker, score.benchmark, score.attribute), score)
        figures = [_figure(score.metrics.get(name), reference.metrics.get(name), score is reference) for name in names]
        attribute = [score.attribute or "all"] if by else []
        labels = [tracker_label(score), score.benchmark, protocol_label(score)]
        rows.append(tuple(map(Cell, [*labels, *attribute, *figures, coverage(score)])))
    columns = ("tracker", "benchmark", "protocol", *by, *map(label_of, names), "scored")
    numeric = (*[False] * (3 + len(by)), *[True] * len(names), False)
    return Table("scores", "Scores.", columns, tuple(rows), numeric)


def _figure(value: float | None, reference: float | None, is_reference: bool) -> str:
    """Four decimals, and the difference from the first protocol's figure."""
    if value is None:
        return "-"
    if is_reference or reference is None or abs(value - reference) < VISIBLE:
        return f"{value:.4f}"
    return f"{value:.4f} ({value - reference:+.4f})"


def exact_rows(scores: Sequence[BenchmarkScore]) -> Table:
    """One row a score under machine names, in full precision and with all that parts a figure from the protocol's."""
    names = list(dict.fromkeys([*stated_metrics("ope"), *(name for score in scores for name in metric_names(score))]))
    by = any(score.attribute for score in scores)
    labels = ("tracker", "benchmark", "protocol", *(["attribute"] if by else []))
    counts = ("sequences_scored", "sequences_total")
    closing = ("excluded", "shortcoming", "total_verified", "remark", *(["attribute_source"] if by else []))
    numeric = (*[False] * len(labels), *[True] * (len(names) + len(counts)), *[False] * len(closing))
    rows = []
    for score in scores:
        known = {**{name: _finite(score.metrics.get(name)) for name in names}, **_caveats(score)}
        known |= {name: getattr(score, name) for name in (*labels, *counts)} | {"excluded": " ".join(score.excluded)}
        known |= {"attribute_source": score.attribute_source}
        rows.append(tuple(_exact(known[name]) for name in (*labels, *names, *counts, *closing)))
    return Table("scores", "Scores.", (*labels, *names, *counts, *closing), tuple(rows), numeric)


def _exact(value: float | str | None) -> Cell:
    return Cell("" if value is None else str(value), "" if value is None else value)
