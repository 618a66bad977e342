"""VitTrack (OpenCV's model zoo, 2023sep, Apache-2.0): its ONNX network; the code around it is ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, sqrt
from pathlib import Path

import numpy as np

from evalkit.trackers.base import Prediction
from evalkit.trackers.onnx import OnnxNetwork, Session, facts, network_file
from evalkit.trackers.siamese import Grid, Pair, Target, Tensor, cosine_window, crop_around, imagenet, planes
from evalkit.trackers.stages import StageTimer, untimed
from evalkit.types import Box, Image

TEMPLATE, SEARCH, GRID = 128, 256, 16
TEMPLATE_FACTOR, SEARCH_FACTOR = 2.0, 4.0
BLACK = (0.0, 0.0, 0.0)


class VitTrack:
    """The tracker behind the :class:`~evalkit.trackers.base.Tracker` protocol; one graph takes both crops."""

    def __init__(self, folder: Path, threads: int) -> None:
        self._file = network_file(folder, "*vittrack*.onnx")
        self._network = Session(self._file, threads)
        # The window's zeros lie outside the map.
        self._window = cosine_window(GRID + 2)[1:-1, 1:-1]
        self.stage: StageTimer = untimed
        self._target: Target | None = None
        self._template: Tensor

    def init(self, image: Image, box: Box) -> None:
        """Cut the template around the given box."""
        self._target = Target.of_box(box)
        extent = square(self._target.size, TEMPLATE_FACTOR)
        self._template = to_tensor(crop_around(image, self._target.centre, extent, TEMPLATE, BLACK))

    def update(self, image: Image) -> Prediction:
        """One step: search around the last box, take the cell with the largest windowed confidence."""
        if self._target is None:
            raise RuntimeError("update() before init()")
        extent = square(self._target.size, SEARCH_FACTOR)
        with self.stage("crop"):
            crop = crop_around(image, self._target.centre, extent, SEARCH, BLACK)
        with self.stage("normalise"):
            tensor = to_tensor(crop)
        with self.stage("forward"):
            outputs = self._network(template=self._template, search=tensor)
        with self.stage("decode"):
            target, score = decode(outputs, self._window, self._target.centre, extent[0])
            self._target = target.bounded(image)
            return Prediction(self._target.box, score)

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The one network."""
        return (self._network,)

    def describe(self) -> Mapping[str, str]:
        """Facts for the run manifest."""
        return facts(self._file)

    def complexity_parts(self) -> Mapping[str, tuple[OnnxNetwork, ...]]:
        """The network that runs in every frame; at initialisation none does."""
        inputs = {"template": (1, 3, TEMPLATE, TEMPLATE), "search": (1, 3, SEARCH, SEARCH)}
        return {"frame": (OnnxNetwork(self._file, inputs),)}


def vittrack(folder: Path, threads: int) -> VitTrack:
    """Build VitTrack from the folder of its file."""
    return VitTrack(folder, threads)


def square(size: Pair, factor: float) -> Pair:
    """Width and height of the square that a crop shows, whole pixels.

    >>> square((10.0, 40.0), 2.0)
    (40.0, 40.0)
    """
    side = float(max(ceil(sqrt(size[0] * size[1]) * factor), 1))
    return side, side


def decode(outputs: Sequence[Tensor], window: Grid, centre: Pair, side: float) -> tuple[Target, float]:
    """The target at the largest windowed confidence, and its confidence.

    Args:
        outputs: confidence (1, 1, G, G), size and offset in the cell (1, 2, G, G), x first; size in fractions.
        window: (G, G).
        centre, side: of the square that the search crop shows, image pixels.
    """
    confidence, size, offset = (output[0] for output in outputs)
    row, column = divmod(int((confidence[0] * window).argmax()), GRID)
    x, y = (column + float(offset[0, row, column])) / GRID, (row + float(offset[1, row, column])) / GRID
    w, h = float(size[0, row, column]), float(size[1, row, column])
    found = (centre[0] + (x - 0.5) * side, centre[1] + (y - 0.5) * side)
    return Target(found, (w * side, h * side)), float(confidence[0, row, column])


def to_tensor(crop: Image) -> Tensor:
    """(1, 3, H, W) blue, green and red of an RGB crop, each less its mean and over its deviation."""
    return np.ascontiguousarray(imagenet(planes(crop))[:, ::-1])
