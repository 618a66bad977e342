"""Scores as text: JSON, CSV in full precision, tables for Markdown, LaTeX, and a terminal of 80 columns.

On a terminal, what all rows share is said once, above them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence

from evalkit.scoring.metrics import Experiment, label_of, stated_metrics
from evalkit.scoring.quality.results import Quality
from evalkit.scoring.scores import VISIBLE, BenchmarkScore, coverage, defined_metrics
from evalkit.shown import one_line
from reports.cells import Cell, Table
from reports.markup import comma_separated, latex_grid, markdown_grid, plain_blocks
from reports.quality import quality_object, quality_rows, quality_sections, with_quality

FORMATS = ("table", "json", "csv", "markdown", "latex")
WIDTH = 80
"""Characters of a terminal, into which a wide table is broken: each part of its columns names the rows again."""
_Label = Callable[[BenchmarkScore], str]
"""What a column says of a score."""


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
        if qualities:
            texts += quality_sections(qualities)
        return "\n\n".join(texts)
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
        "metrics": {name: _finite(score.metrics.get(name)) for name in stated_metrics(score.experiment)},
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


def sections(scores: Iterable[BenchmarkScore]) -> list[Table]:
    """A table for each benchmark; figures of further protocols have their differences from the first below them."""
    by_benchmark: dict[str, list[BenchmarkScore]] = {}
    for score in scores:
        by_benchmark.setdefault(score.benchmark, []).append(score)
    return [_section(group) for group in by_benchmark.values()]


def _section(scores: Sequence[BenchmarkScore]) -> Table:
    """Scores on one benchmark; the caption says what they share, a row of one cell whose the rows below it are."""
    by_tracker: dict[tuple[str, str], list[BenchmarkScore]] = {}
    for score in scores:
        by_tracker.setdefault((score.tracker, score.remark), []).append(score)
    grouped = len(by_tracker) < len(scores)  # a tracker with several rows has a line of its own above them
    before: dict[str, _Label] = {} if grouped else {"tracker": _tracker_label}
    before["protocol"] = _protocol_label
    if any(score.attribute for score in scores):
        before["attribute"] = lambda score: score.attribute or "all"
    after: dict[str, _Label] = {"scored": coverage}
    shared = [_taken_if_shared(title, labels, scores) for title, labels in (("protocol", before), ("scored", after))]
    names = defined_metrics(scores)
    lines: list[list[str]] = []
    for rows in by_tracker.values():
        lines += [[_tracker_label(rows[0])]] if grouped else []
        for score in rows:
            first = next(each for each in rows if each.attribute == score.attribute)
            labels, closing = ([of(score) for of in columns.values()] for columns in (before, after))
            lines.append([*labels, *(_decimals(score.metrics.get(name)) for name in names), *closing])
            changes = [_change(score.metrics.get(name), first.metrics.get(name)) for name in names]
            if any(changes):
                lines.append([""] * len(labels) + changes + [""] * len(closing))
    sources = dict.fromkeys(f"attributes: {score.attribute_source}" for score in scores if score.attribute_source)
    heading = ", ".join([scores[0].benchmark, *filter(None, shared), *sources])
    columns = (*before, *map(label_of, names), *after)
    numeric = (*[False] * len(before), *[True] * len(names), *[False] * len(after))
    return Table("scores", heading, columns, tuple(tuple(map(Cell, line)) for line in lines), numeric)


def _taken_if_shared(title: str, labels: dict[str, _Label], scores: Sequence[BenchmarkScore]) -> str | None:
    """What a column says, if it says the same of all scores; the column is then taken out."""
    texts = {labels[title](score) for score in scores}
    if len(texts) > 1:
        return None
    del labels[title]
    return texts.pop()


def _decimals(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _change(value: float | None, reference: float | None) -> str:
    if value is None or reference is None or abs(value - reference) < VISIBLE:
        return ""
    return f"{value - reference:+.4f}"


def _tracker_label(score: BenchmarkScore) -> str:
    """The tracker, with the remark that belongs beside its name."""
    return one_line(f"{score.tracker} ({score.remark})" if score.remark else score.tracker)


def _protocol_label(score: BenchmarkScore) -> str:
    """The protocol, or that its figures are not quite its own."""
    return f"{score.protocol} (annotation incomplete)" if score.shortcoming else score.protocol


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
        labels = [_tracker_label(score), score.benchmark, _protocol_label(score)]
        rows.append(tuple(map(Cell, [*labels, *attribute, *figures, coverage(score)])))
    columns = ("tracker", "benchmark", "protocol", *by, *map(label_of, names), "scored")
    numeric = (*[False] * (3 + len(by)), *[True] * len(names), False)
    return Table("scores", "Scores.", columns, tuple(rows), numeric)


def _figure(value: float | None, reference: float | None, is_reference: bool) -> str:
    """Four decimals, and the difference from the first protocol's figure."""
    change = "" if is_reference else _change(value, reference)
    return f"{_decimals(value)} ({change})" if change else _decimals(value)


def exact_rows(scores: Sequence[BenchmarkScore]) -> Table:
    """One row a score under machine names, in full precision and with all that parts a figure from the protocol's."""
    experiments: dict[Experiment, None] = dict.fromkeys(["ope", *(score.experiment for score in scores)])
    names = list(dict.fromkeys(name for experiment in experiments for name in stated_metrics(experiment)))
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
