"""How long a step of each network takes beside an eager step of ``base``, all in turns in one process.

``python -m tests.speed.beside_base [SPEC ...]``: other variants and peers, ``base`` in other precisions, on ONNX
Runtime and OpenVINO as they are set up here and with one setting changed, and further specs of STDTrack such as
``stdtrack:nano?path=DIR``. The scope is the network alone, on a crop of noise. One thread is timed by the process's own
clock, which stands while others have the processor; two are timed by the wall's.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter, process_time, sleep
from typing import Any

import click
import numpy as np
import torch
from torch import Tensor

from evalkit.errors import InputError, one_line
from evalkit.imports import optional_module
from evalkit.trackers.onnx_file import session_options
from evalkit.trackers.spec import load_tracker
from profiling.backends import distinct, onnx, openvino
from profiling.backends.quiet import quiet_exporter
from stdtrack.factory import create
from stdtrack.inference.early_exit import Exit, exiting
from stdtrack.inference.graphs import StepGraph
from stdtrack.inference.networks import example_inputs, step_graph
from stdtrack.model.early_exit import EarlyExit
from stdtrack.tracker import STDTracker
from tests.speed.operators import fast_half

REFERENCE = "base, eager"
PAUSE, WARM_UP = 0.03, 2
"""Seconds before a network's turn, and calls of it that are not timed."""
EXIT = 6
"""Blocks before the exit of ``base``, whose time is that of any weights."""
PEERS = ("hit:base", "hit:small", "hit:tiny")
NETWORKS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    REFERENCE: ("base", {"backend": "eager"}),
    "base, eager bf16": ("base", {"backend": "eager", "precision": "bf16"}),
    "base, onnx": ("base", {"backend": "onnx"}),
    "base, onnx int8 (weights of products, inputs on the fly)": ("base", {"backend": "onnx", "precision": "int8"}),
    "base, openvino": ("base", {"backend": "openvino"}),
    "base, openvino bf16": ("base", {"backend": "openvino", "precision": "bf16"}),
    "base, eager, keep=0.7": ("base", {"backend": "eager", "keep": "0.7"}),
    "base, eager, keep=0.5": ("base", {"backend": "eager", "keep": "0.5"}),
    "base, eager bf16, keep=0.7": ("base", {"backend": "eager", "precision": "bf16", "keep": "0.7"}),
    "base, openvino, keep=0.7": ("base", {"backend": "openvino", "keep": "0.7"}),
    "small, eager": ("small", {"backend": "eager"}),
    "nano, onnx": ("nano", {"backend": "onnx"}),
}
OPENVINO_SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "no hint": {"PERFORMANCE_HINT": None},
    "hint for throughput": {"PERFORMANCE_HINT": "THROUGHPUT"},
    "one stream": {"PERFORMANCE_HINT": None, "NUM_STREAMS": 1},
    "threads not pinned": {"ENABLE_CPU_PINNING": False},
    "without fused attention": {"SNIPPETS_MODE": "DISABLE"},
}
"""What is set besides, or taken away, where the backend says otherwise."""
SPINNING: Mapping[str, int] = {"threads look for work for 0.5 ms": 500, "threads look for work for 10 ms": 10_000}
"""Microseconds that threads of ONNX Runtime look for work before they sleep."""

Step = Callable[[], object]


def step_of(tracker: STDTracker) -> Step:
    """A step of the tracker's network at steady state."""
    sizes = tracker.config.template_size, tracker.config.search_size
    random = torch.Generator().manual_seed(0)
    template, search = (torch.rand(1, 3, size, size, generator=random) for size in sizes)
    with torch.inference_mode():
        state = tracker.network.init_state(template)
    return lambda: tracker.network.step(state, search)


def networks(specs: Sequence[str]) -> Iterator[tuple[str, Callable[[], Step]]]:
    """What makes each network's step."""
    for name, (variant, options) in NETWORKS.items():
        yield name, lambda variant=variant, options=options: step_of(create(variant, options))  # type: ignore[misc]
    for peer in PEERS:
        yield peer, lambda peer=peer: _of_peer(peer)  # type: ignore[misc]
    for early, name in ((True, "early"), (False, "late")):
        yield f"base, eager, exit after {EXIT} blocks: ends {name}", partial(_with_exit, early=early)
    for spec in specs:
        yield spec, lambda spec=spec: step_of(_own(spec))  # type: ignore[misc]


def _with_exit(*, early: bool) -> Step:
    tracker = create("base", {"backend": "eager"})
    way_out = Exit(EarlyExit(tracker.config.dim).eval(), EXIT, threshold=0.0 if early else 1.0)
    tracker.use(exiting(tracker.model, way_out))
    return step_of(tracker)


def _own(spec: str) -> STDTracker:
    tracker = load_tracker(spec)
    if not isinstance(tracker, STDTracker):
        raise InputError(f"'{spec}' is none of STDTrack's")
    return tracker


def _of_peer(spec: str) -> Step:
    module, inputs = load_tracker(f"{spec}?cached=true").complexity_parts()["frame"]
    return lambda: module(*inputs)


def settings(folder: Path, threads: int) -> Iterator[tuple[str, Callable[[], Step]]]:
    """The step of ``base`` on ONNX Runtime and OpenVINO, each time with one setting changed."""
    flat, inputs = _exported("base", folder / "flat.onnx")
    model, named = create("base", {"backend": "eager"}).model, folder / "named.onnx"
    onnx.export(StepGraph(model).eval(), inputs, named)
    runtime: Any = optional_module("onnxruntime")
    levels = runtime.GraphOptimizationLevel
    for name, level in (("no graph optimisation", levels.ORT_DISABLE_ALL), ("basic", levels.ORT_ENABLE_BASIC),
                        ("extended", levels.ORT_ENABLE_EXTENDED)):  # fmt: skip
        yield f"base, onnx: {name}", lambda level=level: _session(flat, inputs, threads, level=level)  # type: ignore[misc]
    for name, spin in SPINNING.items():
        yield f"base, onnx: {name}", lambda spin=spin: _session(flat, inputs, threads, spin=spin)  # type: ignore[misc]
    narrow, given = _exported("nano", folder / "nano.onnx")
    for name, spin in SPINNING.items():
        yield f"nano, onnx: {name}", lambda spin=spin: _session(narrow, given, threads, spin=spin)  # type: ignore[misc]
    yield "base, onnx: parallel operators", lambda: _session(flat, inputs, threads, parallel=True)
    yield "base, onnx: graph with a batch, attention of four axes", lambda: _session(named, inputs, threads)
    yield "base, onnx: nothing copied between calls", lambda: _session(flat, inputs, threads, bound=True)
    library: Any = optional_module("openvino")
    with quiet_exporter(), torch.no_grad():
        converted = library.convert_model(torch.export.export(StepGraph(model).eval(), distinct(inputs)))
    for name, changed in OPENVINO_SETTINGS.items():
        yield f"base, openvino: {name}", lambda changed=changed: _compiled(converted, inputs, threads, changed)  # type: ignore[misc]


def _exported(variant: str, path: Path) -> tuple[Path, Sequence[Tensor]]:
    """The step for ONNX Runtime, written to a file, and its inputs."""
    model = create(variant, {"backend": "eager"}).model
    _, inputs = example_inputs(model)
    onnx.export(step_graph(model, "onnx").eval(), inputs, path)
    return path, inputs


def _session(
    path: Path,
    inputs: Sequence[Tensor],
    threads: int,
    *,
    level: object = None,
    spin: int = 0,
    parallel: bool = False,
    bound: bool = False,
) -> Step:
    runtime: Any = optional_module("onnxruntime")
    options = session_options(threads)
    if spin:
        options.add_session_config_entry("session.intra_op.allow_spinning", "1")
        options.add_session_config_entry("session.intra_op.spin_duration_us", str(spin))
    if level is not None:
        options.graph_optimization_level = level
    if parallel:
        options.execution_mode, options.inter_op_num_threads = runtime.ExecutionMode.ORT_PARALLEL, threads
    session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [argument.name for argument in session.get_inputs()]
    feed = {name: np.ascontiguousarray(tensor.numpy()) for name, tensor in zip(names, inputs, strict=True)}
    if not bound:
        return lambda: session.run(None, feed)
    binding = session.io_binding()
    for name, array in feed.items():
        binding.bind_cpu_input(name, array)
    for output in session.get_outputs():
        shape = [int(size) for size in output.shape]
        kind = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(bool)": np.bool_}[output.type]
        value = runtime.OrtValue.ortvalue_from_shape_and_type(shape, kind, "cpu")
        binding.bind_ortvalue_output(output.name, value)
    return lambda: session.run_with_iobinding(binding)


def _compiled(converted: Any, inputs: Sequence[Tensor], threads: int, changed: Mapping[str, Any]) -> Step:
    library: Any = optional_module("openvino")
    given = {**openvino.settings(threads, "fp32"), **changed}
    given = {key: value for key, value in given.items() if value is not None}
    compiled = library.Core().compile_model(converted, "CPU", given)
    request = compiled.create_infer_request()
    arrays = [tensor.contiguous().numpy() for tensor in inputs]
    return lambda: request.infer(arrays, share_inputs=True)


def ready(made: Iterator[tuple[str, Callable[[], Step]]], say: Callable[[str], None]) -> dict[str, Step]:
    """The steps that can be made and run; of the others is said why not."""
    steps = {}
    for name, make in made:
        try:
            step = make()
            with torch.inference_mode():
                step()
        except InputError as error:
            say(f"{name}: {error}")
        except Exception as error:  # noqa: BLE001 - runtimes raise what they like; the others go on
            say(f"{name}: failed: {one_line(error)}")
        else:
            steps[name] = step
    return steps


def measured(
    steps: Mapping[str, Step], seconds: float, clock: Callable[[], float], end: float
) -> Mapping[str, np.ndarray]:
    """Seconds of each step, two calls a round, taken in turns until so many seconds are over.

    Before its turn each waits until the threads of the one before, which still look for work, have gone to sleep.
    """
    taken: dict[str, list[float]] = {name: [] for name in steps}
    stop = min(perf_counter() + seconds, end)
    while perf_counter() < stop or not taken[REFERENCE]:
        for name, step in steps.items():
            sleep(PAUSE)
            for _ in range(WARM_UP):
                step()
            for _ in range(2):
                start = clock()
                step()
                taken[name].append(clock() - start)
    return {name: np.array(values) for name, values in taken.items()}


@click.command(help=__doc__)
@click.argument("specs", nargs=-1)
@click.option("--threads", type=click.IntRange(1), default=2, show_default=True)
@click.option("--seconds", type=float, default=150.0, show_default=True, help="Of measuring.")
@click.option("--limit", type=float, default=340.0, show_default=True, help="Measuring ends then.")
@click.option("--settings/--no-settings", "changed", default=True, help="With the changed settings, or without.")
def main(specs: tuple[str, ...], threads: int, seconds: float, limit: float, *, changed: bool) -> None:
    start = perf_counter()
    torch.set_num_threads(threads)
    clock = process_time if threads == 1 else perf_counter
    say = partial(click.echo, err=True)
    with tempfile.TemporaryDirectory() as folder:
        made = ready(networks(specs), say)
        if changed:
            made |= ready(settings(Path(folder), threads), say)
    before = os.getloadavg()[0]
    with torch.inference_mode():
        taken = measured(made, seconds, clock, start + limit)
    for line in table(taken):
        click.echo(line)
    rounds, kind = len(taken[REFERENCE]) // 2, "processor time" if threads == 1 else "wall time"
    click.echo(
        f"\n{threads} threads, {kind}, {rounds} rounds, load {before:.1f} before, {os.getloadavg()[0]:.1f} after"
    )
    click.echo(f"{perf_counter() - start:.0f} seconds in all")


def table(taken: Mapping[str, np.ndarray]) -> list[str]:
    """In Markdown: milliseconds, the ratio of the fast halves to eager ``base``, and FPS by the median."""
    lines = ["| network | median ms | ms, fast half | over `base`, eager | FPS, median |"]
    lines += ["| :--- | ---: | ---: | ---: | ---: |"]
    unit = fast_half(taken[REFERENCE])
    for name, values in taken.items():
        middle, fast = float(np.median(values)), fast_half(values)
        lines.append(f"| {name} | {1e3 * middle:.2f} | {1e3 * fast:.2f} | {fast / unit:.3f} | {1 / middle:.1f} |")
    return lines


if __name__ == "__main__":
    main()
