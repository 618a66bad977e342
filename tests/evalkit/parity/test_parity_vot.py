"""The supervised measures of vot-toolkit and pysot on the synthetic VOT sequences."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from evalkit.benchmarks.registry import open_benchmark
from evalkit.results.trees import read_tree
from evalkit.scoring.opening import Annotation
from evalkit.scoring.scores import BenchmarkScore
from evalkit.scoring.vot.measures import Supervised, ar_point
from evalkit.scoring.vot.scoring import holds_supervised, score_supervised

HERE = Path(__file__).parent
DATA = HERE / "data" / "VOT"
EXPECTED = json.loads((HERE / "expected.json").read_text())["VOT"]
# Both toolkits keep overlaps in single precision.
PRINTED = 5e-7


def supervised(tracker: str, protocol: str, dataset: str = "vot2018") -> BenchmarkScore:
    annotation = Annotation(open_benchmark(dataset, annotations=DATA))
    (results,) = read_tree(DATA / "results" / tracker, dataset, annotation.inventory.present)
    assert holds_supervised(results, dataset)
    return score_supervised(results, annotation, protocol)


@pytest.mark.parametrize("tracker", ["good", "drifts"])
@pytest.mark.parametrize("protocol", ["vot-toolkit", "pysot"])
def test_accuracy_and_robustness(tracker: str, protocol: str) -> None:
    score, expected = supervised(tracker, protocol), EXPECTED[tracker][protocol]
    assert score.metrics["accuracy"] == pytest.approx(expected["accuracy"], abs=PRINTED)
    assert score.metrics["robustness"] == pytest.approx(expected["robustness"], abs=1e-12)
    lost = sum(each.metrics["failures"] for each in score.sequences)
    assert lost == expected["failures" if protocol == "vot-toolkit" else "lost_number"]


@pytest.mark.parametrize("tracker", ["good", "drifts"])
@pytest.mark.parametrize("protocol", ["vot-toolkit", "pysot"])
@pytest.mark.parametrize("year", [2018, 2019])
def test_expected_average_overlap(tracker: str, protocol: str, year: int) -> None:
    eao = supervised(tracker, protocol, f"vot{year}").metrics["eao"]
    assert eao == pytest.approx(EXPECTED[tracker][protocol][f"eao_VOT{year}"], abs=PRINTED)


@pytest.mark.parametrize("tracker", ["good", "drifts"])
def test_curve_and_sequences_of_vot_toolkit(tracker: str) -> None:
    score, expected = supervised(tracker, "official"), EXPECTED[tracker]["vot-toolkit"]
    np.testing.assert_allclose(score.curves["eao"].values, expected["eao_curve"], rtol=0, atol=PRINTED)
    names = (DATA / "list.txt").read_text().split()
    by_name = {each.sequence: each.metrics for each in score.sequences}
    np.testing.assert_allclose(
        [by_name[name]["accuracy"] for name in names], expected["per_sequence_accuracy"], atol=PRINTED
    )
    assert [by_name[name]["failures"] for name in names] == expected["per_sequence_failures"]


@pytest.mark.parametrize("tracker", ["good", "drifts"])
def test_ar_point(tracker: str) -> None:
    score, expected = supervised(tracker, "vot-toolkit"), EXPECTED[tracker]["vot-toolkit"]
    length = float(np.mean([each.frames for each in score.sequences]))
    assert length == expected["average_length"]
    accuracy, robustness = (score.metrics[name] or 0.0 for name in ("accuracy", "robustness"))
    found = Supervised(accuracy, robustness, 0.0, np.empty(0), np.empty(0), np.empty(0))
    assert ar_point(found, length) == pytest.approx(expected["ar_point"], abs=PRINTED)


def test_eao_without_a_long_enough_fragment_is_undefined() -> None:
    """vot-toolkit's EAO is NaN where no fragment reaches the interval: drifts' longest has 105 frames."""
    assert np.isnan(supervised("drifts", "vot-toolkit", "vot2015").metrics["eao"] or 0.0)
