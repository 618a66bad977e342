"""What can be compressed: trackers whose networks can lie in a folder as ONNX files."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor

from evalkit.imports import optional_module
from evalkit.trackers import onnx as onnx_trackers
from evalkit.trackers.base import Tracker
from evalkit.trackers.onnx_file import read_onnx
from evalkit.trackers.spec import TrackerSpec, load_tracker
from profiling.backends import Graph
from profiling.backends.onnx_int8 import Arrays, input_shapes
from stdtrack.inference.eager import eager_tracker
from stdtrack.inference.exporting import export
from stdtrack.inference.networks import GraphNetwork
from stdtrack.peers import exporting as peers
from stdtrack.peers.online import PeerTracker
from stdtrack.tracker import STDTracker

Keep = Callable[[str, Arrays], None]
"""Told the file's name and the inputs, whenever a network is about to run."""

REPLACED = ("weights", "device", "backend", "precision", "path", "keep", "cached")
"""Options of a spec in whose place a folder's ``path`` comes."""


class Subject(Protocol):
    """A tracker whose networks can lie in a folder."""

    def write(self, folder: Path) -> None:
        """Make the folder: the networks as they are, one .onnx file each, and what else the tracker reads there."""

    def spec_on(self, folder: Path) -> str:
        """The spec of the tracker on the networks of a folder."""

    def record(self, tracker: Tracker, folder: Path, keep: Keep) -> None:
        """Have the tracker of :meth:`spec_on` tell the inputs of its networks from now on."""


@dataclass(frozen=True)
class OwnSubject:
    """STDTrack."""

    spec: TrackerSpec
    tracker: STDTracker

    def write(self, folder: Path) -> None:
        """See :meth:`Subject.write`."""
        export(self.tracker, "onnx", folder)

    def spec_on(self, folder: Path) -> str:
        """See :meth:`Subject.spec_on`."""
        return _with_path(self.spec, folder)

    def record(self, tracker: Tracker, folder: Path, keep: Keep) -> None:
        """See :meth:`Subject.record`."""
        assert isinstance(tracker, STDTracker)
        assert isinstance(tracker.network, GraphNetwork)
        init, step = tracker.network.init_graph, tracker.network.step_graph
        told = GraphNetwork(_told(init, folder / "init.onnx", keep), _told(step, folder / "step.onnx", keep))
        tracker.use(told)


@dataclass(frozen=True)
class PeerSubject:
    """A published tracker that is built here."""

    spec: TrackerSpec
    tracker: PeerTracker[Any]

    def write(self, folder: Path) -> None:
        """See :meth:`Subject.write`."""
        peers.export(self.tracker, "onnx", folder)

    def spec_on(self, folder: Path) -> str:
        """See :meth:`Subject.spec_on`."""
        return _with_path(self.spec, folder)

    def record(self, tracker: Tracker, folder: Path, keep: Keep) -> None:
        """See :meth:`Subject.record`."""
        assert isinstance(tracker, PeerTracker)
        silent = copy.copy(tracker)
        remember: Graph = silent.remember
        if (folder / "init.onnx").is_file():
            remember = _told(remember, folder / "init.onnx", keep)
        tracker.use(_told(silent.frame, folder / "step.onnx", keep), remember)


@dataclass(frozen=True)
class OnnxSubject:
    """A published tracker's ONNX files behind one of the adapters."""

    spec: TrackerSpec
    tracker: onnx_trackers.OnnxTracker

    def write(self, folder: Path) -> None:
        """See :meth:`Subject.write`."""
        onnx: Any = optional_module("onnx")
        folder.mkdir()
        for session in self.tracker.sessions:
            onnx.save(read_onnx(session.path), folder / session.path.name)

    def spec_on(self, folder: Path) -> str:
        """See :meth:`Subject.spec_on`."""
        return str(replace(self.spec, options={**self.spec.options, "weights": str(folder)}))

    def record(self, tracker: Tracker, folder: Path, keep: Keep) -> None:
        """See :meth:`Subject.record`."""
        assert isinstance(tracker, onnx_trackers.OnnxTracker)
        for session in tracker.sessions:
            session.listener = keep


def subject_of(spec: str) -> Subject:
    """What a spec names.

    Raises:
        InputError: the tracker's networks are not at hand as modules or ONNX files.
    """
    parsed = TrackerSpec.parse(spec)
    if parsed.prefix == "onnx":
        tracker = load_tracker(spec)
        assert isinstance(tracker, onnx_trackers.OnnxTracker), "every adapter has sessions"
        return OnnxSubject(parsed, tracker)
    own = eager_tracker(spec)
    return OwnSubject(parsed, own) if isinstance(own, STDTracker) else PeerSubject(parsed, own)


def _with_path(spec: TrackerSpec, folder: Path) -> str:
    kept = {key: value for key, value in spec.options.items() if key not in REPLACED}
    return str(replace(spec, options={**kept, "path": str(folder)}))


def _told(graph: Graph, path: Path, keep: Keep) -> Graph:
    """The graph of a file; its inputs are told by the names that they have there."""
    names = tuple(input_shapes(path))

    def run(*tensors: Tensor) -> tuple[Tensor, ...]:
        arrays = {name: tensor.detach().numpy().copy() for name, tensor in zip(names, tensors, strict=True)}
        keep(path.name, arrays)
        return tuple(graph(*tensors))

    return run
