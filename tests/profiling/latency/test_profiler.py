"""Trackers in workers: each fails alone, what is measured is complete, and wrong input stops before anything starts."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from evalkit.errors import InputError
from profiling import tables
from profiling.latency.clips import ClipName
from profiling.latency.profiler import LEAST_ROUNDS, ROUNDS, profile_targets, rounds_for
from profiling.latency.results import ProfileTarget
from profiling.latency.steps import WarmUp

SHORT = {"min_time": 0.2, "timeout": 3.0}


def test_two_trackers_are_measured_in_turns(trackers: str, clips: tuple[ClipName, ...]) -> None:
    notes: list[str] = []
    result = profile_targets(
        [ProfileTarget(f"{trackers}:staged"), ProfileTarget(f"{trackers}:sleeper")], clips, note=notes.append, **SHORT
    )
    assert not result.failures
    staged, sleeper = result.profiles
    assert len(staged.rounds) == len(sleeper.rounds) == ROUNDS
    assert staged.finish.threads["environment"]["OMP_NUM_THREADS"] == "1"
    assert staged.target.cores == sleeper.target.cores
    assert staged.finish.peak_resident >= staged.finish.loaded_resident > 10 * 2**20
    assert staged.overlap == sleeper.overlap == 1.0
    latency = tables.latency_table(result).set_index(["tracker", "scope"])
    assert latency.loc[(f"{trackers}:sleeper", "track"), "p50_ms"] >= 5.0
    assert (f"{trackers}:sleeper", "model") not in latency.index
    assert latency.loc[(f"{trackers}:staged", "model"), "p50_ms"] >= 4.0
    assert min(part.min() for part in sleeper.latencies("track")) >= 5.0e-3
    assert len(tables.ratio_table(result, ["track"])) == 1
    stages = tables.stage_table(result)
    assert list(stages["stage"]) == ["image", "crop", "forward", "other"]
    assert stages["share"].sum() == pytest.approx(1.0)
    assert len(tables.frame_table(result, ["track"])) == staged.frames + sleeper.frames
    assert tables.resource_table(result)["energy"].str.len().min() > 3
    assert "loading" in notes[0]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("raises", "lost my way"),
        ("nonsense", "not four finite numbers"),
        ("misshapen", "not four finite numbers"),
        ("dies", "exited with code 17"),
        ("nested", "stage 'forward' begins within stage 'whole'"),
        ("hangs", "no answer within 3 s"),
        ("hangs_at_once", "no answer within 3 s"),
        ("hangs_while_measured", "no answer within 3 s"),
    ],
)
def test_a_tracker_that_fails_fails_alone(fault: str, reason: str, trackers: str, clips: tuple[ClipName, ...]) -> None:
    targets = [ProfileTarget(f"{trackers}:{fault}"), ProfileTarget(f"{trackers}:still")]
    result = profile_targets(targets, clips, **SHORT)
    assert [profile.target.spec for profile in result.profiles] == [f"{trackers}:still"]
    assert reason in result.failures[f"{trackers}:{fault}"]
    assert "in frame 1" not in result.failures[f"{trackers}:{fault}"]  # of the call, which nobody knows


@pytest.mark.parametrize(
    ("fault", "note", "overlap"),
    [
        ("raises", "memory: ValueError: cannot describe myself, and nothing was asked after that", None),
        ("network", "profiled_trackers:late?fault=network: complexity_parts() failed: ValueError: no parts", 1.0),
    ],
)
def test_an_error_after_the_measurement_costs_no_latencies(
    fault: str, note: str, overlap: float | None, trackers: str, clips: tuple[ClipName, ...]
) -> None:
    result = profile_targets(
        [ProfileTarget(f"{trackers}:late?fault={fault}"), ProfileTarget(f"{trackers}:still")], clips, **SHORT
    )
    assert not result.failures
    late, still = result.profiles
    assert len(late.rounds) == ROUNDS
    assert late.overlap == overlap
    assert (still.problem, still.overlap) == ("", 1.0)
    table = tables.resource_table(result)
    assert list(table["note"]) == [note, ""]
    assert table["peak_mib"].isna().tolist() == [fault == "raises", False]
    assert len(tables.latency_table(result, ["track"])) == 2


def test_all_may_fail(trackers: str, clips: tuple[ClipName, ...]) -> None:
    result = profile_targets([ProfileTarget(f"{trackers}:misshapen")], clips, **SHORT)
    assert result.profiles == ()
    for table in (tables.latency_table, tables.ratio_table, tables.frame_table, tables.stage_table):
        assert table(result).empty
    assert tables.scaling_table(result).empty


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        (ProfileTarget("nowhere:tracker"), "no prefix or module"),
        (ProfileTarget("profiled_trackers:number"), "is no tracker"),
        (ProfileTarget("profiled_trackers:still?speed=2"), "takes no option 'speed'"),
        (ProfileTarget("profiled_trackers:still_class"), "returned the class Still"),
        (ProfileTarget("profiled_trackers:single_input"), "not \\(module, example_inputs\\)"),
        (ProfileTarget("profiled_trackers:still", backend="onnx"), "its backend is its own affair"),
        (ProfileTarget("profiled_trackers:linear", backend="onyx"), "did you mean 'onnx'"),
    ],
)
def test_wrong_input_stops_before_anything_starts(
    target: ProfileTarget, problem: str, trackers: str, clips: tuple[ClipName, ...]
) -> None:
    notes: list[str] = []
    with pytest.raises(InputError, match=problem):
        profile_targets([ProfileTarget(f"{trackers}:still"), target], clips, note=notes.append, **SHORT)
    assert all(note.startswith("loading") for note in notes)


def test_a_module_has_the_scope_model_on_any_backend(trackers: str, clips: tuple[ClipName, ...]) -> None:
    targets = [ProfileTarget(f"{trackers}:linear"), ProfileTarget(f"{trackers}:linear", backend="torch-export")]
    result = profile_targets(targets, clips, **SHORT)
    assert not result.failures
    assert set(tables.latency_table(result)["scope"]) == {"model"}
    assert result.profiles[0].difference is None
    assert result.profiles[1].difference == pytest.approx(0.0, abs=1e-6)
    assert np.isfinite(result.calibration.drift)
    assert list(result.ceilings) == [1]
    assert len(tables.roofline_table(result)) == 2


def test_a_module_that_computes_nothing_has_no_roofline(trackers: str, clips: tuple[ClipName, ...]) -> None:
    result = profile_targets(
        [ProfileTarget(f"{trackers}:identity"), ProfileTarget(f"{trackers}:linear")], clips, **SHORT
    )
    assert len(result.profiles) == 2
    assert list(tables.roofline_table(result)["tracker"]) == [f"{trackers}:linear"]


def test_whatever_gives_reason_for_doubt_is_told(trackers: str, clips: tuple[ClipName, ...]) -> None:
    result = profile_targets(
        [ProfileTarget(f"{trackers}:doubtful"), ProfileTarget(f"{trackers}:still", threads=4096)], clips, **SHORT
    )
    latency = tables.latency_table(result).set_index("tracker")
    assert set(latency["scope"]) == {"track", "pipeline"}
    note = latency.loc[f"{trackers}:doubtful", "note"].iloc[0]
    assert "no scope model: the stage forward is in 6" in note
    assert "the tracker itself set more threads: cv2 2" in note
    assert "a doubtful one, see its card" in note
    assert "the tracker itself says that it ran on cuda:1" in note
    assert "more threads than the" in latency.loc[f"{trackers}:still x4096", "note"].iloc[0]
    stages = tables.stage_table(result).set_index("stage")["share"]
    assert set(stages.index) > {"template"}
    assert stages.sum() == pytest.approx(1.0)


def test_what_cannot_be_counted_is_left_blank_with_the_reason(trackers: str, clips: tuple[ClipName, ...]) -> None:
    result = profile_targets(
        [ProfileTarget(f"{trackers}:fourier"), ProfileTarget(f"{trackers}:still"), ProfileTarget(f"{trackers}:linear")],
        clips,
        **SHORT,
    )
    assert not result.failures
    table = tables.resource_table(result).set_index("tracker")
    assert "_fft_r2c" in table.loc[f"{trackers}:fourier", "note"]
    assert np.isnan(table.loc[f"{trackers}:fourier", "frame_macs"])
    assert table.loc[f"{trackers}:still", "note"] == ""
    assert table.loc[f"{trackers}:linear", "frame_macs"] == 64 * 64
    assert list(tables.roofline_table(result)["tracker"]) == [f"{trackers}:linear"]


def test_labels_tell_jobs_apart() -> None:
    targets = [
        ProfileTarget("a:b"),
        ProfileTarget("a:b", threads=2),
        ProfileTarget("a:b?backend=onnx&precision=int8", backend="onnx:int8", name="a:b"),
        ProfileTarget("a:b", device="cuda"),
    ]
    assert [target.label for target in targets] == ["a:b", "a:b x2", "a:b [onnx:int8]", "a:b [cuda]"]
    assert targets[1].title == targets[0].title


@pytest.mark.timed
def test_a_ratio_is_that_of_the_sleeps(trackers: str, clips: tuple[ClipName, ...]) -> None:
    """1 + 4 + 2 ms against 5 ms."""
    result = profile_targets(
        [ProfileTarget(f"{trackers}:staged"), ProfileTarget(f"{trackers}:sleeper")], clips, **SHORT
    )
    assert tables.ratio_table(result, ["track"])["ratio"].item() == pytest.approx(5 / 7, rel=0.2)
    assert min(part.min() for part in result.profiles[1].latencies("track")) == pytest.approx(5.1e-3, rel=0.1)


@pytest.mark.timed
def test_shares_of_stages_are_those_of_the_sleeps(trackers: str, clips: tuple[ClipName, ...]) -> None:
    result = profile_targets(
        [ProfileTarget(f"{trackers}:doubtful"), ProfileTarget(f"{trackers}:still")], clips, **SHORT
    )
    share = tables.stage_table(result).set_index("stage")["share"]["template"]
    assert share == pytest.approx(2.1 / (2.1 + 2 / 3 * 2.1), abs=0.15)


@pytest.mark.timed
def test_two_runs_under_other_load_agree_on_the_ratio(trackers: str, clips: tuple[ClipName, ...]) -> None:
    spin = "while True: pass"
    others = [subprocess.Popen([sys.executable, "-c", spin]) for _ in range(2 * (os.cpu_count() or 1))]
    try:
        targets = [ProfileTarget(f"{trackers}:multiplier?times=3"), ProfileTarget(f"{trackers}:multiplier?times=12")]
        found = [
            tables.ratio_table(profile_targets(targets, clips, min_time=10.0, timeout=60.0, seed=seed), ["track"])[
                "ratio"
            ].item()
            for seed in (0, 1)
        ]
    finally:
        for other in others:
            other.kill()
            other.wait()
    assert found[0] == pytest.approx(found[1], rel=0.05)
    assert found[0] == pytest.approx(4.0, rel=0.15)


@pytest.mark.parametrize(
    ("min_time", "seconds_a_frame", "rounds"),
    [(3.0, 0.001, ROUNDS), (3.0, 0.075, ROUNDS), (3.0, 0.3, 50), (3.0, 2.0, LEAST_ROUNDS), (30.0, 0.6, ROUNDS)],
)
def test_a_slow_tracker_makes_rounds_fewer(min_time: float, seconds_a_frame: float, rounds: int) -> None:
    fast, slow = WarmUp(100, 0.1, True), WarmUp(20, 20 * seconds_a_frame, True)
    assert rounds_for(min_time, [fast, slow]) == rounds
