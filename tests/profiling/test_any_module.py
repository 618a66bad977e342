"""Counting anybody's module: exact, or refused by name, but never a silently wrong number."""

from __future__ import annotations

import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations, rnn

from evalkit.errors import InputError
from profiling.complexity.count import count
from profiling.complexity.fvcore_check import second_opinion
from profiling.complexity.report import count_parts


class Call(nn.Module):
    """Any function of a network and tensors as a module."""

    def __init__(self, function: Callable[..., Any], network: nn.Module | None = None) -> None:
        super().__init__()
        self.function = function
        self.network = network

    def forward(self, *inputs: Tensor) -> Any:
        return self.function(*inputs) if self.network is None else self.function(self.network, *inputs)


class Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, left: Tensor, right: Tensor) -> Tensor:
        return left @ right


with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)

    @torch.jit.script
    def scripted_product(left: Tensor, right: Tensor) -> Tensor:
        return left @ right


class ScriptedProduct(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, left: Tensor, right: Tensor) -> Tensor:
        return scripted_product(left, right)


def reading(network: nn.Module, *inputs: Tensor) -> Any:
    """Runs a network after a look at a value, which only a real device has."""
    assert torch.isfinite(inputs[0]).all().item()
    return network(*inputs)


def by_device(x: Tensor) -> Tensor:
    return {"cpu": x @ x}[x.device.type]


def packed(network: nn.Module, x: Tensor) -> Any:
    return network(rnn.pack_padded_sequence(x, [7, 5], batch_first=True))[0].data


def complex_rotation(x: Tensor) -> Tensor:
    turned = torch.polar(torch.ones(4, device=x.device), torch.ones(4, device=x.device))
    return torch.view_as_real(torch.view_as_complex(x) * turned)


def r(*shape: int) -> Tensor:
    return torch.randn(*shape)


T, I, S = 7, 4, 5  # steps, inputs, state  # noqa: E741
ENCODER = 5 * 8 * 8 * 4 + 2 * 5 * 5 * 8 + 2 * 5 * 8 * 16

# MACs by hand. The second opinion is compared as well, wherever fvcore can trace the module.
EXACT: dict[str, tuple[nn.Module, tuple[Tensor, ...], int]] = {
    "conv1d": (nn.Conv1d(4, 6, 3, groups=2), (r(2, 4, 10),), 2 * 6 * 8 * 2 * 3),
    "conv3d": (nn.Conv3d(4, 6, 3), (r(2, 4, 5, 5, 5),), 2 * 6 * 27 * 4 * 27),
    "dilated conv": (nn.Conv2d(4, 6, 3, dilation=2), (r(1, 4, 10, 10),), 6 * 36 * 4 * 9),
    "conv without a batch": (nn.Conv2d(3, 6, 3), (r(3, 10, 10),), 6 * 64 * 27),
    "conv padded to the same size": (nn.Conv2d(3, 6, 4, padding="same"), (r(1, 3, 10, 10),), 6 * 100 * 48),
    "transposed conv1d": (nn.ConvTranspose1d(4, 6, 3, stride=2, groups=2), (r(2, 4, 10),), 2 * 4 * 10 * 3 * 3),
    "grouped transposed conv": (
        nn.ConvTranspose2d(4, 8, 3, stride=2, groups=4, output_padding=1), (r(2, 4, 10, 10),), 2 * 4 * 100 * 2 * 9,
    ),
    "transposed conv3d": (nn.ConvTranspose3d(4, 6, 3), (r(2, 4, 4, 4, 4),), 2 * 4 * 64 * 6 * 27),
    "lstm": (nn.LSTM(I, S), (r(T, 1, I),), T * 4 * S * (I + S)),
    "lstm in two directions and layers": (
        nn.LSTM(I, S, 2, bidirectional=True, batch_first=True), (r(3, T, I),),
        3 * T * 2 * 4 * S * ((I + S) + (2 * S + S)),
    ),
    "lstm with projection": (nn.LSTM(I, S, proj_size=3), (r(T, 1, I),), T * (4 * S * (I + 3) + 3 * S)),
    "packed lstm": (Call(packed, nn.LSTM(I, S, batch_first=True)), (r(2, 7, I),), (7 + 5) * 4 * S * (I + S)),
    "gru": (nn.GRU(I, S), (r(T, 1, I),), T * 3 * S * (I + S)),
    "rnn": (nn.RNN(I, S, nonlinearity="relu"), (r(T, 1, I),), T * S * (I + S)),
    "lstm cell": (nn.LSTMCell(I, S), (r(2, I),), 2 * 4 * S * (I + S)),
    "bilinear": (nn.Bilinear(4, 5, 6), (r(3, 4), r(3, 5)), 3 * 6 * (4 * 5 + 5)),
    "tensordot": (Call(lambda a, b: torch.tensordot(a, b, 2)), (r(3, 4, 5), r(4, 5, 6)), 3 * 20 * 6),
    "inner": (Call(torch.inner), (r(3, 4), r(5, 4)), 3 * 4 * 5),
    "addmm in place": (Call(lambda c, a, b: c.addmm_(a, b)), (r(3, 5), r(3, 4), r(4, 5)), 60),
    "addbmm": (Call(torch.addbmm), (r(3, 5), r(2, 3, 4), r(2, 4, 5)), 120),
    "addmv": (Call(torch.addmv), (r(3), r(3, 4), r(4)), 12),
    "affine grid": (
        Call(lambda m: F.affine_grid(m, [2, 3, 5, 6], align_corners=False)), (r(2, 2, 3),), 2 * 5 * 6 * 2 * 3,
    ),
    "attention with fewer keys than queries": (
        Call(lambda q, k: F.scaled_dot_product_attention(q, k, k, enable_gqa=True)),
        (r(1, 4, 5, 8), r(1, 2, 5, 8)), 2 * 4 * 5 * 5 * 8,
    ),
    "transformer encoder": (
        nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2, enable_nested_tensor=False),
        (r(1, 5, 8),), 2 * ENCODER,
    ),
    "weight norm": (parametrizations.weight_norm(nn.Linear(4, 4)), (r(2, 4),), 32),
    "half precision": (nn.Conv2d(3, 4, 3).half(), (r(1, 3, 8, 8).half(),), 4 * 36 * 27),
    "bfloat16": (nn.Linear(4, 5).bfloat16(), (r(2, 4).bfloat16(),), 40),
    "vmap": (Call(lambda x, w: torch.func.vmap(lambda a: a @ w)(x)), (r(5, 3, 4), r(4, 2)), 5 * 3 * 4 * 2),
    "complex rotation": (Call(complex_rotation), (r(3, 4, 2),), 0),
    "embedding bag": (nn.EmbeddingBag(10, 3), (torch.ones(2, 3, dtype=torch.long),), 0),
    "in place": (Call(lambda x: x.clone().abs_().mul_(2).eq_(1)), (r(3, 4),), 0),
}  # fmt: skip

# These need values, or fail on another device, so they are counted where they are.
ON_DEVICE: dict[str, tuple[nn.Module, tuple[Tensor, ...], int]] = {
    "multi-head attention": (
        Call(lambda mha, q: reading(mha, q, q, q), nn.MultiheadAttention(8, 2, batch_first=True).eval()),
        (r(1, 5, 8),), 5 * 8 * 8 * 4 + 2 * 5 * 5 * 8,
    ),
    "encoder layer": (
        Call(reading, nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()), (r(1, 5, 8),), ENCODER,
    ),
    "lstm": (Call(reading, nn.LSTM(I, S)), (r(T, 1, I),), T * 4 * S * (I + S)),
    "gru": (Call(reading, nn.GRU(I, S)), (r(T, 1, I),), T * 3 * S * (I + S)),
    "bilinear": (Call(reading, nn.Bilinear(4, 5, 6)), (r(3, 4), r(3, 5)), 3 * 6 * (4 * 5 + 5)),
    "half precision": (Call(reading, nn.Linear(4, 4).half()), (r(2, 4).half(),), 32),
    "by name of the device": (Call(by_device), (r(3, 3),), 27),
}  # fmt: skip

REFUSED: dict[str, tuple[Callable[..., Any], tuple[Tensor, ...], str]] = {
    "fourier transform": (torch.fft.rfft, (r(3, 8),), "_fft_r2c"),
    "complex product": (torch.matmul, (r(3, 3).to(torch.complex64),) * 2, "mm of complex numbers"),
    "sparse product": (lambda x: torch.sparse.mm(x.to_sparse(), x), (torch.eye(4),), "_sparse_addmm"),
    "inverse": (torch.linalg.inv, (torch.eye(3),), "linalg_inv_ex"),
    "numpy": (lambda x: torch.from_numpy(x.numpy() @ x.numpy()), (r(3, 3),), "Tensor.numpy"),
    "numpy by an array": (lambda x: torch.from_numpy(np.asarray(x) * 2), (r(3, 3),), "Tensor.numpy"),
    "another library's operator of a harmless name": (
        lambda x: torch.ops.any_module_test.sum(x), (r(3, 3),), r"any_module_test\.sum",
    ),
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def operator_of_another_library() -> Any:
    with torch.library._scoped_library("any_module_test", "DEF") as library:
        library.define("sum(Tensor x) -> Tensor")
        library.impl("sum", lambda x: x @ x, "CPU")
        library.impl("sum", lambda x: x.new_empty(x.shape), "Meta")
        yield


@pytest.mark.parametrize("name", EXACT)
def test_equals_the_hand_count_by_both_counters(name: str) -> None:
    module, inputs, macs = EXACT[name]
    result = count(module, inputs)
    assert result.macs == macs
    opinion = second_opinion(module, inputs, result)
    assert opinion.macs in (macs, None)
    assert opinion.agrees


@pytest.mark.parametrize("name", ON_DEVICE)
def test_what_cannot_run_on_meta_is_counted_where_it_is_and_says_so(name: str) -> None:
    module, inputs, macs = ON_DEVICE[name]
    result = count(module, inputs)
    assert result.macs == macs
    assert result.counter.endswith("device")
    assert second_opinion(module, inputs, result).macs == macs


@pytest.mark.parametrize("name", REFUSED)
def test_what_nobody_can_count_is_refused_by_name_unless_allowed(name: str) -> None:
    function, inputs, problem = REFUSED[name]
    with pytest.raises(InputError, match=problem):
        count(Call(function), inputs)
    allowed = count(Call(function), inputs, allow_uncounted=True)
    assert allowed.macs == 0
    assert any(entry.reason is None for entry in allowed.uncounted)


def test_custom_autograd_function_is_counted_by_both_counters() -> None:
    module, inputs = Call(Product.apply), (r(3, 4), r(4, 5))
    result = count(module, inputs)
    assert result.macs == 60
    assert second_opinion(module, inputs, result).macs == 60


def test_scripted_work_in_a_custom_autograd_function_is_counted_though_fvcore_cannot_see_into_it() -> None:
    module, inputs = Call(ScriptedProduct.apply), (r(3, 4), r(4, 5))
    result = count(module, inputs)
    assert result.macs == 60
    opinion = second_opinion(module, inputs, result)
    assert opinion.macs is None
    assert opinion.problem == "fvcore cannot see into ScriptedProduct"


def in_thread(layer: nn.Module, x: Tensor) -> Any:
    results: list[Tensor] = []
    thread = threading.Thread(target=lambda: results.append(layer(x)))
    thread.start()
    thread.join()
    return results[0]


def in_executor(layer: nn.Module, x: Tensor) -> Any:
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda part: part @ part, [x, x]))


def assert_refused_unless_allowed(function: Callable[..., Any]) -> None:
    module, inputs = Call(function, nn.Sequential(nn.Linear(4, 4))), (r(4, 4),)
    with pytest.raises(InputError, match=r"aten\.(addmm|mm) in another thread"):
        count(module, inputs)
    allowed = count(module, inputs, allow_uncounted=True)
    assert allowed.macs == 0
    assert next(entry.operator for entry in allowed.uncounted if entry.reason is None).endswith("in another thread")


@pytest.mark.parametrize("function", [in_thread, in_executor])
def test_work_in_a_new_thread_is_refused_by_name_unless_allowed(function: Callable[..., Any]) -> None:
    assert_refused_unless_allowed(function)


def test_work_in_a_thread_that_is_there_already_is_refused_too() -> None:
    with ThreadPoolExecutor(1) as executor, ThreadPool(1) as pool:
        pool.apply(executor.submit(int).result)  # now both have their threads
        assert_refused_unless_allowed(lambda layer, x: executor.submit(lambda: x @ x).result())
        assert_refused_unless_allowed(lambda layer, x: pool.apply(layer, (x,)))


def test_a_thread_that_multiplies_nothing_does_no_harm_and_threads_are_left_as_they_were() -> None:
    start, submit = threading.Thread.start, ThreadPoolExecutor.submit
    module = Call(lambda layer, x: layer(in_thread(nn.ReLU(), x)), nn.Linear(4, 4))
    assert count(module, (r(2, 4),)).macs == 32
    assert (threading.Thread.start, ThreadPoolExecutor.submit) == (start, submit)


def test_a_thread_that_fails_on_meta_prints_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    failures: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", failures.append)
    module = Call(lambda x: in_thread(Call(lambda x: x * x.sum().item()), x))
    assert count(module, (r(2, 4),)).counter.endswith("device")
    assert not failures
    assert threading.excepthook == failures.append


def catching(layer: nn.Module, x: Tensor) -> Tensor:
    try:
        positive = bool(x.sum().item() > 0)
    except RuntimeError:
        positive = False
    return layer(layer(x)) if positive else layer(x)


def choosing_by_device(layer: nn.Module, x: Tensor) -> Tensor:
    return layer(x) if x.device.type == "cpu" else layer(layer(x))


def untraceable(layer: nn.Module, x: Tensor) -> Tensor:
    if torch.jit.is_tracing():
        raise RuntimeError
    return choosing_by_device(layer, x)


@pytest.mark.parametrize(
    ("function", "here", "on_meta"), [(catching, 64, 32), (choosing_by_device, 32, 64), (untraceable, 32, 64)]
)
def test_other_work_on_meta_than_on_its_own_device_is_counted_on_the_device(
    function: Any, here: int, on_meta: int
) -> None:
    module = Call(function, nn.Linear(4, 4))
    report = count_parts("model", {"frame": (module, (torch.ones(2, 4),))})
    assert report.parts["frame"].macs == here
    assert not report.disagreement
    where = f"torch FlopCounterMode on the module's device; on meta it does {on_meta} MACs"
    assert report.as_json()["counter"] == where
    plain = (nn.Linear(4, 4), (r(2, 4),))
    both = count_parts("model", {"init": plain, "frame": (module, (torch.ones(2, 4),))})
    assert both.as_json()["counter"] == f"init: torch FlopCounterMode on meta; frame: {where}"


def test_control_flow_that_depends_on_data_is_counted_for_the_example_inputs() -> None:
    def repeat(layer: nn.Module, x: Tensor) -> Tensor:
        for _ in range(int(x.sum().item())):
            x = layer(x)
        return x

    module = Call(repeat, nn.Linear(4, 4, bias=False))
    for times in (1, 3):
        assert count(module, (torch.full((1, 4), times / 4),)).macs == times * 16


def test_branches_of_a_conditional_operator_are_not_added_up_silently() -> None:
    module = Call(lambda x: torch.cond(x.sum() > 0, lambda a: a @ a, lambda a: a @ a @ a, (x,)))
    with pytest.raises(InputError, match=r"torch\.cond"):
        count(module, (r(4, 4),))


def test_compiled_and_scripted_modules_are_counted_as_what_they_compile() -> None:
    plain = nn.Sequential(nn.Linear(4, 5), nn.ReLU())
    assert count(torch.compile(plain, backend="eager"), (r(2, 4),)).macs == 40  # type: ignore[arg-type]
    with pytest.warns(DeprecationWarning, match="script"):
        scripted = torch.jit.script(plain)
    assert count(scripted, (r(2, 4),)).macs == 40


def test_any_structure_of_outputs_and_buffers_anywhere_are_taken() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 5)
            self.register_buffer("scale", torch.ones(4))
            self.register_buffer("bias", torch.ones(4), persistent=False)
            self.matrix = torch.randn(5, 3)  # no buffer: it stays behind when the module moves

        def forward(self, x: Tensor, mask: Tensor | None = None) -> OrderedDict[str, Any]:
            logits = self.layer(x * self.scale + self.bias)
            return OrderedDict(logits=logits, hidden=(x, [logits @ self.matrix]), loss=None)

    result = count_parts("model", {"frame": (Model(), [r(2, 4)])})
    assert result.parts["frame"].macs == 2 * 4 * 5 + 2 * 5 * 3
    assert result.parameters == 25
    assert not result.disagreement


def test_a_module_at_fault_is_one_clear_line_whatever_it_raises() -> None:
    def missing(x: Tensor) -> Tensor:
        return {"there": x}["not there"]

    with pytest.raises(InputError, match="cannot be counted on its example inputs: KeyError: 'not there'"):
        count(Call(missing), (r(2),))


def test_inputs_that_are_no_tuple_are_refused_instead_of_unpacked() -> None:
    with pytest.raises(InputError, match="not \\(module, example_inputs\\)"):
        count_parts("model", {"frame": (nn.Linear(4, 4), r(1, 4))})
