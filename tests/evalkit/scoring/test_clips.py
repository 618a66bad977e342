"""Twelve runs on one clip are one piece of evidence: in intervals, in comparisons, and for the cache of scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evalkit.benchmarks.folder import Folder
from evalkit.benchmarks.installed import clips_of
from evalkit.benchmarks.registry import open_benchmark
from evalkit.scoring.opening import Annotation
from evalkit.scoring.pair import pair_up
from evalkit.scoring.scores import BenchmarkScore, SequenceScore
from evalkit.scoring.statistics import bootstrap_interval, compare_paired, interval_table

NONE = np.empty(0)
RUNS = ("left", "right", "up", "down", "scale_8", "scale_12")
CLIPS = {f"clip{at}": value for at, value in enumerate((0.1, 0.25, 0.4, 0.55, 0.6, 0.75, 0.9))}


def scored(benchmark: str, runs: dict[str, tuple[float, int]], overall: float, tracker: str = "t") -> BenchmarkScore:
    """A score of runs with so much AUC in so many frames."""
    sequences = tuple(
        SequenceScore(name, frames, {"auc": auc}, {"success": np.array([auc])}, NONE, NONE)
        for name, (auc, frames) in runs.items()
    )
    return BenchmarkScore(tracker, benchmark, "official", {"auc": overall}, {}, sequences, len(sequences))


def repeated(clips: dict[str, float]) -> dict[str, tuple[float, int]]:
    return {f"{clip}@{run}": (value, 50) for clip, value in clips.items() for run in RUNS}


@pytest.mark.parametrize(
    ("spec", "name", "clip"),
    [
        ("otb100", "Bolt@left", "Bolt@left"),  # a name that only looks like a run's
        ("otb100+sre", "Bolt@left", "Bolt"),
        ("otb100+tre", "Bolt@03", "Bolt"),
        ("otb100+fog@3", "Bolt", "Bolt"),
        ("otb100+tre+sre", "Bolt@03@left", "Bolt"),
        ("nobody's", "Bolt", "Bolt"),
        ("nobody's+sre", "Bolt@left", "Bolt@left"),
    ],
)
def test_the_clip_of_a_run(spec: str, name: str, clip: str) -> None:
    assert clips_of(spec, [name]) == [clip]


def test_an_interval_is_as_wide_as_the_clips_make_it() -> None:
    mean = float(np.mean(list(CLIPS.values())))
    expected = bootstrap_interval(np.array(list(CLIPS.values())))
    row = interval_table([scored("otb100+sre", repeated(CLIPS), mean)]).iloc[0]
    assert (row["low"], row["high"]) == pytest.approx(expected)
    taken_apart = interval_table([scored("otb100", repeated(CLIPS), mean)]).iloc[0]
    assert taken_apart["high"] - taken_apart["low"] < 0.6 * (expected[1] - expected[0])


def test_runs_of_other_lengths_weigh_by_their_frames() -> None:
    """As OTB's ``genPerfMat.m`` counts: (0.8 * 30 + 0.4 * 10) / 40 = 0.7."""
    runs = {"a@01": (0.8, 30), "a@02": (0.4, 10), "b@01": (0.2, 25), "b@02": (0.2, 5), "c@01": (0.5, 9)}
    row = interval_table([scored("otb100+tre", runs, (0.7 + 0.2 + 0.5) / 3)]).iloc[0]
    assert (row["low"], row["high"]) == bootstrap_interval(np.array([0.7, 0.2, 0.5]))


def test_one_clip_says_nothing_however_many_runs_it_has() -> None:
    assert interval_table([scored("otb100+sre", repeated({"Bolt": 0.5}), 0.5)]).empty


def test_trackers_are_compared_clip_by_clip() -> None:
    """A difference on two clips of seven, six runs each, is no difference that can be claimed."""
    better = {**CLIPS, "clip1": 0.5, "clip3": 0.8}
    first, second = (scored("otb100+sre", repeated(clips), 0.5) for clips in (better, CLIPS))
    pair = pair_up(first, second)
    alone = compare_paired(*(np.array(list(clips.values())) for clips in (better, CLIPS)))
    assert (pair.result.sequences, pair.sequences, pair.total) == (7, 42, 42)
    assert (pair.result.low, pair.result.high) == pytest.approx((alone.low, alone.high))
    assert (pair.result.gained, pair.result.claimed) == (2, False)
    assert pair.differences["clip3"] == pytest.approx(0.25)
    assert "(42 of 42 sequences on 7 clips)" in str(pair)
    apart = pair_up(scored("otb100", repeated(better), 0.5), scored("otb100", repeated(CLIPS), 0.5))
    assert apart.result.claimed, "what the runs taken for sequences would have claimed"
    assert "(42 of 42 sequences)" in str(apart)


def test_which_runs_are_on_one_clip_is_part_of_the_caches_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "groundtruth.txt").write_text("1,2,30,40\n" * 3)
    before = Annotation(open_benchmark("folder", annotations=tmp_path)).digest(["one", "two"])
    assert before == Annotation(open_benchmark("folder", annotations=tmp_path)).digest(["one", "two"])
    monkeypatch.setattr(Folder, "clip_of", classmethod(lambda cls, name: "one"))
    assert before != Annotation(open_benchmark("folder", annotations=tmp_path)).digest(["one", "two"])
