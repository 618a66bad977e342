"""VOT's real-time rule, worked out by hand, and its replay from a run's files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evalkit import InputError, open_benchmark, run, score
from evalkit.reading.tables import read_boxes
from evalkit.results.manifest import read_manifest
from evalkit.robustness.real_time import frames_seen, replayed
from evalkit.robustness.replaying import replay


@pytest.mark.parametrize(
    ("milliseconds", "fps", "grace", "seen"),
    [
        ([50, 50, 50, 50], 20, 0, [1, 1, 1, 1]),  # in time to the millisecond
        ([200, 10, 10, 10], 20, 1, [1, 1, 1, 1]),  # the start is late and forgiven
        ([190, 10, 10, 10, 10, 10], 20, 0, [1, 0, 0, 1, 1, 1]),  # 140 behind: two frames pass, then 40, in time
        ([10, 120, 120, 10, 10], 20, 1, [1, 1, 1, 0, 1]),  # one forgiven; the next is 70 behind, then 20
        ([10, 10, 10, 10], 1000, 0, [1, 0, 0, 0]),
        ([10, 160, 10, 10, 10, 10], 20, 0, [1, 1, 0, 0, 1, 1]),  # 110, 60, 10 behind
    ],
)
def test_frames_seen(milliseconds: list[float], fps: int, grace: int, seen: list[int]) -> None:
    assert frames_seen(np.array(milliseconds) / 1000, fps, grace).astype(int).tolist() == seen


def test_the_last_answer_is_repeated() -> None:
    boxes = np.arange(24.0).reshape(6, 4)
    found = replayed(boxes, np.array([10, 160, 10, 10, 10, 10]) / 1000, 20, grace=0)
    assert found[:, 0].tolist() == [0, 4, 4, 4, 16, 20]


def test_replay_writes_results_that_score(clips: Path, tmp_path: Path) -> None:
    run("pixel_trackers:Bright", on="folder", data=clips, out=tmp_path)
    (folder,) = tmp_path.glob("*/folder")
    for name in ("one", "two"):
        (folder / f"{name}_time.txt").write_text("0.001\n" + "0.09\n" * 29)
    benchmark = open_benchmark("folder", data=clips)
    assert replay(tmp_path, benchmark, clips, [10, 20], {"pixel_trackers:Bright"}) == []
    slow = folder.with_name("folder+real_time@20")
    boxes, held = read_boxes(folder / "one.txt"), read_boxes(slow / "one.txt")
    # The first 90 ms are forgiven; later ones are 40 ms behind, which the next frame forgives.
    assert np.array_equal(boxes, held)
    replay(tmp_path, benchmark, clips, [40], {"pixel_trackers:Bright"})
    held = read_boxes(folder.with_name("folder+real_time@40") / "one.txt")
    assert np.array_equal(held[2:6], boxes[[2, 2, 2, 5]])  # 65, 40, 15 ms behind
    fast, late = (score(tmp_path, on=f"folder+real_time@{fps}", data=clips).scores[0] for fps in (10, 40))
    assert fast.metrics["auc"] == score(tmp_path, on="folder", data=clips).scores[0].metrics["auc"]
    assert late.metrics["auc"] < fast.metrics["auc"]
    manifest = read_manifest(slow)
    assert manifest is not None
    assert manifest.benchmark["name"] == "folder+real_time@20"


def test_a_replay_takes_the_place_of_the_last_one(clips: Path, tmp_path: Path) -> None:
    run("pixel_trackers:Bright", on="folder", data=clips, out=tmp_path)
    (folder,) = tmp_path.glob("*/folder")
    benchmark, slow = open_benchmark("folder", data=clips), folder.with_name("folder+real_time@20")
    replay(tmp_path, benchmark, clips, [20], {"pixel_trackers:Bright"})
    (slow / "notes.md").write_text("kept")
    before = sorted(path.name for path in slow.iterdir())
    times = (folder / "two_time.txt").read_text()
    (folder / "two_time.txt").write_text("0.1\n")
    with pytest.raises(InputError, match="30 boxes and 1 times"):
        replay(tmp_path, benchmark, clips, [20], {"pixel_trackers:Bright"})
    assert sorted(path.name for path in slow.iterdir()) == before  # an error loses nothing
    (folder / "two_time.txt").write_text(times)
    (folder / "one.txt").unlink()
    replay(tmp_path, benchmark, clips, [20], {"pixel_trackers:Bright"})
    assert {path.name for path in slow.glob("*.txt")} == {"two.txt"}
    assert (slow / "notes.md").read_text() == "kept"
    manifest = read_manifest(slow)
    assert manifest is not None
    assert set(manifest.fingerprints) == {"two"}
    (folder / "two_time.txt").unlink()
    replay(tmp_path, benchmark, clips, [20], {"pixel_trackers:Bright"})
    assert not list(slow.glob("*.txt"))


def test_results_and_times_that_do_not_fit(clips: Path, tmp_path: Path) -> None:
    run("pixel_trackers:Bright", on="folder", data=clips, out=tmp_path, workers=2)
    (folder,) = tmp_path.glob("*/folder")
    benchmark = open_benchmark("folder", data=clips)
    (doubt,) = replay(tmp_path, benchmark, clips, [30], {"pixel_trackers:Bright"})
    assert "2 workers that shared the machine" in doubt
    (folder / "one_time.txt").write_text("0.1\n")
    with pytest.raises(InputError, match="30 boxes and 1 times"):
        replay(tmp_path, benchmark, clips, [30], {"pixel_trackers:Bright"})
    (folder / "one_time.txt").unlink()
    assert any(
        "no times of one" in line for line in replay(tmp_path, benchmark, clips, [30], {"pixel_trackers:Bright"})
    )
