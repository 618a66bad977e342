"""Views: what part of the tables a plot or table shows, and how trackers are named."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from evalkit.errors import InputError
from reports.inputs import FACTS, ReportTables, empty
from reports.views import labels, views


def test_best_tracker_first_and_part_marked(tables) -> None:
    (view,) = views(tables(4, 5, total=100))
    assert list(view.overall["auc"]) == sorted(view.overall["auc"], reverse=True)
    assert view.title == "otb100 (5 of 100 sequences)"


@pytest.mark.parametrize(
    ("total", "title"), [(3, "annotation incomplete"), (9, "3 of 9 sequences, annotation incomplete")]
)
def test_what_the_annotation_lacks_is_part_of_the_title(tables, total: int, title: str) -> None:
    made = tables(2, 3, total=total)
    (view,) = views(replace(made, scores=made.scores.assign(shortcoming="no cover.label")))
    assert view.title == f"otb100 ({title})"
    assert dict(view.context)["part"].endswith("annotation incomplete")
    assert view.shortcomings == ("no cover.label",)
    (whole,) = views(replace(made, scores=made.scores.assign(shortcoming="")))
    assert "annotation" not in whole.title + dict(whole.context)["part"]


def test_every_benchmark_and_protocol_is_a_view(tables) -> None:
    found = views(tables(2, 2, benchmarks=("otb100", "got10k"), protocols=("official", "pysot")))
    assert [view.key for view in found] == ["otb100/official", "otb100/pysot", "got10k/official", "got10k/pysot"]
    assert [view.headline for view in found] == ["auc", "auc", "ao", "ao"]


def test_trackers_with_different_parts_are_marked_each(tables) -> None:
    made = tables(2, 3, total=100)
    coverage = made.coverage.copy()
    coverage.loc[0, "scored"] = 2
    (view,) = views(replace(made, coverage=coverage))
    assert view.title == "otb100"
    assert view.label("tracker-00") == "tracker-00 (2 of 100 sequences)"


def test_untrained_is_part_of_the_name(tables) -> None:
    (view,) = views(tables(["stdtrack:nano", "opencv:kcf"]))
    assert view.label("stdtrack:nano") == "stdtrack:nano (untrained)"
    assert view.label("opencv:kcf") == "opencv:kcf"


def test_names_become_one_printable_line() -> None:
    named = labels(["a\nb\t c", "\x00"], empty(FACTS))
    assert named == {"a\nb\t c": "a b c", "\x00": "unnamed"}


def test_order_of_sequences_is_the_tables_own(tables) -> None:
    (view,) = views(tables(2, 12))
    assert list(view.per_sequence("auc").columns) == [f"Sequence{number}" for number in range(12)]


def test_nothing_scored_is_an_error(tables) -> None:
    made = tables(1, 1)
    with pytest.raises(InputError, match="nothing to report"):
        replace(made, scores=made.scores.iloc[:0])


def test_a_missing_column_is_named(tables) -> None:
    made = tables(1, 1)
    with pytest.raises(InputError, match="'speeds' has no column device"):
        ReportTables(made.scores, made.coverage, speeds=made.speeds.drop(columns="device"))


def test_metrics_without_a_value_are_left_out(tables) -> None:
    made = tables(2, 2)
    scores = made.scores.copy()
    scores.loc[scores["metric"] == "precision", "value"] = float("nan")
    (view,) = views(replace(made, scores=pd.DataFrame(scores)))
    assert "precision" not in view.overall.columns
