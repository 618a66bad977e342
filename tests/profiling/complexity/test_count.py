"""The primary counter against formulas worked out by hand, and its honesty about what it does not count."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from evalkit.errors import InputError
from profiling.complexity.count import count
from profiling.complexity.fvcore_check import second_opinion


class Call(nn.Module):
    """Any function as a module."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Any:
        return self.function(*inputs)


B, N, M, D, H = 2, 20, 30, 48, 3

# Hand formulas, in MACs: every output element costs the length of the sum that makes it.
FAMILIES: dict[str, tuple[nn.Module, tuple[Tensor, ...], int]] = {
    "linear": (nn.Linear(D, 7), (torch.randn(B, N, D),), B * N * D * 7),
    "linear of a vector": (nn.Linear(D, 7, bias=False), (torch.randn(D),), D * 7),
    "conv": (nn.Conv2d(3, 8, 5, stride=2, padding=2), (torch.randn(B, 3, 16, 12),), B * 8 * 8 * 6 * 3 * 25),
    "grouped conv": (nn.Conv2d(8, 12, 3, groups=4), (torch.randn(B, 8, 10, 10),), B * 12 * 8 * 8 * 2 * 9),
    "depthwise conv": (nn.Conv2d(8, 8, 3, groups=8, padding=1), (torch.randn(B, 8, 9, 9),), B * 8 * 81 * 9),
    "functional cross-correlation": (
        Call(lambda search, kernel: F.conv2d(search, kernel, groups=8)),
        (torch.randn(1, 8, 16, 16), torch.randn(8, 1, 5, 5)),
        8 * 12 * 12 * 25,
    ),
    "transposed conv": (nn.ConvTranspose2d(4, 6, 2, stride=2), (torch.randn(B, 4, 9, 9),), B * 4 * 81 * 6 * 4),
    "matmul": (Call(torch.matmul), (torch.randn(B, N, D), torch.randn(B, D, M)), B * N * D * M),
    "broadcast matmul": (Call(torch.matmul), (torch.randn(N, D), torch.randn(B, D, M)), B * N * D * M),
    "matrix by vector": (Call(torch.matmul), (torch.randn(N, D), torch.randn(D)), N * D),
    "einsum": (
        Call(lambda a, b: torch.einsum("bnhd,bmhd->bhnm", a, b)),
        (torch.randn(B, N, H, 16), torch.randn(B, M, H, 16)),
        B * H * N * M * 16,
    ),
    "attention": (
        Call(F.scaled_dot_product_attention),
        (torch.randn(B, H, N, 16), torch.randn(B, H, M, 16), torch.randn(B, H, M, 16)),
        2 * B * H * N * M * 16,
    ),
    "multi-head attention": (
        nn.MultiheadAttention(D, H, batch_first=True),
        (torch.randn(B, N, D), torch.randn(B, M, D), torch.randn(B, M, D)),
        B * (2 * N * D * D + 2 * M * D * D + 2 * N * M * D),
    ),
    "transformer encoder layer": (
        nn.TransformerEncoderLayer(D, H, 4 * D, batch_first=True),
        (torch.randn(B, N, D),),
        B * (4 * N * D * D + 2 * N * N * D + 8 * N * D * D),
    ),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_equals_the_hand_formula(family: str) -> None:
    module, inputs, macs = FAMILIES[family]
    result = count(module, inputs)
    assert result.macs == macs
    assert result.flops == 2 * macs
    assert result.by_module[0].macs == macs if result.by_module else macs == 0
    assert result.counter.endswith("meta")


@pytest.mark.parametrize("family", FAMILIES)
def test_second_opinion_agrees(family: str) -> None:
    module, inputs, macs = FAMILIES[family]
    opinion = second_opinion(module, inputs, count(module, inputs))
    assert opinion.macs == macs
    assert opinion.agrees


def test_norm_softmax_pooling_and_shape_operators_have_no_macs() -> None:
    module = nn.Sequential(
        nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Softmax(1)
    )
    result = count(module, (torch.randn(1, 4, 8, 8),))
    assert result.macs == 0
    reasons = {entry.reason for entry in result.uncounted}
    assert {"normalisation", "element-wise", "pooling", "softmax", "shape and indexing"} <= reasons


def test_upsampling_and_every_activation_are_known() -> None:
    activations = [nn.GELU(), nn.SiLU(), nn.Hardswish(), nn.Sigmoid(), nn.PReLU(), nn.LeakyReLU(), nn.ELU(), nn.GLU()]
    module = nn.Sequential(*activations, nn.Upsample(scale_factor=2.0, mode="bilinear"), nn.GroupNorm(2, 4))
    assert count(module, (torch.randn(1, 4, 8, 8),)).macs == 0


def test_contraction_that_is_not_counted_is_an_error() -> None:
    distances = Call(lambda a: torch.cdist(a, a))
    inputs = (torch.randn(1, N, D),)
    with pytest.raises(InputError, match="_cdist_forward"):
        count(distances, inputs)
    allowed = count(distances, inputs, allow_uncounted=True)
    assert [entry.operator for entry in allowed.uncounted if entry.reason is None] == ["aten._cdist_forward"]


def test_module_that_reads_a_value_is_counted_where_it_is_with_its_attention() -> None:
    def attention_then_branch(query: Tensor) -> Tensor:
        attended = F.scaled_dot_product_attention(query, query, query)
        return attended + 1 if attended.sum().item() > 0 else attended

    result = count(Call(attention_then_branch), (torch.randn(B, H, N, 16),))
    assert result.macs == 2 * B * H * N * N * 16
    assert result.counter.endswith("device")


def test_counting_leaves_the_module_as_it_was() -> None:
    module = nn.Sequential(nn.Linear(4, 4), nn.Dropout()).train()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    inputs = (torch.randn(2, 4),)
    second_opinion(module, inputs, count(module, inputs))
    assert module.training
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())
    assert module[0].weight.device.type == "cpu"


def test_by_module_names_children_and_shared_parameters_count_once() -> None:
    shared = nn.Linear(D, D, bias=False)
    module = nn.Sequential(shared, nn.Sequential(nn.ReLU(), nn.Linear(D, 5)), shared)
    module[1][1] = nn.Linear(D, D)
    result = count(module, (torch.randn(N, D),))
    assert result.parameters == D * D + D * D + D
    by_name = {entry.module: entry for entry in result.by_module}
    assert by_name["1.1"].macs == by_name["1"].macs == N * D * D
    assert result.macs == 3 * N * D * D


def product_or_two_when_traced(x: Tensor) -> Tensor:
    return x @ x @ x if torch.jit.is_tracing() else x @ x


def product_or_none_when_traced(x: Tensor) -> Tensor:
    return x + 0 if torch.jit.is_tracing() else x @ x


@pytest.mark.parametrize("differing", [product_or_two_when_traced, product_or_none_when_traced])
def test_a_real_difference_names_the_module_even_beside_an_operator_without_a_handle(differing: Any) -> None:
    power = Call(lambda x: torch.linalg.matrix_power(x, 3))
    module = nn.Sequential(OrderedDict(good=nn.Linear(8, 8), power=power, bad=Call(differing)))
    inputs = (torch.randn(8, 8),)
    opinion = second_opinion(module, inputs, count(module, inputs))
    assert not opinion.agrees
    assert [entry.module for entry in opinion.disagreements] == ["bad"]
    assert opinion.missing == ("aten::linalg_matrix_power",)


def test_an_operator_that_has_no_handle_and_does_not_contract_excuses_nothing() -> None:
    module, inputs = Call(lambda x: F.pad(product_or_none_when_traced(x), (1, 1))), (torch.randn(8, 8),)
    opinion = second_opinion(module, inputs, count(module, inputs))
    assert "aten::pad" in opinion.missing
    assert not opinion.agrees


@pytest.mark.parametrize(
    ("function", "operator"),
    [
        (lambda x: torch.linalg.multi_dot([x, x, x]), "aten::linalg_multi_dot"),
        (lambda x: torch.chain_matmul(x, x, x), "aten::chain_matmul"),
        (lambda x: torch.matrix_power(x, 3), "aten::linalg_matrix_power"),
        (torch.cov, "aten::cov"),
    ],
)
@pytest.mark.filterwarnings("ignore:torch.chain_matmul is deprecated")
def test_what_contracts_and_has_no_handle_is_no_difference_but_no_opinion(function: Any, operator: str) -> None:
    module = nn.Sequential(nn.Linear(8, 8), Call(function))
    inputs = (torch.randn(8, 8),)
    opinion = second_opinion(module, inputs, count(module, inputs))
    assert opinion.macs is None
    assert opinion.agrees
    assert opinion.problem == f"fvcore has no handle for {operator}"


def test_products_that_nobody_uses_are_in_both_counts() -> None:
    class Wasteful(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 4)

        def forward(self, x: Tensor) -> None:
            self.layer(x) @ x.T

    module, inputs = Wasteful(), (torch.randn(2, 4),)
    result = count(module, inputs)
    opinion = second_opinion(module, inputs, result)
    assert opinion.macs == result.macs == 2 * 4 * 4 + 2 * 4 * 2


def test_untraceable_module_has_no_second_opinion_but_a_reason() -> None:
    def fails_when_traced(x: Tensor) -> Tensor:
        if torch.jit.is_tracing():
            raise RuntimeError("not while tracing")
        return x @ x

    module, inputs = Call(fails_when_traced), (torch.randn(4, 4),)
    opinion = second_opinion(module, inputs, count(module, inputs))
    assert opinion.macs is None
    assert opinion.agrees
    assert "not while tracing" in opinion.problem
