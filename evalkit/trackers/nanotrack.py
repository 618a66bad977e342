"""NanoTrack v2 and v3 (HonglinChu/NanoTrack, Apache-2.0): their ONNX networks; the code around them is ours.

A backbone shared by template and search, and a head that correlates the two; post-processing as in SiamRPN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evalkit.trackers.base import Prediction
from evalkit.trackers.onnx import OnnxNetwork, Session, Tensor, facts, network_file
from evalkit.trackers.siamese import Choice, Target, cosine_window, crop_around, follow, grid_boxes, sigmoid
from evalkit.trackers.stages import StageTimer, untimed
from evalkit.types import Box, Image

EXEMPLAR, SEARCH, STRIDE = 127, 255, 16
CONTEXT = 0.5


@dataclass(frozen=True)
class Version:
    """What differs between the releases: channels of the features, the output's grid, the choice of the box."""

    channels: int
    grid: int
    choice: Choice


V2 = Version(48, 16, Choice(penalty=0.150, window=0.490, rate=0.385))
V3 = Version(96, 15, Choice(penalty=0.138, window=0.455, rate=0.348))


class NanoTrack:
    """The tracker behind the :class:`~evalkit.trackers.base.Tracker` protocol."""

    def __init__(self, version: Version, folder: Path, threads: int) -> None:
        self._version = version
        self._backbone_file = network_file(folder, "*backbone*.onnx")
        self._head_file = network_file(folder, "*head*.onnx")
        self._backbone = Session(self._backbone_file, threads, dynamic=True)
        self._head = Session(self._head_file, threads)
        self._window = cosine_window(version.grid)
        self.stage: StageTimer = untimed
        self._target: Target | None = None
        self._template: Tensor

    def init(self, image: Image, box: Box) -> None:
        """Compute the template's features from the given box and its context."""
        self._target = Target.of_box(box)
        side = _context_side(self._target.size)
        self._template = self._backbone(
            input=_to_tensor(crop_around(image, self._target.centre, (side, side), EXEMPLAR))
        )[0]

    def update(self, image: Image) -> Prediction:
        """One step: search around the last box, choose a candidate, blend its size with the last."""
        if self._target is None:
            raise RuntimeError("update() before init()")
        side = _context_side(self._target.size) * SEARCH / EXEMPLAR
        with self.stage("crop"):
            crop = crop_around(image, self._target.centre, (side, side), SEARCH)
        with self.stage("normalise"):
            tensor = _to_tensor(crop)
        with self.stage("forward"):
            logits, distances = self._head(input1=self._template, input2=self._backbone(input=tensor)[0])
        with self.stage("decode"):
            # Two classes, background and target: their softmax is the sigmoid of the difference.
            scores, boxes = sigmoid(logits[0, 1] - logits[0, 0]), grid_boxes(distances[0], STRIDE)
            scale = (SEARCH / side, SEARCH / side)
            self._target, score = follow(self._target, scores, boxes, scale, self._window, self._version.choice, image)
            return Prediction(self._target.box, score)

    def describe(self) -> Mapping[str, str]:
        """Facts for the run manifest."""
        return facts(self._backbone_file, self._head_file)

    def complexity_parts(self) -> Mapping[str, tuple[OnnxNetwork, ...]]:
        """The networks that run at initialisation and in every frame."""
        channels = self._version.channels
        head = OnnxNetwork(self._head_file, {"input1": (1, channels, 8, 8), "input2": (1, channels, 16, 16)})
        return {
            "init": (OnnxNetwork(self._backbone_file, {"input": (1, 3, EXEMPLAR, EXEMPLAR)}),),
            "frame": (OnnxNetwork(self._backbone_file, {"input": (1, 3, SEARCH, SEARCH)}), head),
        }


def nanotrack_v2(folder: Path, threads: int) -> NanoTrack:
    """Build version 2 from the folder of its two files."""
    return NanoTrack(V2, folder, threads)


def nanotrack_v3(folder: Path, threads: int) -> NanoTrack:
    """Build version 3 from the folder of its two files."""
    return NanoTrack(V3, folder, threads)


def _context_side(size: tuple[float, float]) -> float:
    """Side of the exemplar's square: the box with half its mean side added around."""
    margin = CONTEXT * (size[0] + size[1])
    return float(np.sqrt((size[0] + margin) * (size[1] + margin)))


def _to_tensor(crop: Image) -> Tensor:
    """(1, 3, H, W) BGR, 0 to 255."""
    return np.ascontiguousarray(crop[:, :, ::-1].transpose(2, 0, 1)[None], dtype=np.float32)
