"""A network that ends a frame early where its exit is sure enough: three graphs, the exit's file, what counts them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from evalkit.errors import InputError
from evalkit.files import atomic
from evalkit.reading.text import parse_json
from profiling import backends
from profiling.backends import Graph
from stdtrack.checkpoints import fitting
from stdtrack.configs import ModelConfig
from stdtrack.inference.cpu_optimized import arranged
from stdtrack.inference.graphs import InitGraph, pack, unpack, unpack_step
from stdtrack.inference.networks import EAGER, example_inputs, step_model
from stdtrack.inference.prepared import prepared
from stdtrack.model import FrameOutput, STDTrack, TrackState
from stdtrack.model.early_exit import EarlyExit
from stdtrack.tensor_file import read_tensors

FORMAT = "stdtrack-exit-1"
NOTE = "ends easy frames early, boxes differ from the full network's"


@dataclass(frozen=True)
class Exit:
    """An exit as it is used.

    Attributes:
        module: what is learnt.
        after: blocks that every frame runs through, 1 or more, and fewer than the network has.
        threshold: a frame ends early where the confidence, in [0, 1], is above it; 1: none does.
    """

    module: EarlyExit
    after: int
    threshold: float = 1.0


class Beginning(nn.Module):
    """The search crop and the state -> tokens after the first blocks, confidence, and the stem's fine features."""

    def __init__(self, model: STDTrack, way_out: Exit) -> None:
        super().__init__()
        self.model, self.exit, self.after = model, way_out.module, way_out.after

    def extra_repr(self) -> str:
        """What no weight says."""
        return f"after={self.after}"

    def forward(self, search_B3HW: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        """(B, N, C), (B,) in [0, 1], and (B, C_fine, H, W) where the head reads it."""
        before = unpack(state)
        search_BNC, fine_BCHW = self.model.backbone.embed_search(search_B3HW)
        x_BNC = self.model.backbone(self.model.join(before, search_BNC), before.cache_LBM2HD, 0, self.after)
        fine = () if fine_BCHW is None else (fine_BCHW,)
        return (x_BNC, torch.sigmoid(self.exit.confidence(x_BNC)), *fine)


class Ending(nn.Module):
    """What :class:`Beginning` gave and the state -> what :class:`StepGraph` gives."""

    def __init__(self, model: STDTrack) -> None:
        super().__init__()
        self.model = model

    def forward(self, x_BNC: Tensor, *others: Tensor) -> tuple[Tensor, ...]:
        """Fine features, if there are any, then the state's tensors."""
        fine = others[0] if self.model.neck.fine is not None else None
        state = unpack(others[1:] if self.model.neck.fine is not None else others)
        output, after = self.model.finish(state, self.last_tokens(x_BNC, state), fine)
        return (output.score, output.offset, output.size, output.quality, *pack(after)[:-1])

    def last_tokens(self, x_BNC: Tensor, state: TrackState) -> Tensor:
        """(B, N, C) what stands for the last block's tokens."""
        raise NotImplementedError


class EarlyEnding(Ending):
    """Without the other blocks."""

    def __init__(self, model: STDTrack, way_out: Exit) -> None:
        super().__init__(model)
        self.exit = way_out.module

    def last_tokens(self, x_BNC: Tensor, state: TrackState) -> Tensor:
        """The exit's guess."""
        guessed_BNC: Tensor = self.exit(x_BNC)
        return guessed_BNC


class LateEnding(Ending):
    """Through the other blocks."""

    def __init__(self, model: STDTrack, way_out: Exit) -> None:
        super().__init__(model)
        self.after = way_out.after

    def extra_repr(self) -> str:
        """What no weight says."""
        return f"after={self.after}"

    def last_tokens(self, x_BNC: Tensor, state: TrackState) -> Tensor:
        """What the last block gives."""
        last_BNC: Tensor = self.model.backbone(x_BNC, state.cache_LBM2HD, self.after)
        return last_BNC


class WholeStep(nn.Module):
    """A frame that ends one way, as one function like the graph of a step: what is counted."""

    def __init__(self, model: STDTrack, way_out: Exit, *, early: bool) -> None:
        super().__init__()
        self.begin = Beginning(model, way_out)
        self.end = EarlyEnding(model, way_out) if early else LateEnding(model, way_out)

    def forward(self, search_B3HW: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        """As the graph of a step."""
        x_BNC, _, *fine = self.begin(search_B3HW, *state)
        ended: tuple[Tensor, ...] = self.end(x_BNC, *fine, *state)
        return ended


@dataclass
class ExitingNetwork:
    """A :class:`~stdtrack.inference.networks.Network` whose step has two ends.

    Attributes:
        way_out: the exit.
        init_graph: as :class:`~stdtrack.inference.networks.GraphNetwork` has it.
        begin, early, late: :class:`Beginning`, :class:`EarlyEnding` and :class:`LateEnding` on a backend.
        steps, early_steps: how many there were so far, and how many of them ended early.
    """

    way_out: Exit
    init_graph: Graph
    begin: Graph
    early: Graph
    late: Graph
    steps: int = 0
    early_steps: int = 0

    def init_state(self, templates_BK3HW: Tensor) -> TrackState:
        """As :meth:`STDTrack.init_state`."""
        return unpack(tuple(self.init_graph(templates_BK3HW)))

    def step(self, state: TrackState, search_B3HW: Tensor) -> tuple[FrameOutput, TrackState]:
        """As :meth:`STDTrack.step`, for one target."""
        tensors = pack(state)
        x_BNC, confidence_B, *fine = self.begin(search_B3HW, *tensors)
        easy = float(confidence_B[0]) > self.way_out.threshold
        self.steps += 1
        self.early_steps += easy
        end = self.early if easy else self.late
        return unpack_step(tuple(end(x_BNC, *fine, *tensors)), state.cache_LBM2HD)


def exiting(model: STDTrack, way_out: Exit, backend: str = "eager", precision: str = "fp32") -> ExitingNetwork:
    """A folded model with an exit, on a backend; both ends have run once.

    Raises:
        InputError: the backend or its precision does not exist, or is not installed.
    """
    backends.check(backend, precision)
    device, eager = next(model.parameters()).device, backend == "eager"
    way_out = replace(way_out, module=way_out.module.to(device))
    on_cpu = eager and device.type == "cpu"
    own = arranged(model, EAGER[precision]) if on_cpu else step_model(model, backend)
    begin, early, late = Beginning(own, way_out), EarlyEnding(own, way_out), LateEnding(own, way_out)
    _, inputs = example_inputs(model)
    with torch.inference_mode():
        x_BNC, _, *fine = begin(*inputs)

    def made(module: nn.Module, given: tuple[Tensor, ...]) -> Graph:
        return module.eval() if eager else prepared(backend, module, given, precision)

    with torch.inference_mode(False):
        ending = tuple(tensor.clone() for tensor in (x_BNC, *fine)) + inputs[1:]
        network = ExitingNetwork(
            way_out, InitGraph(own if on_cpu else model), made(begin, inputs), made(early, ending), made(late, ending)
        )
    with torch.inference_mode():
        network.early(*ending)
        network.late(*ending)
    return network


def check_whole(config: ModelConfig) -> None:
    """Raise InputError for a network that leaves search tokens out: what follows an exit takes all of them."""
    if config.going_on:
        raise InputError(f"an early exit does not go with keep={config.keep:g}", hint="leave one of them out")


def save_exit(path: Path, way_out: Exit, weights_sha256: str, facts: Mapping[str, str]) -> None:
    """Write an exit, atomically, with the digest of the weights that it was made for."""
    settings = {"after": way_out.after, "threshold": way_out.threshold, "weights_sha256": weights_sha256}
    metadata = {**facts, "format": FORMAT, "exit": json.dumps(settings)}
    with atomic(path) as temporary:
        save_file(
            {name: tensor.contiguous() for name, tensor in way_out.module.state_dict().items()}, temporary, metadata
        )


def load_exit(path: Path, model: STDTrack, weights_sha256: str | None) -> Exit:
    """Read an exit of these weights.

    Raises:
        InputError: there is no such file, it is none, it is damaged, or was made for other weights; or the network
            leaves search tokens out.
    """
    check_whole(model.config)
    file = read_tensors(path)
    if file.metadata.get("format") != FORMAT:
        raise InputError("is no early exit", path=path, hint="made by stdtrack compress --exit")
    settings = parse_json(file.metadata.get("exit", "null"), path)
    settings = settings if isinstance(settings, dict) else {}
    if settings.get("weights_sha256") != weights_sha256 or weights_sha256 is None:
        raise InputError("was made for other weights", path=path, hint="make one with stdtrack compress --exit")
    after, threshold = settings.get("after"), settings.get("threshold")
    if type(after) is not int or not 1 <= after < model.config.depth:
        raise InputError(f"ends after {after!r} blocks, and the network has {model.config.depth}", path=path)
    if not isinstance(threshold, float) or not math.isfinite(threshold):
        raise InputError(f"its threshold is {threshold!r}, no number", path=path)
    module = EarlyExit(model.config.dim)
    module.load_state_dict(fitting(file.tensors, module.state_dict(), path))
    return Exit(module.eval(), after, threshold)
