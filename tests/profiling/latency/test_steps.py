"""What is timed is what the tracker takes: known delays, known stages, known overhead."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from evalkit.results.latencies import summarise
from evalkit.trackers.answers import NonsenseError
from evalkit.trackers.spec import load_tracker
from profiling.latency.clips import Clip
from profiling.latency.steps import HostRecorder, Step, module_steps, steps, warm_up
from profiling.machine.process import run_delay_clock


def run(spec: str, clip: Clip, frames: int) -> list[Step]:
    return list(islice(steps(load_tracker(spec), [clip], HostRecorder(), lambda: None), frames))


def test_no_sleep_of_five_milliseconds_is_shorter(trackers: str, clip: Clip) -> None:
    assert min(step.track for step in run(f"{trackers}:sleeper", clip, 100)) >= 5.0e-3


@pytest.mark.timed
def test_median_of_five_milliseconds_on_a_machine_at_rest(trackers: str, clip: Clip) -> None:
    summary = summarise(np.array([step.track for step in run(f"{trackers}:sleeper", clip, 1000)]))
    assert 5.0e-3 <= summary.p50 <= 5.3e-3


def test_every_hundredth_frame_shows_in_the_tail(trackers: str, clip: Clip) -> None:
    summary = summarise(np.array([step.track for step in run(f"{trackers}:stumbler", clip, 350)]))
    assert summary.slowest >= summary.p99 >= 50e-3
    assert "p99 is" in summary.warning


def test_stages_and_scopes(trackers: str, clip: Clip) -> None:
    found = run(f"{trackers}:staged", clip, 30)
    assert min(step.stages["crop"] for step in found) >= 1e-3
    assert min(step.stages["forward"] for step in found) >= 4e-3
    step = found[0]
    assert step.seconds("model") == step.stages["forward"]
    assert step.seconds("track") == step.track > sum(step.stages.values())
    assert step.seconds("pipeline") == step.track + step.decode


@pytest.mark.timed
def test_stages_take_what_they_take(trackers: str, clip: Clip) -> None:
    found = run(f"{trackers}:staged", clip, 30)
    fastest = {name: min(step.stages[name] for step in found) for name in ("crop", "forward")}
    assert fastest["crop"] == pytest.approx(1e-3, rel=0.3)
    assert fastest["forward"] == pytest.approx(4e-3, rel=0.1)


def test_after_a_stage_that_fails_others_can_begin() -> None:
    recorder = HostRecorder()
    with pytest.raises(ValueError, match="lost"), recorder("forward"):
        raise ValueError("lost")
    with recorder("crop"):
        pass
    assert list(recorder.take()) == ["forward", "crop"]


def test_a_tracker_without_stages_has_no_scope_model(trackers: str, clip: Clip) -> None:
    assert run(f"{trackers}:still", clip, 1)[0].seconds("model") is None


def test_clips_are_repeated_from_their_first_box(trackers: str, clip: Clip) -> None:
    found = run(f"{trackers}:still", clip, 2 * (len(clip.frames) - 1) + 1)
    assert [step.frame for step in found[38:41]] == [39, 1, 2]
    assert found[39].init > 0.0 == found[40].init


@pytest.mark.timed
def test_overhead_on_a_step_of_one_millisecond(trackers: str, clip: Clip) -> None:
    tracker, run_delay = load_tracker(f"{trackers}:busy"), run_delay_clock()
    taken = steps(tracker, [clip], HostRecorder(run_delay), lambda: None, run_delay)
    measured = [step.track for step in islice(taken, 500)]
    own = tracker.own  # type: ignore[attr-defined]
    overheads = [(seen - spent) / spent for seen, spent in zip(measured, own, strict=True)]
    print(f"overhead on a step of 1 ms: {np.median(overheads):.2%}")  # noqa: T201 - docs/profiling.md quotes it
    assert 0.0 <= np.median(overheads) < 0.02


@pytest.mark.parametrize("fault", ["nonsense", "misshapen"])
def test_an_answer_that_is_no_box_is_an_error(fault: str, trackers: str, clip: Clip) -> None:
    with pytest.raises(NonsenseError, match="frame"):
        run(f"{trackers}:{fault}", clip, 30)


def test_a_module_has_the_stage_forward_alone() -> None:
    calls: list[int] = []
    found = list(islice(module_steps(lambda: calls.append(1), HostRecorder(), lambda: None), 5))
    assert len(calls) == 5
    assert all(list(step.stages) == ["forward"] for step in found)


def test_warm_up_ends_when_the_median_stands_still() -> None:
    seconds = iter([0.5] * 7 + [0.01] * 1000)
    result = warm_up(Step("", index, 0.0, value) for index, value in enumerate(seconds))
    assert result.steady
    assert result.frames == 20  # a window of 0.5, then three whose median is 0.01


def test_warm_up_gives_up_on_what_never_settles() -> None:
    noise = np.random.default_rng(0).uniform(0.1, 10.0, 10_000)
    result = warm_up((Step("", index, 0.0, value) for index, value in enumerate(noise)), longest=0.0)
    assert not result.steady
    assert result.frames == 15


def test_clip_shorter_than_the_warm_up_is_refused(tmp_path: Path) -> None:
    import cv2

    from evalkit.errors import InputError
    from profiling.latency.clips import choose_clips
    from profiling.latency.steps import SHORTEST_CLIP

    (tmp_path / "short" / "img").mkdir(parents=True)
    for index in range(9):
        cv2.imwrite(str(tmp_path / "short" / "img" / f"{index}.png"), np.zeros((20, 20, 3), dtype=np.uint8))
    (tmp_path / "short" / "groundtruth.txt").write_text("1,2,3,4\n" * 9)
    with pytest.raises(InputError, match="short has 9 frames, but the warm-up needs 16"):
        choose_clips(tmp_path, SHORTEST_CLIP, ("folder",))


def test_clips_of_one_sequence_under_a_variation_have_names_of_their_own(data: Path) -> None:
    from profiling.latency.clips import choose_clips, open_clip
    from profiling.latency.steps import SHORTEST_CLIP

    clips = choose_clips(data, SHORTEST_CLIP, ("folder", "folder+grey@1"))
    names = ["folder/first", "folder/second", "folder+grey@1/first", "folder+grey@1/second"]
    assert [open_clip(clip).name for clip in clips] == names  # by which ratios are taken, clip by clip


def test_accuracy_is_unknown_where_the_first_frame_alone_is_annotated(trackers: str, clip: Clip) -> None:
    from profiling.latency.worker import mean_overlap

    tracker, boxes = load_tracker(f"{trackers}:still"), np.full_like(clip.boxes, np.nan)
    boxes[0] = clip.boxes[0]
    hidden = replace(clip, boxes=boxes)
    assert mean_overlap(tracker, [hidden]) is None
    assert mean_overlap(tracker, [hidden, clip]) == 1.0


def test_waits_for_the_processor_are_taken_off(trackers: str, clip: Clip) -> None:
    ticks = iter(range(10_000))

    def run_delay() -> float:
        return 1e-6 * next(ticks)  # every reading of the clock finds one microsecond more

    tracker = load_tracker(f"{trackers}:staged")
    (step,) = islice(steps(tracker, [clip], HostRecorder(run_delay), lambda: None, run_delay), 1)
    assert step.waits == pytest.approx({"model": 1e-6, "track": 3e-6, "pipeline": 4e-6})
    assert step.undisturbed("track") == pytest.approx(step.track - 3e-6)
    assert step.undisturbed("model") == pytest.approx(step.stages["forward"] - 1e-6)


def test_clips_are_opened_by_the_spec_and_wherever_the_tracker_goes(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from profiling.latency.clips import choose_clips, open_clip
    from profiling.latency.steps import SHORTEST_CLIP

    monkeypatch.setattr("evalkit.benchmarks.folder.Folder.spec", "folder?base=%30")  # options are escaped there
    monkeypatch.chdir(data.parent)
    names = choose_clips(Path(data.name), SHORTEST_CLIP, ("folder?base=0",))
    monkeypatch.chdir("/")
    assert [(name.benchmark, name.data) for name in names] == [("folder?base=%30", data)] * 2
    assert len(open_clip(names[0]).frames) == names[0].frames


def test_a_wait_as_long_as_the_frame_was_not_in_it() -> None:
    step = Step("clip", 1, decode=1e-3, track=2e-3, waits={"track": 2.5e-3, "pipeline": 2.5e-3})
    assert step.undisturbed("track") == 2e-3
    assert step.undisturbed("pipeline") == pytest.approx(0.5e-3)
