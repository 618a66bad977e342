"""A peer's two graphs as files, and the proof that they compute what the network computes.

A folder holds ``step``, which runs with every frame, ``init``, which runs with every template where something is kept
of it, and a manifest.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard

import torch
from torch import Tensor

from evalkit.errors import InputError, one_line
from evalkit.files import whole_folder
from evalkit.reading.text import read_json
from evalkit.types import Box, Image
from profiling import backends
from profiling.backends import Graph
from stdtrack.inference.differences import add_differences
from stdtrack.inference.exporting import track_through
from stdtrack.inference.networks import FACTS, MANIFEST
from stdtrack.peers.network import Tensors
from stdtrack.peers.online import PeerTracker

FORMAT = "stdtrack-peer-export-1"
SEARCH = "search"
HINT = "made by stdtrack export"


@dataclass(frozen=True)
class ExportedPeer:
    """What an exported folder says of itself.

    Attributes:
        spec: the peer, such as ``hit:base``.
        cached: whether what depends on the template alone was kept.
        backend: whose files they are.
        facts: where the weights came from.
    """

    spec: str
    cached: bool
    backend: str
    facts: Mapping[str, str]

    def write(self, folder: Path) -> None:
        """Write the manifest beside the graphs."""
        content = {"format": FORMAT, "tracker": self.spec, "cached": self.cached, "backend": self.backend}
        text = json.dumps({**content, "facts": dict(self.facts)}, indent=2)
        (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")

    def file(self, folder: Path, graph: str) -> Path:
        """Where the graph ``init`` or ``step`` lies."""
        return folder / f"{graph}{backends.file_format(self.backend).suffix}"

    @classmethod
    def read(cls, folder: Path) -> ExportedPeer:
        """Read the manifest of a folder; raises InputError if it is no exported peer."""
        path = folder / MANIFEST
        if not path.exists():
            raise InputError("is no exported network", path=folder, hint=HINT)
        content: Any = read_json(path)
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise InputError(f"is not of the format {FORMAT}", path=path, hint=HINT)
        spec, cached, backend, facts = (content.get(key) for key in ("tracker", "cached", "backend", "facts"))
        if not (isinstance(spec, str) and isinstance(cached, bool) and isinstance(backend, str) and _texts(facts)):
            raise InputError("its entries are of other kinds than stdtrack export writes", path=path, hint=HINT)
        backends.file_format(backend)
        return cls(spec, cached, backend, {key: facts[key] for key in FACTS if key in facts})


def _texts(value: object) -> TypeGuard[Mapping[str, str]]:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def export(tracker: PeerTracker[Any], backend: str, folder: Path) -> ExportedPeer:
    """Write the graphs of an eager tracker, and a manifest, to a folder that does not exist yet.

    Raises:
        InputError: the backend is no file format or not installed, or the folder exists or cannot be made.
    """
    backends.check(backend)
    form = backends.file_format(backend)
    if folder.exists():
        raise InputError("exists already", path=folder, hint="name a new folder")
    facts = tracker.describe()
    exported = ExportedPeer(
        facts["variant"], tracker.network.cached, backend, {key: facts[key] for key in FACTS if key in facts}
    )
    with whole_folder(folder, hint="name another folder") as partial:
        parts = tracker.complexity_parts()
        memory = tuple(f"memory_{index}" for index in range(len(parts["frame"][1]) - 1))
        if "init" in parts:
            module, inputs = parts["init"]
            template = tuple(f"template_{index}" for index in range(len(inputs)))
            form.export(module, inputs, exported.file(partial, "init"), template, memory)
        names = tracker.network.output_names
        form.export(*parts["frame"], exported.file(partial, "step"), (SEARCH, *memory), names)
        exported.write(partial)
    return exported


@dataclass(frozen=True)
class Graphs:
    """What runs with every frame, and with every template."""

    frame: Graph
    remember: Graph


def open_folder(folder: Path, exported: ExportedPeer, precision: str = "fp32") -> Graphs:
    """Open the graphs of an exported folder.

    Raises:
        InputError: a file is missing or would be refused, or the backend is not installed.
    """
    form = backends.check(exported.backend, precision).file
    assert form is not None, "the manifest was read"
    files = {graph: exported.file(folder, graph) for graph in ("init", "step")}
    if not files["step"].is_file():
        raise InputError("missing file of an exported network", path=files["step"])
    present = {graph: path for graph, path in files.items() if path.is_file()}
    for path in present.values():
        form.look_through(path)
    graphs = {graph: form.load(path, precision) for graph, path in present.items()}
    return Graphs(graphs["step"], graphs.get("init", _unchanged))


def _unchanged(*template: Tensor) -> Tensors:
    return template


def try_out(tracker: PeerTracker[Any], folder: Path) -> None:
    """One frame on empty crops: raises InputError for graphs of other shapes than the tracker's, or wild weights."""
    size = tracker.config.search_size
    try:
        with torch.inference_mode():
            outputs = tracker.frame(torch.zeros(1, 3, size, size), *tracker.remember(*tracker.example_inputs()))
            tracker.network.decode(outputs)
    except Exception as error:
        raise InputError(f"its graphs do not run as this peer's: {one_line(error)}", path=folder) from error
    if not all(torch.isfinite(output).all() for output in outputs):
        raise InputError(
            "its graphs answer with numbers that are not finite", path=folder, hint="the weights are wrong"
        )


@dataclass
class Lockstep:
    """Two pairs of graphs on the same crops, each with its own memory; the first one's answers are used.

    Attributes:
        difference: largest difference of any output in any frame, by the output's name; see
            :mod:`stdtrack.inference.differences`.
    """

    first: Graphs
    second: Graphs
    output_names: tuple[str, ...]
    difference: dict[str, float] = field(default_factory=dict)
    _memory: Tensors = ()

    def remember(self, *template: Tensor) -> Tensors:
        """Both memories; returns the first one's."""
        memory, self._memory = tuple(self.first.remember(*template)), tuple(self.second.remember(*template))
        names = [f"memory_{index}" for index in range(len(memory))]
        add_differences(self.difference, zip(names, memory, self._memory, strict=True))
        return memory

    def frame(self, search_B3HW: Tensor, *memory: Tensor) -> Tensors:
        """Both answers; returns the first one's."""
        outputs = tuple(self.first.frame(search_B3HW, *memory))
        others = self.second.frame(search_B3HW, *self._memory)
        add_differences(self.difference, zip(self.output_names, outputs, others, strict=True))
        return outputs


def compare(tracker: PeerTracker[Any], graphs: Graphs, images: Iterable[Image], box: Box) -> dict[str, float]:
    """Track with ``graphs`` in lockstep beside the tracker's own network: :attr:`Lockstep.difference`.

    Raises:
        InputError: no image.
    """
    network = tracker.network
    lockstep = Lockstep(Graphs(network, network.remember), graphs, network.output_names)
    beside = copy.copy(tracker)
    beside.use(lockstep.frame, lockstep.remember)
    track_through(beside, images, box)
    return lockstep.difference


def verified_export(
    tracker: PeerTracker[Any], backend: str, folder: Path, images: Iterable[Image], box: Box
) -> dict[str, float]:
    """:func:`export`, then :func:`compare` what was written; the folder stays if the check fails, for a look at it."""
    exported = export(tracker, backend, folder)
    return compare(tracker, open_folder(folder, exported), images, box)


def exported_tracker(
    folder: Path, spec: str, options: Mapping[str, str], make: Callable[[bool], PeerTracker[Any]]
) -> PeerTracker[Any]:
    """The tracker on the graphs of a folder.

    Args:
        make: builds the tracker around which they run, cached or not.

    Raises:
        InputError: the folder holds another peer, or does not go with the options.
    """
    exported = ExportedPeer.read(folder)
    if exported.spec != spec:
        raise InputError(f"holds '{exported.spec[:80]}', not '{spec}'", path=folder)
    if options.get("backend", exported.backend) != exported.backend:
        raise InputError(f"holds a network for the backend '{exported.backend}'", path=folder)
    for key in ("weights", "device", "cached"):
        if key in options:
            raise InputError(f"option '{key}' does not go with path", hint="the folder holds weights, on the cpu")
    precision = options.get("precision", "fp32")
    graphs, tracker = open_folder(folder, exported, precision), make(exported.cached)
    facts = {"backend": exported.backend, "precision": precision, "path": str(folder), **exported.facts}
    tracker.use(graphs.frame, graphs.remember, **facts)
    try_out(tracker, folder)
    return tracker
