"""FEAR-XS without its dual-template update (PinataFarms/FEARTracker, MIT): its ONNX networks; the code is ours."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from evalkit.trackers.base import Prediction
from evalkit.trackers.onnx import OnnxNetwork, Session, Tensor, facts, network_file
from evalkit.trackers.siamese import Choice, Target, cosine_window, crop_around, follow, grid_boxes, sigmoid
from evalkit.trackers.stages import StageTimer, untimed
from evalkit.types import Box, Image

EXEMPLAR, SEARCH, STRIDE, GRID = 128, 256, 16, 16
# The box is enlarged by these shares of its size on every side.
TEMPLATE_MARGIN, SEARCH_MARGIN = 0.2, 2.0
CHOICE = Choice(penalty=0.062, window=0.38, rate=0.765)


class Fear:
    """The tracker behind the :class:`~evalkit.trackers.base.Tracker` protocol."""

    def __init__(self, folder: Path, threads: int) -> None:
        self._template_file = network_file(folder, "*template*.onnx")
        self._track_file = network_file(folder, "*track*.onnx")
        self._encode = Session(self._template_file, threads)
        self._track = Session(self._track_file, threads)
        self._window = cosine_window(GRID)
        self.stage: StageTimer = untimed
        self._target: Target | None = None
        self._template: Tensor

    def init(self, image: Image, box: Box) -> None:
        """Compute the template's features from the given box."""
        self._target = Target.of_box(box)
        extent = _enlarged(self._target.size, TEMPLATE_MARGIN)
        self._template = self._encode(image=_to_tensor(crop_around(image, self._target.centre, extent, EXEMPLAR)))[0]

    def update(self, image: Image) -> Prediction:
        """One step: search around the last box, choose a candidate, blend its size with the last."""
        if self._target is None:
            raise RuntimeError("update() before init()")
        extent = _enlarged(self._target.size, SEARCH_MARGIN)
        with self.stage("crop"):
            crop = crop_around(image, self._target.centre, extent, SEARCH)
        with self.stage("normalise"):
            tensor = _to_tensor(crop)
        with self.stage("forward"):
            outputs = self._track.by_name(image=tensor, template_features=self._template)
        with self.stage("decode"):
            scores, boxes = sigmoid(outputs["cls"][0, 0]), grid_boxes(outputs["bbox"][0], STRIDE)
            scale = (SEARCH / extent[0], SEARCH / extent[1])
            self._target, score = follow(self._target, scores, boxes, scale, self._window, CHOICE, image)
            return Prediction(self._target.box, score)

    def describe(self) -> Mapping[str, str]:
        """Facts for the run manifest."""
        return facts(self._template_file, self._track_file)

    def complexity_parts(self) -> Mapping[str, tuple[OnnxNetwork, ...]]:
        """The networks that run at initialisation and in every frame."""
        search = {"image": (1, 3, SEARCH, SEARCH), "template_features": (1, 256, 8, 8)}
        return {
            "init": (OnnxNetwork(self._template_file, {"image": (1, 3, EXEMPLAR, EXEMPLAR)}),),
            "frame": (OnnxNetwork(self._track_file, search),),
        }


def fear_xs(folder: Path, threads: int) -> Fear:
    """Build FEAR-XS from the folder of its two files."""
    return Fear(folder, threads)


def _enlarged(size: tuple[float, float], margin: float) -> tuple[float, float]:
    """The box enlarged by a share of its width and height on each side: the crop keeps the aspect of the box."""
    return size[0] * (1 + 2 * margin), size[1] * (1 + 2 * margin)


def _to_tensor(crop: Image) -> Tensor:
    """(1, 3, H, W) RGB, 0 to 255."""
    return np.ascontiguousarray(crop.transpose(2, 0, 1)[None], dtype=np.float32)
