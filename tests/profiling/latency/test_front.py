"""Live modules and trackers beside specs, measured in one run."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import profiling
import stdtrack
from evalkit.errors import InputError
from profiling.latency.profiler import ROUNDS

HERE = Path(__file__).parents[1]
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(HERE)
    fakes = import_module("profiled_trackers")
SHORT: dict[str, Any] = {"min_time": 0.2, "timeout": 20.0}
IMAGE = torch.zeros(1, 3, 8, 8)


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1, bias=False)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.conv(image)


def test_a_live_module_to_macs_and_latency_in_two_lines() -> None:
    module = Small().train()
    run = stdtrack.profile(module, IMAGE, **SHORT)
    assert "Load average" in str(run)
    assert "fps_median" in repr(run)
    assert "Round(" not in repr(run)
    assert run.table("resources")["frame_macs"].tolist() == [108 * 64]
    latency = run.table()
    assert latency[["tracker", "backend", "threads", "device", "scope"]].values.tolist() == [
        ["Small", "unknown", 1, "cpu", "model"]
    ]
    assert (latency["p50_ms"] > 0).all()
    assert latency["note"].str.contains("measured in this process").all()
    assert (run.clips, run.failures) == ((), {})
    assert module.training


def test_live_ones_beside_specs_in_one_run(trackers: str, data: Path, tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    live = fakes.Staged()
    stage = live.stage
    subjects = {"net": Small(), "mine": live, "spec": f"{trackers}:still"}
    run = stdtrack.profile(subjects, inputs=IMAGE, data=data, on="folder", **SHORT)
    assert not run.failures
    assert [profile.target.label for profile in run.profiles] == ["net", "mine", "spec"]
    assert [len(profile.rounds) for profile in run.profiles] == [ROUNDS] * 3
    latency = run.table("latency").set_index(["tracker", "scope"])
    assert latency.loc[("mine", "track"), "p50_ms"] >= 7.0
    assert "measured in this process" not in latency.loc[("spec", "track"), "note"]
    resources = run.table("resources").set_index("tracker")
    assert resources["peak_mib"].isna().tolist() == [True, True, False]
    assert resources["growth_bytes_per_frame"].isna().tolist() == [True, True, False]
    assert "its own memory is not known" in resources.loc["mine", "note"]
    assert run.table("accuracy").set_index("tracker")["mean_iou"].to_dict() == {"mine": 1.0, "spec": 1.0}
    assert live.stage is stage
    assert torch.get_num_threads() == threads
    assert len(run.plot("latency_track").axes) > 0
    with pytest.raises(InputError, match="no plot 'latency_trak'"):
        run.plot("latency_trak")
    run.save(tmp_path / "out")
    assert (tmp_path / "out" / "profile.json").is_file()
    assert (tmp_path / "out" / "plots" / "stages.png").is_file()


def test_threads_and_backends_of_a_live_module() -> None:
    run = profiling.profile(Small(), (IMAGE,), threads=(1, 2), backends=("eager", "torch-export"), **SHORT)
    assert run.table()["tracker"].tolist() == [
        "Small [eager]", "Small [eager] x2", "Small [torch-export]", "Small [torch-export] x2",
    ]  # fmt: skip
    assert run.profiles[1].finish.threads["torch_intra"] == 2
    assert (run.table("resources")["difference_from_eager"] < 1e-5).all()


def test_a_live_failure_fails_alone(data: Path) -> None:
    run = profiling.profile([fakes.raises(), (Small(), (IMAGE,))], data=data, on="folder", **SHORT)
    assert run.failures == {"Still": "ValueError: lost my way"}
    assert [profile.target.label for profile in run.profiles] == ["Small"]


def test_without_torch_it_stays_away() -> None:
    code = "import sys, profiling; profiling.profile; assert 'torch' not in sys.modules"
    import subprocess

    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)


@pytest.mark.parametrize(
    ("subjects", "options", "problem"),
    [
        ([], {}, "there is nothing to profile"),
        ({"": Small()}, {"inputs": IMAGE}, "'' is no name"),
        (Small(), {}, "'Small' is a module alone: nothing says what it is called with"),
        ([Small(), Small()], {"inputs": IMAGE}, "two subjects are called 'Small'"),
        (fakes.Still(), {"inputs": IMAGE}, "inputs are for modules, and there is none"),
        (fakes.Still(), {"threads": (1, 2)}, "'Still' is one tracker"),
        (fakes.Still, {}, "'Still' is a class"),
        (object(), {}, "is no tracker of a known style"),
        (Small(), {"inputs": IMAGE, "backends": "onyx"}, "did you mean 'onnx'"),
        (Small(), {"inputs": IMAGE, "device": "gpu"}, "unknown device 'gpu'"),
        (Small(), {"inputs": IMAGE, "threads": 0}, "--threads 0 is no positive number"),
        (Small(), {"inputs": IMAGE, "min_time": float("nan")}, "min_time is nan"),
        ("csrt", {}, "'csrt' is no tracker spec"),
    ],
)
def test_wrong_input_is_one_clear_line(subjects: Any, options: dict[str, Any], problem: str, data: Path) -> None:
    with pytest.raises(InputError, match=problem) as caught:
        profiling.profile(subjects, **{"data": data, "on": "folder", **SHORT, **options})
    assert "\n" not in str(caught.value)


def test_one_instance_cannot_be_measured_twice(data: Path) -> None:
    tracker = fakes.Still()
    with pytest.raises(InputError, match="one tracker is given twice"):
        profiling.profile({"a": tracker, "b": tracker}, data=data, **SHORT)


def test_there_is_no_such_table() -> None:
    run = profiling.profile(Small(), IMAGE, **SHORT)
    with pytest.raises(InputError, match="there is no table 'latencies'"):
        run.table("latencies")
    with pytest.raises(InputError, match="unknown scope 'whole'"):
        run.table("latency", ["whole"])
