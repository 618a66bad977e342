"""Counts by module: parents hold what their children do, and everything adds up."""

from __future__ import annotations

import warnings

import pytest
import torch
from torch import Tensor, nn

from profiling.complexity.count import Complexity, count
from stdtrack.configs import VARIANTS
from stdtrack.model import STDTrack
from stdtrack.tracker import STDTracker


def assert_adds_up(result: Complexity) -> None:
    """Every module has at least what its children have, and what modules do themselves is the whole."""
    rows = {row.module: row.macs for row in result.by_module}
    own = {name: macs - sum(rows[child] for child in rows if is_child(child, name)) for name, macs in rows.items()}
    assert min(own.values()) >= 0
    assert sum(own.values()) == rows[""] == result.macs


def is_child(child: str, parent: str) -> bool:
    return child != "" and child.rpartition(".")[0] == parent


class Encoder(nn.Module):
    """Used by other methods than forward, with layers and a parameter of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Linear(8, 8), nn.ReLU())
        self.layer = nn.Linear(8, 4)
        self.table = nn.Parameter(torch.randn(4, 6))

    def embed(self, x: Tensor) -> Tensor:
        return self.stem(x)

    def encode(self, x: Tensor) -> Tensor:
        return self.layer(self.embed(x)) @ self.table


class WithMethods(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.part = nn.ModuleDict({"encoder": Encoder()})
        self.last = nn.Linear(6, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.part["encoder"].encode(x) + self.part["encoder"].encode(x))


def test_parents_hold_what_their_children_do_however_they_are_called() -> None:
    result = count(WithMethods(), (torch.randn(3, 8),))
    rows = {row.module: row.macs for row in result.by_module}
    stem, layer, table, last = 2 * 3 * 64, 2 * 3 * 32, 2 * 3 * 24, 3 * 12
    assert rows["part.encoder.stem"] == rows["part.encoder.stem.0"] == stem
    assert rows["part"] == rows["part.encoder"] == stem + layer
    assert rows[""] == result.macs == stem + layer + table + last
    assert_adds_up(result)


def test_a_module_that_is_called_by_one_that_does_not_contain_it_keeps_its_own_count() -> None:
    class Borrower(nn.Module):
        def __init__(self, lender: nn.Module) -> None:
            super().__init__()
            self.lent = [lender]  # in a list, it is no child
            self.layer = nn.Linear(4, 4)

        def forward(self, x: Tensor) -> Tensor:
            return self.layer(self.lent[0](x))

    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.x = nn.Linear(4, 4)
            self.longer_name = Borrower(self.x)

        def forward(self, x: Tensor) -> Tensor:
            return self.longer_name(x)

    result = count(Both(), (torch.randn(1, 4),))
    rows = {row.module: row.macs for row in result.by_module}
    assert rows["x"] == rows["longer_name"] == rows["longer_name.layer"] == 16
    assert_adds_up(result)


def test_a_module_that_raises_and_is_caught_leaves_the_count_of_the_others_right() -> None:
    class Failing(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            raise ValueError

    class Tolerant(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = Failing(), nn.Linear(4, 4)

        def forward(self, x: Tensor) -> Tensor:
            with pytest.raises(ValueError):  # noqa: PT011 - nothing but a try
                self.first(x)
            return self.second(x) @ x.T

    result = count(Tolerant(), (torch.randn(2, 4),))
    assert {row.module: row.macs for row in result.by_module} == {"": 48, "second": 32}


@pytest.mark.filterwarnings("ignore:`torch.jit.script:DeprecationWarning")
def test_the_split_inside_a_scripted_module_is_not_made_up() -> None:
    inner = nn.Sequential(nn.Linear(4, 4), nn.Sequential(nn.Linear(4, 4)))
    module = nn.Sequential(nn.Linear(4, 4), torch.jit.script(inner), torch.jit.script(nn.Linear(4, 4)))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = count(module, (torch.randn(2, 4),))
    assert not [warning for warning in caught if ".grad attribute" in str(warning.message)]
    assert {row.module: row.macs for row in result.by_module} == {"": 128, "0": 32, "1": 64, "2": 32}
    assert result.unsplit == ("1",)
    whole = count(torch.jit.script(inner), (torch.randn(2, 4),))
    assert [row.module for row in whole.by_module] == [""]
    assert whole.unsplit == ("",)


@pytest.mark.parametrize("variant", ["base", "nano"])
@pytest.mark.parametrize("part", ["init", "frame"])
def test_stdtrack_adds_up(variant: str, part: str) -> None:
    module, inputs = STDTracker(STDTrack(VARIANTS[variant]).eval()).complexity_parts()[part]
    result = count(module, inputs)
    rows = {row.module: row.macs for row in result.by_module}
    assert_adds_up(result)
    # The backbone is reached by embed_search and encode_templates as well as by its forward.
    assert rows["model.backbone.stem"] > 0
    assert rows["model.backbone"] == rows["model.backbone.stem"] + rows["model.backbone.blocks"]
    assert rows["model"] == result.macs
