"""``stdtrack profile``: files, exit codes, and clear lines."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import CliRunner, Result

from evalkit.errors import InputError
from profiling.latency.results import ProfileTarget
from profiling.latency.targets import Setting, collect_targets
from stdtrack.cli.main import EXIT_SEQUENCES_FAILED
from stdtrack.cli.profile import profile

TRACKERS = """
import numpy as np
from evalkit.trackers.base import Prediction

class Still:
    def init(self, image, box): self.box = box
    def update(self, image): return Prediction(self.box, 1.0)

class Broken(Still):
    def update(self, image): raise ValueError("no such luck")

class Untrained(Still):
    def describe(self): return {"note": "untrained"}

def still(): return Still()
def untrained(): return Untrained()
def broken(): return Broken()
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """One sequence of twenty grey frames."""
    images = tmp_path / "own" / "grey" / "img"
    images.mkdir(parents=True)
    for index in range(20):
        cv2.imwrite(str(images / f"{index:02d}.jpg"), np.full((90, 160, 3), 128, dtype=np.uint8))
    (images.parent / "groundtruth.txt").write_text("10,20,30,40\n" * 20)
    return tmp_path / "own"


@pytest.fixture(autouse=True)
def trackers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "some_trackers.py").write_text(TRACKERS)
    monkeypatch.syspath_prepend(tmp_path)


def run(data: Path, *arguments: str) -> Result:
    options = ["--data", str(data), "--on", "folder", "--min-time", "0.1", "--timeout", "20"]
    return CliRunner().invoke(profile, [*arguments, *options], catch_exceptions=False)


def test_writes_tables_page_plots_and_json(data: Path, tmp_path: Path, fits) -> None:
    out = tmp_path / "out"
    result = run(data, "some_trackers:still", "opencv:mosse", "--threads", "1,2", "--scope", "track", "--out", str(out))
    assert result.exit_code == 0, result.stderr
    content = json.loads((out / "profile.json").read_text())
    fits("profile-1", content)
    assert set(content["trackers"]) == {
        "some_trackers:still", "some_trackers:still x2", "opencv:mosse", "opencv:mosse x2",
    }  # fmt: skip
    assert content["machine"]["cpu"]
    assert content["calibration"]["before"] > 0
    assert content["trackers"]["opencv:mosse x2"]["threads_set"]["cv2"] == 2
    for table in ("latency", "ratios", "scaling"):
        assert {row["scope"] for row in content["tables"][table]} == {"track"}
    assert {row["mean_iou"] for row in content["tables"]["accuracy"]} >= {1.0}
    latency = pd.read_csv(out / "tables" / "latency.csv")
    assert (latency["p50_ms"] > 0).all()
    assert "\\begin{tabular}" in (out / "tables" / "latency.tex").read_text()
    assert "opencv:mosse x2 " in result.stdout
    assert "\\" not in result.stdout
    page = (out / "profile.md").read_text()
    assert "| opencv:mosse x2 |" in page
    assert "device cpu" in page  # settings that all rows share are told once
    for name in ("latency_track", "latency_over_time_track", "thread_scaling_track", "speed_accuracy"):
        assert (out / "plots" / f"{name}.png").stat().st_size > 5000
        assert (out / "plots" / f"{name}.svg").is_file()
    assert not list(out.rglob("*.tmp"))


def test_a_failed_tracker_ends_in_exit_code_3_and_the_other_is_kept(data: Path, tmp_path: Path, fits) -> None:
    result = run(data, "some_trackers:broken", "some_trackers:still", "--scope", "track", "--out", str(tmp_path / "o"))
    assert result.exit_code == EXIT_SEQUENCES_FAILED
    assert "failed: some_trackers:broken: ValueError: no such luck" in result.stderr
    content = json.loads((tmp_path / "o" / "profile.json").read_text())
    fits("profile-1", content)
    assert [row["tracker"] for row in content["tables"]["latency"]] == ["some_trackers:still"]


def test_nothing_of_an_earlier_profile_stays_and_nothing_else_goes(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(data, "some_trackers:still", "opencv:mosse", "--out", str(out))
    (out / "plots" / "mine.png").write_bytes(b"kept")
    before = {path.name for path in out.rglob("*.*")}
    run(data, "some_trackers:still", "--scope", "track", "--out", str(out))
    gone = before - {path.name for path in out.rglob("*.*")}
    assert {"ratios.csv", "ratios.tex", "latency_pipeline.png", "latency_over_time_pipeline.svg"} <= gone
    assert (out / "plots" / "mine.png").read_bytes() == b"kept"
    assert "latency_track.png" not in gone


@pytest.mark.parametrize(
    ("option", "value"), [("--min-time", "nan"), ("--timeout", "inf"), ("--threads", ","), ("--scope", "")]
)
def test_a_number_that_no_clock_reaches_and_a_list_of_nothing(
    option: str, value: str, data: Path, tmp_path: Path
) -> None:
    arguments = ["some_trackers:still", "--data", str(data), "--out", str(tmp_path / "o"), option, value]
    result = CliRunner().invoke(profile, arguments)
    assert result.exit_code == 2
    assert "no finite number" in result.stderr or "names nothing" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--scope", "whole"], "unknown scope 'whole'"),
        (["--threads", "0"], "--threads 0"),
        (["--backend", "onyx"], "did you mean 'onnx'"),
        (["--backend", "onnx:bf16"], "no precision 'bf16'"),
    ],
)
def test_wrong_options_are_one_clear_line(arguments: list[str], problem: str, data: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=problem):
        run(data, "some_trackers:still", *arguments, "--out", str(tmp_path / "o"))
    assert not (tmp_path / "o").exists()


def test_a_folder_that_cannot_be_made_is_told_before_anything_starts(data: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="the folder cannot be made"):
        run(data, "some_trackers:still", "--out", str(tmp_path / "file" / "below"))
    assert "is a file" in run(data, "some_trackers:still", "--out", str(tmp_path / "file")).stderr


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is CUDA here")
def test_cuda_without_cuda_is_one_clear_line(data: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="finds no CUDA device"):
        run(data, "stdtrack:nano", "--device", "cuda", "--out", str(tmp_path / "o"))


def targets_of(
    specs: tuple[str, ...], threads: tuple[int, ...], backends: tuple[str, ...], device: str
) -> tuple[ProfileTarget, ...]:
    return collect_targets(list(specs), None, Setting(threads, backends, device)).targets


def test_backends_and_devices_go_where_they_are_understood() -> None:
    targets = targets_of(("stdtrack:nano", "opencv:csrt"), (1, 2), ("eager", "onnx:int8"), "cpu")
    assert [target.label for target in targets] == [
        "stdtrack:nano [eager]", "stdtrack:nano [eager] x2", "stdtrack:nano [onnx:int8]",
        "stdtrack:nano [onnx:int8] x2", "opencv:csrt", "opencv:csrt x2",
    ]  # fmt: skip
    assert targets[2].spec == "stdtrack:nano?backend=onnx&precision=int8"
    on_cuda = targets_of(("stdtrack:nano", "opencv:csrt"), (1,), (), "cuda")
    assert [(target.spec, target.device) for target in on_cuda] == [
        ("stdtrack:nano?device=cuda", "cuda"), ("opencv:csrt", "cpu"),
    ]  # fmt: skip


def test_an_untrained_tracker_is_told_before_it_is_measured_and_beside_its_accuracy(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run(data, "some_trackers:untrained", "some_trackers:still", "--out", str(out))
    assert result.exit_code == 0, result.stderr
    told = result.stderr.index("some_trackers:untrained: untrained: its boxes and scores mean nothing")
    assert told < result.stderr.index("measuring")
    assert "some_trackers:still: " not in result.stderr
    accuracy = pd.read_csv(out / "tables" / "accuracy.csv")
    assert accuracy["tracker"].tolist() == ["some_trackers:untrained (untrained)", "some_trackers:still"]


def test_names_show_options_only_where_they_tell_specs_apart() -> None:
    specs = ("onnx:fear_xs?weights=a", "onnx:nanotrack_v2?weights=a", "onnx:nanotrack_v2?weights=b")
    assert [target.title for target in targets_of(specs, (1,), (), "cpu")] == ["onnx:fear_xs", *specs[1:]]
