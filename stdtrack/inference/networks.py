"""The network on a backend: same methods as the module, prepared in memory or read from an exported folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from evalkit.errors import InputError, one_line
from evalkit.reading.text import read_json
from profiling import backends
from profiling.backends import Graph
from profiling.complexity.tensors import tensors_in
from stdtrack.assessment import FACT
from stdtrack.checkpoints import config_as_mapping, config_from_mapping
from stdtrack.configs import ModelConfig
from stdtrack.inference.cpu_optimized import arranged
from stdtrack.inference.graphs import InitGraph, StepGraph, pack, unpack, unpack_step
from stdtrack.inference.prepared import prepared
from stdtrack.inference.single import for_one
from stdtrack.model import FrameOutput, STDTrack, TrackState

MANIFEST = "stdtrack.json"
EXPORT_FORMAT = "stdtrack-export-1"
FACTS = ("weights_sha256", "note", FACT)
"""What an exported folder says of its weights."""

SAME_BOXES = frozenset({("onnx", "int8")})
"""Reduced precisions that keep a mean IoU of 0.99 with fp32's boxes (tests/speed/test_network_speed.py)."""

FASTEST: Mapping[str, str] = {"nano": "onnx"}
"""The backend that gives a variant's boxes soonest on a CPU, where eager is not it (``docs/results.md``, Speed)."""


def own_choice(variant: str, device: str) -> str:
    """The backend of a tracker that names none: the variant's fastest, if it is installed and runs on the device."""
    try:
        backends.check(FASTEST.get(variant, "eager"), device=device)
    except InputError:
        return "eager"
    return FASTEST.get(variant, "eager")


EAGER: Mapping[str, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16}
"""What blocks and convolutions compute in on a CPU, by precision."""


class Network(Protocol):
    """What a tracker needs of a network: the module itself has it, and so has what a backend made of it."""

    def init_state(self, templates_BK3HW: Tensor) -> TrackState:
        """Template crops (1, 3, H, W) -> the first state."""

    def step(self, state: TrackState, search_B3HW: Tensor) -> tuple[FrameOutput, TrackState]:
        """The state and a search crop (1, 3, H, W) -> predictions and the next state."""


@dataclass(frozen=True)
class GraphNetwork:
    """Two graphs of tensors behind the module's two methods."""

    init_graph: Graph
    step_graph: Graph

    def init_state(self, templates_BK3HW: Tensor) -> TrackState:
        """As :meth:`STDTrack.init_state`."""
        return unpack(tuple(self.init_graph(templates_BK3HW)))

    def step(self, state: TrackState, search_B3HW: Tensor) -> tuple[FrameOutput, TrackState]:
        """As :meth:`STDTrack.step`."""
        return unpack_step(tuple(self.step_graph(search_B3HW, *pack(state))), state.cache_LBM2HD)


def precision_note(backend: str, precision: str) -> str:
    """What a run should say of its precision; empty where boxes are those of fp32.

    >>> precision_note("openvino", "bf16")
    'bf16, boxes differ from fp32'
    """
    same = precision == "fp32" or (backend, precision) in SAME_BOXES
    return "" if same else f"{precision}, boxes differ from fp32"


def example_inputs(model: STDTrack) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Inputs of the ``init`` and the ``step`` graph, batch 1, on the model's device."""
    device = next(model.parameters()).device
    template, search = (
        torch.zeros(1, 3, size, size, device=device) for size in (model.config.template_size, model.config.search_size)
    )
    with torch.no_grad():
        state = pack(model.init_state(template))
    return (template,), (search, *state)


def step_model(model: STDTrack, backend: str) -> STDTrack:
    """The network as a backend takes its ``step``; all but ONNX Runtime know attention by its name."""
    return for_one(model) if backend == "onnx" else model


def step_graph(model: STDTrack, backend: str) -> StepGraph:
    """The graph ``step`` as a backend takes it."""
    return StepGraph(step_model(model, backend))


def on_backend(model: STDTrack, backend: str, precision: str = "fp32") -> Network:
    """A folded model on a backend. Templates run once a sequence, so their graph stays eager.

    Raises:
        InputError: the backend or its precision does not exist, or is not installed.
    """
    backends.check(backend, precision)
    on_cpu = next(model.parameters()).device.type == "cpu"
    if backend == "eager" and (on_cpu or precision == "fp32"):
        return arranged(model, EAGER[precision]) if on_cpu else model
    _, inputs = example_inputs(model)
    step = prepared(backend, step_graph(model, backend), inputs, precision)
    return GraphNetwork(InitGraph(model), step)


@dataclass(frozen=True)
class Exported:
    """What an exported folder says of itself: config, file format, and where the weights came from."""

    config: ModelConfig
    backend: str
    facts: Mapping[str, str]

    def write(self, folder: Path) -> None:
        """Write the manifest beside the graphs."""
        content = {
            "format": EXPORT_FORMAT,
            "backend": self.backend,
            "facts": dict(self.facts),
            "config": config_as_mapping(self.config),
        }
        (folder / MANIFEST).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

    def file(self, folder: Path, graph: str) -> Path:
        """Where the graph ``init`` or ``step`` lies."""
        return folder / f"{graph}{backends.file_format(self.backend).suffix}"

    @classmethod
    def read(cls, folder: Path) -> Exported:
        """Read the manifest of a folder; raises InputError if it is no exported folder."""
        path = folder / MANIFEST
        if not path.exists():
            raise InputError("is no exported network", path=folder, hint="made by stdtrack export")
        content: dict[str, Any] = read_json(path)
        ours = isinstance(content, dict) and content.get("format") == EXPORT_FORMAT
        if not ours or str(content.get("backend")) not in backends.formats():
            raise InputError(f"is not of the format {EXPORT_FORMAT}", path=path)
        facts = content.get("facts", {})
        if not isinstance(facts, dict) or not all(isinstance(fact, str) for fact in facts.values()):
            raise InputError("its 'facts' are no texts by name", path=path)
        known = {key: facts[key] for key in FACTS if key in facts}
        return cls(config_from_mapping(content.get("config", {}), path), content["backend"], known)


def from_folder(folder: Path, exported: Exported, precision: str = "fp32") -> Network:
    """Open the two graphs of an exported folder, without torch's module behind them.

    Raises:
        InputError: a file is missing, or the backend is not installed.
    """
    backends.check(exported.backend, precision)
    files = [exported.file(folder, graph) for graph in ("init", "step")]
    for path in files:
        if not path.is_file():
            raise InputError("missing file of an exported network", path=path)
    form = backends.file_format(exported.backend)
    for path in files:
        form.look_through(path)
    network = GraphNetwork(*(form.load(path, precision) for path in files))
    _try_out(network, exported.config, folder)
    return network


def _try_out(network: Network, config: ModelConfig, folder: Path) -> None:
    """One step on empty crops: raises InputError for graphs of other shapes than the config's, or with wild weights."""
    template, search = (torch.zeros(1, 3, size, size) for size in (config.template_size, config.search_size))
    try:
        with torch.inference_mode():
            output, _ = network.step(network.init_state(template), search)
    except Exception as error:
        raise InputError(f"its graphs do not run on what its config says: {one_line(error)}", path=folder) from error
    if not all(torch.isfinite(tensor).all() for tensor in tensors_in(output)):
        raise InputError(
            "its graphs answer with numbers that are not finite", path=folder, hint="the weights are wrong"
        )
