"""Live modules, trackers and specs counted through one function."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import profiling
import stdtrack
from evalkit.errors import InputError
from evalkit.trackers.base import Prediction


class Small(nn.Module):
    """3 x 3 convolution of 3 to 4 channels, without bias: 108 weights, 108 MACs a pixel."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1, bias=False)

    def forward(self, image: Tensor, scale: float = 1.0) -> Tensor:
        return self.conv(image) * scale


class Network(Small):
    """A tracker that is its own network."""

    def init(self, image: Any, box: Any) -> None: ...

    def update(self, image: Any) -> Prediction:
        return Prediction(np.zeros(4), 1.0)

    def complexity_parts(self) -> Mapping[str, Any]:
        image = torch.zeros(1, 3, 4, 4)
        return {"init": (self.conv, (image,)), "frame": (self, (image[..., :2],))}


@pytest.mark.parametrize(
    "inputs",
    [torch.zeros(1, 3, 8, 8), (torch.zeros(1, 3, 8, 8), 2.0), [torch.zeros(1, 3, 8, 8)],
     {"scale": 3.0, "image": torch.zeros(1, 3, 8, 8)}],
)  # fmt: skip
def test_a_live_module_in_two_lines(inputs: Any) -> None:
    report = profiling.count(Small().train(), inputs)
    assert (report.spec, report.parameters, report.parts["frame"].macs) == ("Small", 108, 108 * 64)
    assert report.disagreement == ""


def test_a_report_is_printed_as_its_figures() -> None:
    report = stdtrack.complexity(nn.Linear(3, 2), torch.zeros(1, 3))
    heading, frame = str(report).splitlines()
    assert heading.endswith("8 parameters")
    assert frame == "frame: 6 MACs = 12 FLOPs (torch FlopCounterMode on meta)"
    assert repr(report) == str(report)


def test_a_module_stays_as_it_was() -> None:
    module = Small().train()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    stdtrack.complexity(module, torch.zeros(1, 3, 8, 8))
    assert module.training
    assert module.conv.training
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def test_the_table_is_tidy() -> None:
    table = profiling.count(Network()).table()
    assert table.columns.tolist() == ["subject", "part", "module", "parameters", "macs", "flops"]
    assert table.values.tolist() == [
        ["Network", "init", "", 108, 1728, 3456],
        ["Network", "frame", "", 108, 864, 1728],
        ["Network", "frame", "conv", 108, 864, 1728],
    ]


def test_with_inputs_a_tracker_that_is_a_module_is_the_module() -> None:
    assert profiling.count(Network(), torch.zeros(1, 3, 1, 1)).parts.keys() == {"frame"}


def test_a_spec_may_name_a_module_that_gets_its_inputs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "some_nets.py").write_text("import torch\ndef make(wide: int = 2): return torch.nn.Linear(wide, 3)\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert profiling.count("some_nets:make?wide=5", torch.zeros(1, 5)).parts["frame"].macs == 15
    with pytest.raises(InputError, match="'some_nets:make' is a module alone"):
        profiling.count("some_nets:make")


@pytest.mark.parametrize(
    ("subject", "inputs", "problem"),
    [
        (Small(), None, "'Small' is a module alone: nothing says what it is called with"),
        (Small, torch.zeros(1), "'Small' is a class"),
        (Small(), torch.zeros(2, 2), "the module cannot be counted on its example inputs"),
        (Small(), {"picture": torch.zeros(1, 3, 8, 8)}, "the module cannot be counted on its example inputs"),
        ((Small(),), None, "not \\(module, example_inputs\\)"),
        ((Small(), (torch.zeros(1),)), torch.zeros(1), "takes no inputs"),
        (object(), None, "object is not a network"),
        ("opencv:csrt", None, "opencv:csrt is not a network"),
        ("opencv:csrt", torch.zeros(1), "'opencv:csrt' takes no inputs"),
        ("nonsense", None, "'nonsense' is no tracker spec"),
    ],
)
def test_wrong_input_is_one_clear_line(subject: Any, inputs: Any, problem: str) -> None:
    with pytest.raises(InputError, match=problem) as caught:
        profiling.count(subject, inputs)
    assert "\n" not in str(caught.value)
