"""A Siamese tracker: features of the template, a search crop around the last box, one box chosen from a grid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from evalkit.trackers.base import Prediction
from evalkit.trackers.onnx import OnnxNetwork, Session, Tensor, facts, network_file
from evalkit.trackers.siamese import Choice, Grid, Pair, Target, cosine_window, crop_around, follow, grid_boxes
from evalkit.trackers.stages import StageTimer, untimed
from evalkit.types import Box, Image


@dataclass(frozen=True)
class Design:
    """What a tracker shows its networks, and how it chooses among their candidates.

    Attributes:
        exemplar, search: pixels of a template's and of a search crop's side.
        template_extent, search_extent: the target's size -> width and height in the image that a crop shows.
        to_tensor: an RGB crop -> the networks' input.
        stride, grid: crop pixels from one candidate to the next, and candidates a side.
        choice: how candidates are weighted.
    """

    exemplar: int
    search: int
    template_extent: Callable[[Pair], Pair]
    search_extent: Callable[[Pair], Pair]
    to_tensor: Callable[[Image], Tensor]
    stride: int
    grid: int
    choice: Choice


class Networks(Protocol):
    """The two halves of a Siamese network."""

    def encode(self, template: Tensor) -> Tensor:
        """The template's features."""

    def match(self, template: Tensor, search: Tensor) -> tuple[Grid, Tensor]:
        """Probability (G, G) and distances left, top, right, bottom (4, G, G), from the template's features."""

    def describe(self) -> Mapping[str, str]:
        """Facts for the run manifest."""

    def complexity_parts(self) -> Mapping[str, tuple[OnnxNetwork, ...]]:
        """The networks that run at initialisation and in every frame."""

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The networks, each once."""


class SiameseTracker:
    """The tracker behind the :class:`~evalkit.trackers.base.Tracker` protocol."""

    def __init__(self, design: Design, networks: Networks) -> None:
        self._design = design
        self._networks = networks
        self._window = cosine_window(design.grid)
        self.stage: StageTimer = untimed
        self._target: Target | None = None
        self._template: Tensor

    def init(self, image: Image, box: Box) -> None:
        """Compute the template's features from the given box."""
        design, self._target = self._design, Target.of_box(box)
        extent = design.template_extent(self._target.size)
        crop = crop_around(image, self._target.centre, extent, design.exemplar)
        self._template = self._networks.encode(design.to_tensor(crop))

    def update(self, image: Image) -> Prediction:
        """One step: search around the last box, choose a candidate, blend its size with the last."""
        if self._target is None:
            raise RuntimeError("update() before init()")
        design = self._design
        extent = design.search_extent(self._target.size)
        with self.stage("crop"):
            crop = crop_around(image, self._target.centre, extent, design.search)
        with self.stage("normalise"):
            tensor = design.to_tensor(crop)
        with self.stage("forward"):
            scores, distances = self._networks.match(self._template, tensor)
        with self.stage("decode"):
            boxes, scale = grid_boxes(distances, design.stride), (design.search / extent[0], design.search / extent[1])
            self._target, score = follow(self._target, scores, boxes, scale, self._window, design.choice, image)
            return Prediction(self._target.box, score)

    def describe(self) -> Mapping[str, str]:
        """Facts for the run manifest."""
        return self._networks.describe()

    def complexity_parts(self) -> Mapping[str, tuple[OnnxNetwork, ...]]:
        """The networks that run at initialisation and in every frame."""
        return self._networks.complexity_parts()

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The networks, each once."""
        return self._networks.sessions


@dataclass(frozen=True)
class Graphs:
    """Names and shapes of a backbone's and a head's graph.

    Attributes:
        image: the backbone's input.
        template, search: the head's inputs, which are the backbone's features.
        channels: of the features.
        cells: a side of the template's and of the search crop's features.
        scores: the head's first output -> probability (G, G).
    """

    image: str
    template: str
    search: str
    channels: int
    cells: tuple[int, int]
    scores: Callable[[Tensor], Grid]


class BackboneHead:
    """A backbone that template and search share, and a head that correlates the two."""

    def __init__(self, design: Design, graphs: Graphs, folder: Path, threads: int) -> None:
        self._design, self._graphs = design, graphs
        self._backbone_file = network_file(folder, "*backbone*.onnx")
        self._head_file = network_file(folder, "*head*.onnx")
        self._backbone = Session(self._backbone_file, threads, dynamic=True)
        self._head = Session(self._head_file, threads)

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The backbone and the head."""
        return self._backbone, self._head

    def encode(self, template: Tensor) -> Tensor:
        """The backbone's features, of a template or a search crop."""
        return self._backbone(**{self._graphs.image: template})[0]

    def match(self, template: Tensor, search: Tensor) -> tuple[Grid, Tensor]:
        """As :meth:`Networks.match`."""
        inputs = {self._graphs.template: template, self._graphs.search: self.encode(search)}
        logits, distances = self._head(**inputs)
        return self._graphs.scores(logits), distances[0]

    def describe(self) -> Mapping[str, str]:
        """Facts for the run manifest."""
        return facts(self._backbone_file, self._head_file)

    def complexity_parts(self) -> Mapping[str, tuple[OnnxNetwork, ...]]:
        """The networks that run at initialisation and in every frame."""
        graphs = self._graphs
        template, search = (
            OnnxNetwork(self._backbone_file, {graphs.image: (1, 3, size, size)})
            for size in (self._design.exemplar, self._design.search)
        )
        features = {
            name: (1, graphs.channels, side, side)
            for name, side in zip((graphs.template, graphs.search), graphs.cells, strict=True)
        }
        return {"init": (template,), "frame": (search, OnnxNetwork(self._head_file, features))}
