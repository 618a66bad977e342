"""Verdicts: what is found, what is left alone, what cannot be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, replace

import numpy as np
import pytest

from evalkit.regression.compare import compare, compare_speed
from evalkit.regression.file import Record, SequenceRecord
from evalkit.regression.paired_bound import mean_bounds
from evalkit.regression.verdicts import Limits, Verdict, decide
from evalkit.scoring.scores import Curve

LIMITS = Limits()
PAIRS = 1000
NOISE = 0.05


def make_record(
    values: Mapping[str, float], tracker: str = "a:b", seconds: float | None = None, **fields: object
) -> Record:
    """A record with these AUCs; boxes are named after the score, so that equal scores have equal boxes."""
    sequences = {
        name: SequenceRecord(
            100, {"auc": value}, boxes=f"{value!r}", initial_box=(1.0, 2.0, 30.0, 40.0), seconds=seconds
        )
        for name, value in values.items()
    }
    curve = Curve(np.array([0.0, 0.5, 1.0]), np.array([1.0, float(np.mean(list(values.values()))), 0.0]))
    record = Record(tracker, "otb100", "official", "f1", {"auc": 0.5}, {"success": curve}, sequences)
    return replace(record, **fields)  # type: ignore[arg-type]


def scores(count: int = 100, seed: int = 0) -> dict[str, float]:
    """AUCs spread as a tracker's on OTB100."""
    values = np.random.default_rng(seed).beta(3, 2, count)
    return {f"s{index:03d}": float(value) for index, value in enumerate(values)}


def shifted(values: Mapping[str, float], by: float, noise: float = 0.0, seed: int = 1) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    return {name: value + by + float(rng.normal(0, noise)) for name, value in values.items()}


def alarm_rate(values: np.ndarray, drop: float) -> float:
    """How often :func:`decide` says worse over simulated pairs of runs."""
    rng = np.random.default_rng(2026)
    seconds = values + rng.normal(-drop, NOISE, (PAIRS, len(values)))
    verdicts = [decide(second - values, LIMITS.max_drop, LIMITS.confidence)[0] for second in seconds]
    return float(np.mean([verdict is Verdict.WORSE for verdict in verdicts]))


class TestErrorRates:
    """The promise of the check, on synthetic scores; ``test_regression_real.py`` has it on real ones."""

    values = np.array(list(scores().values()))

    def test_no_drop_alarms_in_at_most_five_percent(self) -> None:
        assert alarm_rate(self.values, 0.0) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / PAIRS)

    def test_a_drop_of_two_points_is_found(self) -> None:
        assert alarm_rate(self.values, 0.02) >= 0.90

    def test_a_gain_never_alarms(self) -> None:
        assert alarm_rate(self.values, -0.02) == 0.0


class TestVerdicts:
    def test_identical_boxes_are_the_same_and_said_to_be(self) -> None:
        comparison = compare(make_record(scores()), make_record(scores()), LIMITS)
        assert comparison.verdict is Verdict.SAME
        assert comparison.identical == 100
        assert comparison.difference.mean == 0

    def test_float_noise_is_the_same(self) -> None:
        comparison = compare(make_record(scores()), make_record(shifted(scores(), -1e-7, 1e-7)), LIMITS)
        assert comparison.verdict is Verdict.SAME
        assert comparison.identical == 0

    def test_a_drop_is_worse_with_its_sequences_and_curves(self) -> None:
        after = shifted(scores(), -0.02, 0.01) | {"s042": 0.0}
        comparison = compare(make_record(scores()), make_record(after), LIMITS)
        assert comparison.verdict is Verdict.WORSE
        assert comparison.difference.upper < 0
        assert comparison.changes[0].sequence == "s042"
        assert comparison.before - comparison.after == pytest.approx(-comparison.difference.mean)
        assert [(drop.curve, drop.threshold) for drop in comparison.curves] == [("success", 0.5)]

    def test_a_gain_is_better(self) -> None:
        comparison = compare(make_record(scores()), make_record(shifted(scores(), 0.02, 0.01)), LIMITS)
        assert comparison.verdict is Verdict.BETTER

    def test_a_certain_trifle_is_tolerated(self) -> None:
        after = make_record(shifted(scores(), -0.004, 1e-4))
        assert compare(make_record(scores()), after, LIMITS).verdict is Verdict.SAME
        assert compare(make_record(scores()), after, Limits(max_drop=0.003)).verdict is Verdict.WORSE

    def test_a_drop_within_the_noise_is_not_claimed(self) -> None:
        after = make_record(shifted(scores(10), -0.07, 0.2))
        comparison = compare(make_record(scores(10)), after, LIMITS)
        assert comparison.difference.mean < -LIMITS.max_drop
        assert comparison.verdict is Verdict.SAME

    def test_a_sequence_without_score_on_both_sides_is_left_out(self) -> None:
        before, after = scores() | {"s000": np.nan}, shifted(scores(), -0.1) | {"s000": np.nan}
        comparison = compare(make_record(before), make_record(after), LIMITS)
        assert (comparison.verdict, len(comparison.changes)) == (Verdict.WORSE, 99)


class TestNotComparable:
    @staticmethod
    def reason(before: Record, after: Record) -> str:
        comparison = compare(before, after, LIMITS)
        assert comparison.verdict is Verdict.NOT_COMPARABLE
        assert len(comparison.reasons) == 1
        return comparison.reasons[0]

    def test_other_protocol(self) -> None:
        reason = self.reason(make_record(scores()), make_record(scores(), protocol="pytracking"))
        assert reason == "protocol: the baseline has official, the run pytracking"

    def test_other_annotation(self) -> None:
        assert self.reason(make_record(scores()), make_record(scores(), fingerprint="f2")).startswith("fingerprint: ")

    def test_missing_sequences(self) -> None:
        reason = self.reason(make_record(scores(8)), make_record(scores(3)))
        assert reason == "sequences: s003, s004, s005 and 2 more not in the run"

    def test_further_sequences(self) -> None:
        assert self.reason(make_record(scores(2)), make_record(scores(3))) == "sequences: s002 not in the baseline"

    def test_other_initial_boxes(self) -> None:
        after = make_record(scores(3))
        moved = replace(after.sequences["s001"], initial_box=(1.0, 2.0, 30.0, 41.0))
        after = replace(after, sequences={**after.sequences, "s001": moved})
        assert self.reason(make_record(scores(3)), after) == "initial boxes: other ones in s001"

    def test_an_initial_box_written_with_three_decimals_is_the_same(self) -> None:
        after = make_record(scores(3))
        moved = replace(after.sequences["s001"], initial_box=(1.0004, 2.0, 30.0, 40.0))
        after = replace(after, sequences={**after.sequences, "s001": moved})
        assert compare(make_record(scores(3)), after, LIMITS).verdict is Verdict.SAME

    def test_same_boxes_with_other_scores_are_another_evaluation(self) -> None:
        after = make_record(scores(3))
        rescored = replace(after.sequences["s001"], metrics={"auc": 0.9})
        after = replace(after, sequences={**after.sequences, "s001": rescored})
        assert self.reason(make_record(scores(3)), after).startswith(
            "evaluation: the same boxes have other scores in s001"
        )

    def test_one_sequence_alone_cannot_claim_a_drop(self) -> None:
        reason = self.reason(make_record({"s": 0.8}), make_record({"s": 0.2}))
        assert reason == "sequences: a difference of -0.6000 in a single one can be neither claimed nor excluded"

    def test_one_sequence_alone_may_be_the_same(self) -> None:
        assert compare(make_record({"s": 0.8}), make_record({"s": 0.8001}), LIMITS).verdict is Verdict.SAME

    def test_a_score_on_one_side_only(self) -> None:
        after = make_record(scores(3) | {"s001": np.nan})
        assert self.reason(make_record(scores(3)), after) == "metric: no auc on one side in s001"

    def test_no_metric_that_decides(self) -> None:
        before = make_record(scores(3), metrics={"auc": None, "precision": 0.5})
        assert self.reason(before, make_record(scores(3))).startswith("metric: none of auc, ao")

    def test_nothing_scored_at_all(self) -> None:
        nothing = make_record({"s": float("nan")})
        assert self.reason(nothing, nothing) == "sequences: none has a score"


class TestSpeed:
    """A ratio to a reference tracker, so that a slower machine is no regression."""

    @staticmethod
    def pair(tracker: float | None, reference: float | None) -> tuple[Record, Record]:
        return make_record(scores(10), "a:b", tracker), make_record(scores(10), "c:d", reference)

    def test_a_slower_machine_is_the_same(self) -> None:
        comparison = compare_speed(self.pair(0.01, 0.02), self.pair(0.05, 0.10), LIMITS)
        assert comparison.verdict is Verdict.SAME
        assert comparison.before == pytest.approx(2.0)

    def test_a_slower_tracker_is_worse(self) -> None:
        comparison = compare_speed(self.pair(0.01, 0.02), self.pair(0.02, 0.02), LIMITS)
        assert comparison.verdict is Verdict.WORSE
        assert (comparison.after, comparison.difference.mean) == pytest.approx((1.0, -0.5))
        assert comparison.metric == "speed relative to c:d"

    @pytest.mark.parametrize(("slowdown", "verdict"), [(0.14, Verdict.SAME), (0.16, Verdict.WORSE)])
    def test_the_limit_is_a_fraction_of_the_ratio(self, slowdown: float, verdict: Verdict) -> None:
        comparison = compare_speed(self.pair(0.01, 0.02), self.pair(0.01 / (1 - slowdown), 0.02), LIMITS)
        assert comparison.verdict is verdict

    def test_times_that_are_not_there(self) -> None:
        comparison = compare_speed(self.pair(0.01, 0.02), self.pair(None, 0.02), LIMITS)
        assert comparison.reasons == ("times: the run has none of a:b",)

    def test_reasons_known_beforehand(self) -> None:
        comparison = compare_speed(self.pair(0.01, 0.02), self.pair(0.01, 0.02), LIMITS, ("speed: parallel workers",))
        assert comparison.verdict is Verdict.NOT_COMPARABLE

    def test_no_shared_sequence(self) -> None:
        other = make_record({"elsewhere": 0.5}, "c:d", 0.02)
        comparison = compare_speed(self.pair(0.01, 0.02), (make_record(scores(10), "a:b", 0.01), other), LIMITS)
        assert comparison.reasons == ("sequences: none that all four results share",)


RUNS = ("left", "right", "up", "down")


def test_runs_on_one_clip_are_judged_as_one() -> None:
    """Three clips, four runs each: what the runs taken for sequences call worse is no certain loss of the clips."""
    before = {f"clip{at}@{run}": 0.5 for at in range(3) for run in RUNS}
    after = {name: value - {"clip0": 0.0, "clip1": 0.02, "clip2": 0.2}[name[:5]] for name, value in before.items()}
    pair = [make_record(values, benchmark="otb100+sre") for values in (before, after)]
    judged = compare(*pair, LIMITS)
    assert [change.sequence for change in judged.changes] == ["clip2", "clip1", "clip0"]
    assert astuple(judged.difference) == pytest.approx(astuple(mean_bounds(np.array([0.0, -0.02, -0.2]))))
    assert (judged.verdict, judged.identical) == (Verdict.SAME, 1)
    apart = compare(*(replace(record, benchmark="otb100") for record in pair), LIMITS)
    assert (apart.verdict, len(apart.changes), apart.identical) == (Verdict.WORSE, 12, 4)


def test_speeds_of_runs_on_one_clip_are_judged_as_one() -> None:
    values = {f"clip{at}@{run}": 0.5 for at in range(3) for run in RUNS}
    tracker, slower = (make_record(values, seconds=seconds, benchmark="otb100+sre") for seconds in (0.01, 0.02))
    reference = make_record(values, tracker="r:r", seconds=0.01, benchmark="otb100+sre")
    judged = compare_speed((tracker, reference), (slower, reference), LIMITS)
    assert [change.sequence for change in judged.changes] == ["clip0", "clip1", "clip2"]
    assert [change.after for change in judged.changes] == pytest.approx([0.5, 0.5, 0.5])
