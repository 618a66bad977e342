"""Why two protocols differ: the reasons are measured, and complete where one rule parts them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evalkit.benchmarks.registry import open_benchmark
from evalkit.results.trees import read_tree
from evalkit.scoring import tables
from evalkit.scoring.aggregation import by_attribute
from evalkit.scoring.explain import explain
from evalkit.scoring.opening import Annotation
from evalkit.scoring.protocols import rules_for
from evalkit.scoring.scores import BenchmarkScore
from evalkit.scoring.tracker import LoadedResults, load_results, score_tracker
from reports.score_formats import format_scores

LASOT = Path(__file__).parents[1] / "parity" / "data" / "LaSOT"


@pytest.fixture(scope="module")
def annotation() -> Annotation:
    return Annotation(open_benchmark("lasot", annotations=LASOT))


@pytest.fixture(scope="module")
def results(annotation: Annotation) -> LoadedResults:
    (found,) = read_tree(LASOT / "results" / "good", "lasot", annotation.inventory.present)
    return load_results(found)


@pytest.fixture(scope="module")
def score(results: LoadedResults, annotation: Annotation) -> BenchmarkScore:
    return score_tracker(results, annotation, "official", keep_frames=True)


def test_one_rule_explains_all(results: LoadedResults, annotation: Annotation) -> None:
    first, other = (score_tracker(results, annotation, name) for name in ("pytracking", "ostrack"))
    (reason,) = explain(results, annotation, first, "ostrack")
    assert reason.rule == "valid"
    for name, change in reason.changes.items():
        assert change == pytest.approx((other.metrics[name] or 0) - (first.metrics[name] or 0))
    assert "a ground-truth row is valid if w and h are > 0, instead of: " in str(reason)


def test_rules_without_effect_are_left_out(
    results: LoadedResults, annotation: Annotation, score: BenchmarkScore
) -> None:
    rules = [reason.rule for reason in explain(results, annotation, score, "got10k")]
    assert {"absent", "valid", "normalized_error"} <= set(rules)
    assert not {"length", "omitted_rows", "cut_anyway"} & set(rules)


@pytest.mark.parametrize("protocol", ["pytracking", "ostrack", "pysot", "got10k"])
def test_reasons_add_up(results: LoadedResults, annotation: Annotation, score: BenchmarkScore, protocol: str) -> None:
    """Each is measured after those before it, so that nothing is counted twice and nothing is left over."""
    other = score_tracker(results, annotation, protocol).metrics
    reasons = explain(results, annotation, score, protocol)
    assert reasons
    for name, value in score.metrics.items():
        after = other.get(name)
        if value is not None and after is not None:
            told = sum(reason.changes.get(name, 0.0) for reason in reasons)
            assert told == pytest.approx(after - value, abs=1e-4)


def test_a_refusal_is_a_reason(annotation: Annotation) -> None:
    (found,) = read_tree(LASOT / "results" / "invalid", "lasot", annotation.inventory.present)
    loaded = load_results(found)
    reasons = explain(loaded, annotation, score_tracker(loaded, annotation), "pytracking")
    assert any(reason.refused == "refused: NaN or a negative size" for reason in reasons)


def test_score_and_curve_tables(score: BenchmarkScore) -> None:
    table = tables.score_table([score])
    assert tuple(table.columns) == tables.SCORES
    overall = table[table["sequence"].isna()].set_index("metric")["value"]
    assert overall["auc"] == score.metrics["auc"]
    assert set(table["sequence"].dropna()) == {each.sequence for each in score.sequences}
    curves = tables.curve_table([score])
    assert tuple(curves.columns) == tables.CURVES
    success = curves[(curves["curve"] == "success") & curves["sequence"].isna()]
    np.testing.assert_array_equal(success["value"], score.curves["success"].values)


def test_frame_and_coverage_tables(score: BenchmarkScore) -> None:
    frames = tables.frame_table([score])
    assert tuple(frames.columns) == tables.FRAMES
    assert len(frames) == sum(each.frames for each in score.sequences)
    assert frames["absent"].sum() > 0
    (row,) = tables.coverage_table([score]).to_dict("records")
    assert (row["scored"], row["total"], row["verified"], row["missing"]) == (6, 6, False, ())


def test_tables_of_nothing() -> None:
    for kind in (
        tables.score_table,
        tables.curve_table,
        tables.coverage_table,
        tables.frame_table,
        tables.attribute_table,
    ):
        assert kind([]).empty


def test_attributes_are_scores_of_their_sequences(score: BenchmarkScore) -> None:
    attributes = {each.sequence: frozenset({"all", f"of-{each.sequence}"}) for each in score.sequences}
    parts = by_attribute(score, attributes, rules_for("official", "lasot"))
    assert parts[0].attribute == "all"
    assert parts[0].metrics == score.metrics
    one = next(part for part in parts if part.attribute == "of-synth-3")
    (sequence,) = (each for each in score.sequences if each.sequence == "synth-3")
    assert one.metrics["auc"] == pytest.approx(sequence.metrics["auc"])
    table = tables.attribute_table(parts)
    assert tuple(table.columns) == tables.ATTRIBUTES
    assert "attribute" in format_scores(parts, "table").splitlines()[2]
