"""Where a step's time goes: every operator of the real step, timed on its own tensors, beside the floor of its shape.

``python -m tests.speed.operators base --threads 2``. The floor of a contraction is the bare matrix product of
its shape, by the faster of torch's two kernels; that of anything else is a copy of the bytes that it reads and writes.
What the step takes beyond the sum of its operators is Python, dispatch, and caches that the next operator finds cold.
One thread is timed by its own clock, which stands while others have the processor; two are timed by the wall's.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter, thread_time
from typing import Any

import click
import numpy as np
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from profiling.complexity.tensors import tensors_in
from stdtrack.configs import VARIANTS
from stdtrack.factory import create
from stdtrack.inference.graphs import StepGraph
from stdtrack.inference.networks import example_inputs

Clock = Callable[[], float]
Product = tuple[int, int, int, int]
"""Batch, M, K, N of one batched matrix product."""


@dataclass(frozen=True)
class Call:
    """One call of an operator in the step.

    Attributes:
        func, args, kwargs: as the step made it.
        written: argument that it writes into, with what was there before; None where it writes into none.
        products: the matrix products that it is made of; empty where it is no contraction.
        moved: bytes of its operands and results.
    """

    func: Any
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    written: tuple[Tensor, Tensor] | None
    products: tuple[Product, ...]
    moved: int

    def restore(self) -> None:
        """Put back what an operator in place has changed."""
        if self.written is not None:
            self.written[0].copy_(self.written[1])

    def run(self) -> object:
        """Call it."""
        return self.func(*self.args, **self.kwargs)


@dataclass
class Recorder(TorchDispatchMode):
    """Keeps every call that computes; those alike are kept once, and counted."""

    calls: dict[str, Call] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        mutated = args[0] if func._schema.is_mutable and args and isinstance(args[0], Tensor) else None
        written = None if mutated is None else (mutated, mutated.clone())
        result = func(*args, **(kwargs or {}))
        if not func.is_view and func.overloadpacket is not torch.ops.aten.detach:
            moved = sum(tensor.numel() * tensor.element_size() for tensor in tensors_in((args, kwargs or {}, result)))
            key = f"{func.overloadpacket.__name__} {_shapes((args, kwargs))}"
            products = products_of(func.overloadpacket.__name__, args, result)
            self.calls.setdefault(key, Call(func, args, kwargs or {}, written, products, moved))
            self.counts[key] += 1
        return result


def _shapes(value: Any) -> str:
    """Shapes, and what is no tensor where it tells calls apart."""
    shapes = ", ".join("x".join(map(str, tensor.shape)) or "1" for tensor in tensors_in(value))
    words = [word for word in value[0] if isinstance(word, str) and word]
    return " ".join([shapes, *words])


def products_of(name: str, args: Sequence[Any], result: Any) -> tuple[Product, ...]:
    """The matrix products of an operator, as a list of batch, M, K, N.

    >>> products_of("mm", (torch.zeros(5, 3), torch.zeros(3, 4)), None)
    ((1, 5, 3, 4),)
    """
    if name in ("mm", "addmm"):
        left, right = args[-2:]
        return ((1, *left.shape, right.shape[1]),)
    if name == "matmul" and args[1].ndim == 2:
        K, N = args[1].shape
        return ((1, args[0].numel() // K, K, N),)
    if name == "bmm":
        return ((*args[0].shape, args[1].shape[2]),)
    if name == "_linear_pointwise":
        K = args[0].shape[-1]
        return ((1, args[0].numel() // K, K, result.shape[-1]),)
    if name in ("convolution", "_convolution", "conv2d", "_convolution_pointwise"):
        return _of_convolution(args, result)
    if "scaled_dot_product" in name:
        (B, H, N, D), S = args[0].shape, args[1].shape[2]
        return (B * H, N, D, S), (B * H, N, S, D)
    return ()


def _of_convolution(args: Sequence[Any], result: Tensor) -> tuple[Product, ...]:
    (B, C_in), (C_out, C_each, *kernel) = args[0].shape[:2], args[1].shape
    groups = C_in // C_each
    if C_each == 1:
        return ()  # depthwise: no product worth the name
    pixels = B * int(np.prod(result.shape[2:]))
    return ((groups, pixels, C_each * int(np.prod(kernel)), C_out // groups),)


def floors_of(call: Call) -> list[list[Callable[[], object]]]:
    """What has to be done at least: alternatives for each of its parts, of which the fastest counts."""
    if not call.products:
        source = torch.zeros(max(1, call.moved // 8))
        target = torch.zeros_like(source)
        return [[lambda: target.copy_(source)]]
    return [_product(*product) for product in call.products]


def _product(batch: int, M: int, K: int, N: int) -> list[Callable[[], object]]:
    left, right = torch.randn(batch, M, K), torch.randn(batch, K, N)
    ways: list[Callable[[], object]] = [lambda: torch.bmm(left, right)]
    if batch == 1 and torch.backends.mkldnn.is_available():
        packed = torch.ops.mkldnn._reorder_linear_weight(right[0].t().contiguous(), M)
        ways.append(lambda: torch.ops.mkldnn._linear_pointwise(left[0], packed, None, "none", [], ""))
    return ways


def fast_half(samples: Sequence[float]) -> float:
    """Median of the faster half: other work only ever adds time."""
    return float(np.median(np.sort(samples)[: (len(samples) + 1) // 2]))


def measure(
    step: Callable[[], object], recorder: Recorder, rounds: int, clock: Clock
) -> tuple[float, dict[str, float], dict[str, float]]:
    """Seconds of the step, and of each kind of call and of its floor, all taken in turns."""
    whole: list[float] = []
    own: dict[str, list[float]] = {key: [] for key in recorder.calls}
    floors = {key: floors_of(call) for key, call in recorder.calls.items()}
    least = {key: [[[] for _ in ways] for ways in parts] for key, parts in floors.items()}  # type: ignore[var-annotated]
    for _ in range(rounds):
        whole += [_timed(step, clock) for _ in range(3)]
        for key, call in recorder.calls.items():
            call.restore()
            call.run()
            call.restore()
            own[key].append(_timed(call.run, clock))
            for ways, samples in zip(floors[key], least[key], strict=True):
                for way, each in zip(ways, samples, strict=True):
                    way()
                    each.append(_timed(way, clock))
    floor = {key: sum(min(map(fast_half, ways)) for ways in parts) for key, parts in least.items()}
    return fast_half(whole), {key: fast_half(samples) for key, samples in own.items()}, floor


def _timed(function: Callable[[], object], clock: Clock) -> float:
    start = clock()
    function()
    return clock() - start


def report(recorder: Recorder, step: float, own: Mapping[str, float], floor: Mapping[str, float]) -> list[str]:
    """The table, in Markdown: kinds of calls by what they take of a step, and what is left between them."""
    counts = recorder.counts
    lines = ["| operator and shapes | calls | ms a step | of the step | floor, ms | over its floor |"]
    lines += ["| :--- | ---: | ---: | ---: | ---: | ---: |"]
    small = [0, 0.0, 0.0]
    for key in sorted(own, key=lambda key: -own[key] * counts[key]):
        total, least = own[key] * counts[key], floor[key] * counts[key]
        if total < 0.005 * step:
            small = [small[0] + counts[key], small[1] + total, small[2] + least]
            continue
        lines.append(_row(f"`{key}`", counts[key], total, least, step))
    lines.append(_row("others, each below 0.5 %", int(small[0]), small[1], small[2], step))
    inside = sum(own[key] * counts[key] for key in own)
    lines.append(_row("**all operators**", sum(counts.values()), inside, sum(floor[k] * counts[k] for k in own), step))
    lines.append(f"| between operators | | {1e3 * (step - inside):.2f} | {100 * (1 - inside / step):.0f} % | | |")
    lines.append(f"| **the step** | | {1e3 * step:.2f} | 100 % | | |")
    return lines


def _row(name: str, count: int, seconds: float, least: float, step: float) -> str:
    over = seconds / least if least else float("nan")
    return f"| {name} | {count} | {1e3 * seconds:.2f} | {100 * seconds / step:.0f} % | {1e3 * least:.2f} | {over:.2f} |"


@click.command(help=__doc__)
@click.argument("variant", type=click.Choice(tuple(VARIANTS)))
@click.option("--threads", type=click.IntRange(1), default=2, show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=60, show_default=True)
def main(variant: str, threads: int, rounds: int) -> None:
    torch.set_num_threads(threads)
    tracker = create(variant, {"backend": "eager"})
    _, (search, *state) = example_inputs(tracker.model)
    crop = torch.rand(search.shape).contiguous(memory_format=torch.channels_last)
    graph = StepGraph(tracker.network)  # type: ignore[arg-type]  # eager: the network is the module
    with torch.inference_mode():
        with Recorder() as recorder:
            graph(crop, *state)
        lines = report(
            recorder,
            *measure(lambda: graph(crop, *state), recorder, rounds, thread_time if threads == 1 else perf_counter),
        )
    click.echo(f"{variant}, eager, {threads} threads, load {os.getloadavg()[0]:.1f}\n")
    click.echo("\n".join(lines))


if __name__ == "__main__":
    main()
