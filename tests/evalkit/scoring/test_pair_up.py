"""Two trackers are compared by the figure that the benchmark ranks by, on the sequences that both have it on."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evalkit.errors import InputError
from evalkit.scoring.pair import pair_up
from evalkit.scoring.scores import BenchmarkScore, SequenceScore

NONE = np.zeros(0)


def score(benchmark: str, overall: dict[str, float | None], *sequences: dict[str, float]) -> BenchmarkScore:
    each = tuple(SequenceScore(f"s{at}", 9, metrics, {}, NONE, NONE) for at, metrics in enumerate(sequences))
    return BenchmarkScore("t", benchmark, "official", overall, {}, each, sequences_total=len(each))


@pytest.mark.parametrize(
    ("name", "figures", "metric"),
    [
        ("otb100", {"ao": 0.5, "auc": 0.4}, "auc"),
        ("got10k?split=val", {"auc": 0.4, "ao": 0.5}, "ao"),
        ("vot2018", {"robustness": 2.0, "accuracy": 0.6}, "accuracy"),
        ("votlt2019", {"lt_recall": 0.1, "f_score": 0.2}, "f_score"),
    ],
)
def test_the_ranking_figure_is_compared(name: str, figures: dict[str, float], metric: str) -> None:
    pair = pair_up(score(name, {**figures, "eao": 0.3}, figures, figures), score(name, figures, figures))
    assert (pair.metric, pair.means, pair.only_one) == (metric, (figures[metric], figures[metric]), 1)


def test_a_figure_that_ranks_nothing_is_not_compared() -> None:
    failures = score("vot2018", {"failures": 3.0}, {"failures": 3.0})
    with pytest.raises(InputError, match="no figure by sequence"):
        pair_up(failures, failures)


def test_a_sequence_without_the_figure_on_one_side_is_left_out() -> None:
    first = score("otb100", {"auc": 0.5}, {"auc": 0.5}, {"auc": math.nan}, {"auc": 0.75})
    second = score("otb100", {"auc": 0.5}, {"auc": 0.25}, {"auc": 0.5}, {"auc": 0.5})
    pair = pair_up(first, second)
    assert pair.differences == {"s0": 0.25, "s2": 0.25}
    with pytest.raises(InputError, match="share no sequence"):
        pair_up(score("otb100", {"auc": 0.5}, {"auc": math.nan}), second)
