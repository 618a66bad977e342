"""Scores on a terminal, in Markdown and in LaTeX."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evalkit.scoring.scores import BenchmarkScore
from reports.score_formats import format_scores


def score(tracker: str, protocol: str = "official", auc: float | None = 0.5, **facts: object) -> BenchmarkScore:
    metrics = {"auc": auc, "precision": 0.75}
    found = BenchmarkScore(tracker, "otb100", protocol, metrics, {}, (), sequences_total=100)
    return replace(found, **facts)  # type: ignore[arg-type]


def test_what_all_rows_share_is_said_once() -> None:
    assert format_scores([score("KCF"), score("Struck", auc=0.25)], "table").splitlines() == [
        "otb100, official, 100 sequences",
        "",
        "tracker     AUC       P",
        "-------  ------  ------",
        "KCF      0.5000  0.7500",
        "Struck   0.2500  0.7500",
    ]


def test_differences_stand_below_the_figures() -> None:
    scores = [score("KCF"), score("KCF", "pysot", 0.4), score("KCF", "got10k", 0.50001), score("KCF", "x", None)]
    assert format_scores(scores, "table").splitlines() == [
        "otb100, 100 sequences",
        "",
        "  protocol      AUC       P",
        "  --------  -------  ------",
        "KCF",
        "  official   0.5000  0.7500",
        "  pysot      0.4000  0.7500",
        "            -0.1000",
        "  got10k     0.5000  0.7500",
        "  x               -  0.7500",
    ]


def test_partial_and_remarkable_scores_say_so_in_their_row() -> None:
    partial = score("KCF", missing=("Board",), remark="untrained", shortcoming="no flags")
    elsewhere = replace(partial, benchmark="folder", total_verified=False)
    table = format_scores([partial, score("Struck"), elsewhere], "table")
    first, second = table.split("\n\nfolder, ")
    assert first.startswith("otb100\n")
    figures, scored = (line for line in first.splitlines() if line.startswith("KCF"))  # together wider than 80
    assert figures.split("  ")[:2] == scored.split("  ")[:2] == ["KCF (untrained)", "official (annotation incomplete)"]
    assert scored.endswith("99 of 100 sequences")
    assert second.startswith("official (annotation incomplete), 99 of 100 sequences (total unverified)\n")


@pytest.mark.parametrize("protocols", [("official",), ("official", "pysot")])
def test_a_wide_table_is_broken_at_80_characters(protocols: tuple[str, ...]) -> None:
    names = (
        "f_score",
        "lt_precision",
        "lt_recall",
        "tpr",
        "tnr",
        "gm",
        "maxgm",
        "absence_auc",
        "redetected",
        "redetected_soon",
        "redetection_delay",
    )
    metrics: dict[str, float | None] = {name: 0.1 + at / 100 for at, name in enumerate(names)}
    scores = [
        score(tracker, protocol, metrics=metrics) for tracker in ("stdtrack:nano", "KCF") for protocol in protocols
    ]
    lines = format_scores(scores, "table").splitlines()
    assert 60 < max(map(len, lines)) <= 80
    assert sum(line.split()[:1] == ["KCF"] for line in lines) == 2  # in both parts
    for value in metrics.values():
        assert sum(line.split().count(f"{value:.4f}") for line in lines) == len(scores)


@pytest.mark.parametrize(
    ("kind", "line", "text"),
    [
        ("markdown", 1, "| :--- | :--- | :--- | :--- | ---: | ---: | :--- |"),
        ("latex", 0, r"\begin{tabular}{llllrrl}"),
    ],
)
def test_text_is_aligned_left_and_figures_right(kind: str, line: int, text: str) -> None:
    scores = [score("KCF"), score("KCF", attribute="OCC")]
    assert format_scores(scores, kind).splitlines()[line] == text
