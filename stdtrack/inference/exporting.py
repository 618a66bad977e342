"""The two graphs as files, and the proof that they compute what the module computes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from evalkit.errors import InputError
from evalkit.files import whole_folder
from evalkit.trackers.base import Tracker
from evalkit.types import Box, Image
from profiling import backends
from stdtrack.assessment import FACT, as_text
from stdtrack.inference.differences import add_differences
from stdtrack.inference.graphs import (
    OUTPUT_NAMES,
    SEARCH,
    TEMPLATE,
    InitGraph,
    next_names,
    pack,
    state_names,
)
from stdtrack.inference.networks import FACTS, Exported, Network, example_inputs, from_folder, step_graph
from stdtrack.model import FrameOutput, TrackState
from stdtrack.tracker import STDTracker


def export(tracker: STDTracker, backend: str, folder: Path) -> Exported:
    """Write ``init`` and ``step`` of an eager tracker, and a manifest, to a folder that does not exist yet.

    Raises:
        InputError: the backend is no file format or not installed, or the folder exists or cannot be made.
    """
    backends.check(backend)
    backends.file_format(backend)
    if folder.exists():
        raise InputError("exists already", path=folder, hint="name a new folder")
    facts = {key: value for key, value in tracker.describe().items() if key in FACTS}
    if tracker.calibration is not None:
        facts[FACT] = as_text(tracker.calibration)
    exported = Exported(tracker.config, backend, facts)
    with whole_folder(folder, hint="name another folder") as partial:
        _write_graphs(tracker, exported, partial)
        exported.write(partial)
    return exported


def _write_graphs(tracker: STDTracker, exported: Exported, folder: Path) -> None:
    init_inputs, step_inputs = example_inputs(tracker.model)
    names = state_names(tracker.config.token)
    form = backends.file_format(exported.backend)
    graphs = (
        ("init", InitGraph(tracker.model), init_inputs, (TEMPLATE,), names),
        (
            "step",
            step_graph(tracker.model, exported.backend),
            step_inputs,
            (SEARCH, *names),
            (*OUTPUT_NAMES, *next_names(names)),
        ),
    )
    for graph, module, inputs, input_names, output_names in graphs:
        form.export(module.eval(), inputs, exported.file(folder, graph), input_names, output_names)


@dataclass
class Lockstep:
    """Two networks on the same crops, each with its own state; the first one's answers are used.

    Attributes:
        difference: largest difference of any output in any frame, by the output's name; see
            :mod:`stdtrack.inference.differences`.
    """

    first: Network
    second: Network
    difference: dict[str, float] = field(default_factory=dict)
    _state: TrackState | None = None

    def init_state(self, templates_BK3HW: Tensor) -> TrackState:
        """Both first states; returns the first one's."""
        self._state = self.second.init_state(templates_BK3HW)
        state = self.first.init_state(templates_BK3HW)
        add_differences(self.difference, [("cache", state.cache_LBM2HD, self._state.cache_LBM2HD)])
        return state

    def step(self, state: TrackState, search_B3HW: Tensor) -> tuple[FrameOutput, TrackState]:
        """Both steps; returns the first one's."""
        assert self._state is not None, "a tracker calls init_state first"
        output, after = self.first.step(state, search_B3HW)
        other, self._state = self.second.step(self._state, search_B3HW)
        add_differences(self.difference, [(name, getattr(output, name), getattr(other, name)) for name in OUTPUT_NAMES])
        names = state_names(after.token_BC is not None)
        add_differences(self.difference, zip(names, pack(after), pack(self._state), strict=True))
        return output, after


def compare(tracker: STDTracker, network: Network, images: Iterable[Image], box: Box) -> dict[str, float]:
    """Track with ``network`` in lockstep beside the tracker's own: largest difference of every output and state.

    Raises:
        InputError: no image.
    """
    lockstep = Lockstep(tracker.network, network)
    beside = STDTracker(tracker.model)
    beside.use(lockstep)
    track_through(beside, images, box)
    return lockstep.difference


def track_through(tracker: Tracker, images: Iterable[Image], box: Box) -> None:
    """Start the tracker on the first image and follow the target through the others.

    Raises:
        InputError: no image.
    """
    frames = iter(images)
    first = next(frames, None)
    if first is None:
        raise InputError("no frame to compare on")
    tracker.init(first, box)
    for image in frames:
        tracker.update(image)


def verified_export(
    tracker: STDTracker, backend: str, folder: Path, images: Iterable[Image], box: Box
) -> dict[str, float]:
    """:func:`export`, then :func:`compare` what was written; the folder stays if the check fails, for a look at it."""
    exported = export(tracker, backend, folder)
    with torch.inference_mode():
        network = from_folder(folder, exported)
    return compare(tracker, network, images, box)
