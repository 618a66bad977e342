"""Scores as text: JSON for machines; a table for people, and as CSV, Markdown or LaTeX."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Sequence

from evalkit.scores import OPE_METRICS, VOT_METRICS, BenchmarkScore

FORMATS = ("table", "json", "csv", "markdown", "latex")
VISIBLE = 0.5e-4
"""Smaller differences do not show in four decimals."""
_TITLES = {
    "auc": "AUC",
    "precision": "P",
    "normalized_precision": "NP",
    "ao": "AO",
    "sr50": "SR0.50",
    "sr75": "SR0.75",
    "accuracy": "A",
    "robustness": "R",
    "eao": "EAO",
}


def metric_names(score: BenchmarkScore) -> tuple[str, ...]:
    """What is reported for this kind of benchmark, defined by the protocol or not."""
    return VOT_METRICS if "eao" in score.metrics else OPE_METRICS


def coverage(score: BenchmarkScore) -> str:
    """How much of the benchmark a figure stands for: ``5 of 100 sequences``; always shown beside partial figures.

    An unverified total is what was found, not what an official list says.
    """
    total = score.sequences_total
    text = f"{total - len(score.missing)} of {total} sequences" if score.missing else f"{total} sequences"
    return text if score.total_verified else f"{text} (total unverified)"


def to_json(scores: Iterable[BenchmarkScore]) -> str:
    """An array with an object for each score; fractions in full double precision, null where undefined."""
    return json.dumps([_as_object(score) for score in scores], indent=2, allow_nan=False)


def format_scores(scores: Sequence[BenchmarkScore], kind: str) -> str:
    """The scores in one of :data:`FORMATS`."""
    if kind == "json":
        return to_json(scores)
    header, rows = _cells(scores)
    if kind == "csv":
        return _csv(scores)
    if kind == "markdown":
        lines = [header, ["---"] * 3 + ["---:"] * (len(header) - 4) + ["---"], *rows]
        return "\n".join("| " + " | ".join(cell.translate(_MARKDOWN) for cell in line) + " |" for line in lines)
    if kind == "latex":
        return _latex(header, rows)
    widths = [max(len(line[column]) for line in [header, *rows]) for column in range(len(header))]
    lines = [header, ["-" * width for width in widths], *rows]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _as_object(score: BenchmarkScore) -> dict[str, object]:
    scored = score.sequences_total - len(score.missing)
    item: dict[str, object] = {
        "tracker": score.tracker,
        "benchmark": score.benchmark,
        "protocol": score.protocol,
        "metrics": {name: _finite(score.metrics.get(name)) for name in metric_names(score)},
        "sequences_scored": scored,
        "sequences_total": score.sequences_total,
        "missing": list(score.missing),
    }
    return item if score.attribute is None else {**item, "attribute": score.attribute}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _cells(scores: Sequence[BenchmarkScore]) -> tuple[list[str], list[list[str]]]:
    names = [
        name for name in (*OPE_METRICS, *VOT_METRICS) if any(score.metrics.get(name) is not None for score in scores)
    ]
    by = ["attribute"] if any(score.attribute for score in scores) else []
    header = ["tracker", "benchmark", "protocol", *by, *(_TITLES[name] for name in names), "scored"]
    first: dict[tuple[str, str, str | None], BenchmarkScore] = {}
    rows = []
    for score in scores:
        reference = first.setdefault((score.tracker, score.benchmark, score.attribute), score)
        figures = [_figure(score.metrics.get(name), reference.metrics.get(name), score is reference) for name in names]
        attribute = [score.attribute or "all"] if by else []
        tracker = f"{score.tracker} ({score.remark})" if score.remark else score.tracker
        protocol = f"{score.protocol} (annotation incomplete)" if score.shortcoming else score.protocol
        rows.append([tracker, score.benchmark, protocol, *attribute, *figures, coverage(score)])
    return header, rows


def _figure(value: float | None, reference: float | None, is_reference: bool) -> str:
    """Four decimals, and the difference from the first protocol's figure."""
    if value is None:
        return "-"
    if is_reference or reference is None or abs(value - reference) < VISIBLE:
        return f"{value:.4f}"
    return f"{value:.4f} ({value - reference:+.4f})"


def _csv(scores: Sequence[BenchmarkScore]) -> str:
    names = [*OPE_METRICS, *(VOT_METRICS if any("eao" in score.metrics for score in scores) else ())]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    by = ["attribute"] if any(score.attribute for score in scores) else []
    writer.writerow(["tracker", "benchmark", "protocol", *by, *names, "sequences_scored", "sequences_total"])
    for score in scores:
        values = [_finite(score.metrics.get(name)) for name in names]
        figures = ["" if value is None else repr(value) for value in values]
        total = score.sequences_total
        attribute = [score.attribute or ""] if by else []
        writer.writerow(
            [score.tracker, score.benchmark, score.protocol, *attribute, *figures, total - len(score.missing), total]
        )
    return stream.getvalue().rstrip("\n")


_MARKDOWN = str.maketrans({c: "\\" + c for c in "\\|"})
_LATEX = str.maketrans(
    {c: "\\" + c for c in "&%$#_{}"}
    | {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}"}
    | {"|": r"\textbar{}", "<": r"\textless{}", ">": r"\textgreater{}"}
)


def _latex(header: list[str], rows: list[list[str]]) -> str:
    body = [" & ".join(cell.translate(_LATEX) for cell in line) + r" \\" for line in [header, *rows]]
    columns = "lll" + "r" * (len(header) - 4) + "l"
    lines = [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", body[0], r"\midrule", *body[1:], r"\bottomrule"]
    return "\n".join([*lines, r"\end{tabular}"])
