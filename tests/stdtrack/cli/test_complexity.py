"""``stdtrack complexity``: its JSON, its text, and what it refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from evalkit.errors import InputError
from stdtrack.cli.complexity import complexity

FACTORIES = """
import torch
from torch import nn

def linear(width="3"):
    return nn.Sequential(nn.Linear(4, int(width)), nn.ReLU()), (torch.zeros(2, 4),)

def power():
    class Power(nn.Module):
        def forward(self, x):
            return torch.linalg.matrix_power(x, 3)
    return Power(), (torch.zeros(4, 4),)

def different():
    class Different(nn.Module):
        def forward(self, x):
            return x + 0 if torch.jit.is_tracing() else x @ x
    return Different(), (torch.zeros(4, 4),)

def scripted():
    return nn.Sequential(torch.jit.script(nn.Sequential(nn.Linear(4, 4)))), (torch.zeros(2, 4),)

class Tracker:
    def init(self, image, box): ...
    def update(self, image): ...

def nothing_told():
    return telling(lambda: None)

def lookup_fails():
    return telling(lambda: {}["frame"])

def part_is_no_pair():
    return telling(lambda: {"frame": nn.Sequential(nn.Linear(4, 4))})

def part_of_strings():
    return telling(lambda: {"frame": ("network.onnx",)})

def telling(parts):
    tracker = Tracker()
    tracker.complexity_parts = parts
    return tracker

def distance():
    class Distance(nn.Module):
        def forward(self, x):
            return torch.cdist(x, x)
    return Distance(), (torch.zeros(2, 4),)

def broken():
    return nn.Linear(4, 3), (torch.zeros(2, 5),)

def alone():
    return nn.Linear(4, 3)
"""


@pytest.fixture
def factories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "some_factories.py").write_text(FACTORIES)
    monkeypatch.syspath_prepend(tmp_path)
    return "some_factories"


def test_json_of_a_module_has_a_frame_alone(factories: str, fits) -> None:
    result = CliRunner().invoke(complexity, [f"{factories}:linear?width=5", "--format", "json"], catch_exceptions=False)
    assert result.exit_code == 0
    content = json.loads(result.stdout)
    fits("complexity-1", content)
    assert content["parameters"] == 25
    assert content["frame"] == {"macs": 40, "flops": 80}
    assert set(content) == {"parameters", "frame", "by_module", "uncounted", "counter"}
    assert {"part": "frame", "module": "0", "parameters": 25, "macs": 40, "flops": 80} in content["by_module"]
    assert {"part": "frame", "operator": "aten.relu", "calls": 1, "reason": "element-wise"} in content["uncounted"]
    assert content["counter"] == "torch FlopCounterMode on meta"


def test_text_names_both_units(factories: str) -> None:
    result = CliRunner().invoke(complexity, [f"{factories}:linear"], catch_exceptions=False)
    assert "24 MACs = 48 FLOPs" in result.stdout
    assert re.search(r"^0 +15 +24 +48 +100\.0%$", result.stdout, re.MULTILINE)


def test_disagreement_fails_and_names_the_module(factories: str) -> None:
    result = CliRunner().invoke(complexity, [f"{factories}:different"], catch_exceptions=False)
    assert result.exit_code == 1
    assert "differ by 100.0 % ((the whole): 64 MACs against 0)" in result.stderr
    assert CliRunner().invoke(complexity, [f"{factories}:different", "--allow-uncounted"]).exit_code == 0


def test_what_the_second_counter_cannot_count_is_said_and_no_failure(factories: str) -> None:
    result = CliRunner().invoke(complexity, [f"{factories}:power"], catch_exceptions=False)
    assert result.exit_code == 0
    assert result.stderr == "frame: no second opinion: fvcore has no handle for aten::linalg_matrix_power\n"


@pytest.mark.filterwarnings("ignore:`torch.jit.script:DeprecationWarning")
def test_text_says_that_the_parts_of_a_scripted_module_are_not_known(factories: str) -> None:
    result = CliRunner().invoke(complexity, [f"{factories}:scripted"], catch_exceptions=False)
    assert "scripted, so their parts are not known: 0" in result.stdout
    assert "0.0" not in result.stdout.replace("100.0%", "")


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("opencv:mosse", "not a network"),
        ("some_factories:distance", "_cdist_forward"),
        ("some_factories:alone", "module alone"),
        ("some_factories:nothing", "no callable 'nothing'"),
        ("some_factories:nothing_told", r"complexity_parts\(\) returned NoneType"),
        ("some_factories:lookup_fails", r"complexity_parts\(\) failed: KeyError: 'frame'"),
        ("some_factories:part_is_no_pair", r"'frame' of complexity_parts\(\) is no \(module, inputs\)"),
        ("some_factories:part_of_strings", r"'frame' of complexity_parts\(\) is no \(module, inputs\)"),
    ],
)
def test_wrong_input_is_one_clear_line(spec: str, problem: str, factories: str) -> None:
    with pytest.raises(InputError, match=problem):
        CliRunner().invoke(complexity, [spec], catch_exceptions=False)


def test_inputs_that_do_not_fit_the_module_are_one_clear_line(factories: str) -> None:
    with pytest.raises(InputError, match="cannot be counted on its example inputs"):
        CliRunner().invoke(complexity, [f"{factories}:broken"], catch_exceptions=False)
