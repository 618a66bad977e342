"""Scores as tables that a terminal of 80 columns holds: what all rows share is said once, above them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from evalkit.scoring.metrics import label_of
from evalkit.scoring.scores import (
    VISIBLE,
    BenchmarkScore,
    coverage,
    defined_metrics,
    protocol_label,
    tracker_label,
)
from reports.cells import Cell, Table

_Label = Callable[[BenchmarkScore], str]


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
    before: dict[str, _Label] = {} if grouped else {"tracker": tracker_label}
    before["protocol"] = protocol_label
    if any(score.attribute for score in scores):
        before["attribute"] = lambda score: score.attribute or "all"
    after: dict[str, _Label] = {"scored": coverage}
    shared = [_taken_if_shared(title, labels, scores) for title, labels in (("protocol", before), ("scored", after))]
    names = defined_metrics(scores)
    lines: list[list[str]] = []
    for rows in by_tracker.values():
        lines += [[tracker_label(rows[0])]] if grouped else []
        for score in rows:
            first = next(each for each in rows if each.attribute == score.attribute)
            labels, closing = ([of(score) for of in columns.values()] for columns in (before, after))
            lines.append([*labels, *(_figure(score.metrics.get(name)) for name in names), *closing])
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


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _change(value: float | None, reference: float | None) -> str:
    if value is None or reference is None or abs(value - reference) < VISIBLE:
        return ""
    return f"{value - reference:+.4f}"
