"""Error rates on real per-sequence scores, and on the differences of real trackers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evalkit.benchmarks.aliases import canonical_name
from evalkit.benchmarks.registry import open_benchmark
from evalkit.reading.tables import read_boxes
from evalkit.regression.paired_bound import mean_bounds
from evalkit.regression.verdicts import Verdict, decide
from evalkit.scoring.protocols import rules_for
from evalkit.scoring.tracker import score_sequence

PAIRS = 1000
NOISE = 0.05
SAMPLING = 3 * np.sqrt(0.05 * 0.95 / PAIRS)


@pytest.fixture(scope="module")
def otb100(shared: Path) -> dict[str, np.ndarray]:
    """(100,) AUC of each sequence, by tracker."""
    golden = shared / "golden" / "OTB100"
    benchmark = open_benchmark("otb100", annotations=golden / "anno")
    rules = rules_for("official", benchmark.family)
    folders = {"SiamFC": "results/SiamFC", "KCF": "results_from_mat/KCF", "Struck": "results_from_mat/Struck"}
    scores = {}
    for tracker, folder in folders.items():
        files = {canonical_name("otb100", path.stem): path for path in (golden / folder).glob("*.txt")}
        runs = {name: [(read_boxes(files[name]), "")] for name in benchmark.inventory().present}
        each = [score_sequence(benchmark.sequence(name), run, rules) for name, run in runs.items()]
        scores[tracker] = np.array([score.metrics["auc"] for score in each])
    return scores


def _verdicts(values: np.ndarray, drop: float, seed: int) -> list[Verdict]:
    rng = np.random.default_rng(seed)
    pairs = rng.normal(-drop, NOISE, (PAIRS, len(values)))
    return [decide((values + pair) - values, 0.005, 0.95)[0] for pair in pairs]


@pytest.mark.parametrize(("tracker", "seed"), [("SiamFC", 1), ("KCF", 2), ("Struck", 3)])
def test_a_thousand_pairs_on_real_scores(otb100: dict[str, np.ndarray], tracker: str, seed: int) -> None:
    assert len(otb100[tracker]) == 100
    alarms = _verdicts(otb100[tracker], 0.0, seed).count(Verdict.WORSE)
    found = _verdicts(otb100[tracker], 0.02, seed).count(Verdict.WORSE)
    assert alarms / PAIRS <= 0.05 + SAMPLING
    assert found / PAIRS >= 0.90


@pytest.mark.parametrize(("count", "most"), [(10, 0.09), (20, 0.08), (50, 0.07), (100, 0.07)])
@pytest.mark.parametrize("pair", [("SiamFC", "KCF"), ("KCF", "SiamFC"), ("KCF", "Struck"), ("Struck", "KCF")])
def test_the_bound_holds_for_differences_as_skewed_as_those_of_trackers(
    otb100: dict[str, np.ndarray], pair: tuple[str, str], count: int, most: float
) -> None:
    differences = otb100[pair[1]] - otb100[pair[0]]
    centred = differences - differences.mean()
    rng = np.random.default_rng(count)
    misses = [mean_bounds(rng.choice(centred, count)).upper < 0 for _ in range(PAIRS)]
    assert np.mean(misses) <= most
