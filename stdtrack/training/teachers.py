"""Published trackers as teachers: what they see in a clip's crops, as boxes and score maps.

A teacher looks at the very crops that the network is trained on, enlarged to its own sizes. Outside a crop it sees the
crop's mean colour, as it would outside an image.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import torch

from evalkit.errors import InputError
from evalkit.trackers import fear, nanotrack
from evalkit.trackers.onnx import Session, network_file
from evalkit.trackers.siamese import context_extent, crop_around, enlarged, grid_boxes, planes, sigmoid
from evalkit.trackers.spec import TrackerSpec
from evalkit.types import Image
from stdtrack.checkpoints import load_model, sha256
from stdtrack.model.network import STDTrack

Pair = tuple[float, float]


@dataclass(frozen=True)
class Look:
    """What is shown to a teacher.

    Attributes:
        template: Ht x Ht x 3 uint8 RGB.
        box: (4,) of the target in the template crop: centre x, y, width, height in units of the crop.
        searches: (T, Hs, Hs, 3) uint8 RGB.
        factor: side of a search crop over the target's size, about.
        grid: cells along a side of the score map that is asked for.
    """

    template: Image
    box: np.ndarray
    searches: np.ndarray
    factor: float
    grid: int

    @property
    def target(self) -> tuple[Pair, Pair]:
        """Centre and size of the target in template pixels."""
        x, y, w, h = (float(value) * len(self.template) for value in self.box)
        return (x, y), (w, h)

    @property
    def expected(self) -> tuple[Pair, Pair]:
        """Centre of a search crop, and the target's size in it if it has not changed; pixels."""
        side = self.searches.shape[1]
        scale = side / (self.factor * float(np.sqrt(self.box[2] * self.box[3])))
        return (side / 2, side / 2), (float(self.box[2]) * scale, float(self.box[3]) * scale)


@dataclass(frozen=True)
class Opinion:
    """One teacher's: ``boxes`` (T, 4) centre x, y, width, height in units of the search crop, ``scores`` (T, G, G)."""

    boxes: np.ndarray
    scores: np.ndarray


class Teacher(Protocol):
    """A tracker that has an opinion on crops."""

    name: str

    def judge(self, look: Look) -> Opinion:
        """Where the target is in each search crop."""


def seen(scores: np.ndarray, boxes: np.ndarray, extent: Pair, size: int, side: int, grid: int) -> Opinion:
    """The opinion on one search crop, from candidates in a teacher's own crop around the same centre.

    Args:
        scores: (G, G) probabilities on a grid of stride 16 whose point G // 2 is the centre.
        boxes: (4, G, G) left, top, right, bottom from the centre, in pixels of the teacher's crop.
        extent: width and height of the teacher's crop in pixels of the search crop.
        size: pixels of the teacher's crop along a side.
        side: pixels of the search crop along a side.
        grid: cells of the score map that is asked for; 0 where the teacher saw nothing.
    """
    scale = np.tile(np.array(extent) / size / side, 2)
    left, top, right, bottom = boxes.reshape(4, -1)[:, int(scores.argmax())] * scale
    box = np.array([0.5 + (left + right) / 2, 0.5 + (top + bottom) / 2, right - left, bottom - top])
    # Cell u of the map lies at (u + 0.5) / grid of the search crop; the teacher's points are 16 of its pixels apart.
    step = side / grid * size / np.array(extent) / nanotrack.STRIDE
    start = (0.5 - grid / 2) * step + scores.shape[-1] // 2
    matrix = np.column_stack([np.diag(step), start])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    placed = cv2.warpAffine(scores.astype(np.float32), matrix, (grid, grid), flags=flags, borderValue=0.0)
    return Opinion(box[None], placed[None])


def joined(opinions: list[Opinion]) -> Opinion:
    """Opinions on single frames as one on all of them."""
    return Opinion(*(np.concatenate([getattr(one, name) for one in opinions]) for name in ("boxes", "scores")))


class FearTeacher:
    """FEAR-XS."""

    def __init__(self, folder: Path) -> None:
        files = [network_file(folder, pattern) for pattern in ("*template*.onnx", "*track*.onnx")]
        self.name = f"fear_xs {' '.join(sha256(file) for file in files)}"
        self._encode, self._track = (Session(file, 1) for file in files)

    def judge(self, look: Look) -> Opinion:
        """See :class:`Teacher`."""
        centre, size = look.target
        template = crop_around(look.template, centre, enlarged(size, fear.TEMPLATE_MARGIN), fear.EXEMPLAR)
        features = self._encode(image=planes(template))[0]
        middle, expected = look.expected
        extent, opinions = enlarged(expected, fear.SEARCH_MARGIN), []
        for search in look.searches:
            crop = crop_around(search, middle, extent, fear.SEARCH)
            outputs = self._track.by_name(image=planes(crop), template_features=features)
            scores, boxes = sigmoid(outputs["cls"][0, 0]), grid_boxes(outputs["bbox"][0], fear.STRIDE)
            opinions.append(seen(scores, boxes, extent, fear.SEARCH, len(search), look.grid))
        return joined(opinions)


class NanoTrackTeacher:
    """NanoTrack v2 or v3."""

    def __init__(self, folder: Path) -> None:
        files = [network_file(folder, pattern) for pattern in ("*backbone*.onnx", "*head*.onnx")]
        self.name = f"nanotrack {' '.join(sha256(file) for file in files)}"
        self._backbone, self._head = Session(files[0], 1, dynamic=True), Session(files[1], 1)

    def judge(self, look: Look) -> Opinion:
        """See :class:`Teacher`."""
        centre, size = look.target
        template = crop_around(look.template, centre, context_extent(size), nanotrack.EXEMPLAR)
        features = self._backbone(input=nanotrack.blue_green_red(template))[0]
        middle, expected = look.expected
        extent, opinions = context_extent(expected, nanotrack.SEARCH / nanotrack.EXEMPLAR), []
        for search in look.searches:
            crop = crop_around(search, middle, extent, nanotrack.SEARCH)
            logits, distances = self._head(
                input1=features, input2=self._backbone(input=nanotrack.blue_green_red(crop))[0]
            )
            scores, boxes = nanotrack.probabilities(logits), grid_boxes(distances[0], nanotrack.STRIDE)
            opinions.append(seen(scores, boxes, extent, nanotrack.SEARCH, len(search), look.grid))
        return joined(opinions)


class NetworkTeacher:
    """A network of this project in PyTorch; clips must have the crops that it was trained on."""

    def __init__(self, path: Path) -> None:
        self._model = load_model(path)
        self.name = f"stdtrack {sha256(path)}"

    @torch.inference_mode()
    def judge(self, look: Look) -> Opinion:
        """See :class:`Teacher`; raises InputError for crops of another size."""
        config = self._model.config
        if (len(look.template), look.searches.shape[1]) != (config.template_size, config.search_size):
            raise InputError(
                f"the teacher '{config.name}' needs crops of {config.template_size} and {config.search_size}"
            )
        output = self._model.forward_clip(self._pixels(look.template[None])[None], self._pixels(look.searches)[None])
        boxes, _ = STDTrack.decode(output)
        scores = torch.sigmoid(output.score[0])
        placed = torch.nn.functional.interpolate(scores, size=(look.grid, look.grid), mode="bilinear")
        return Opinion(boxes[0].numpy(), placed[:, 0].numpy())

    def _pixels(self, images: np.ndarray) -> torch.Tensor:
        """(N, H, W, 3) uint8 -> (N, 3, H, W) as the network takes them."""
        config = self._model.config
        pixels = torch.from_numpy(np.ascontiguousarray(images)).float() / 255
        return ((pixels - torch.tensor(config.mean)) / torch.tensor(config.std)).permute(0, 3, 1, 2)


TEACHERS: Mapping[str, Callable[[Path], Teacher]] = {
    "onnx:fear_xs": FearTeacher,
    "onnx:nanotrack_v2": NanoTrackTeacher,
    "onnx:nanotrack_v3": NanoTrackTeacher,
    "stdtrack": NetworkTeacher,
}


def open_teacher(spec: str, root: Path) -> Teacher:
    """A teacher from a spec as for ``stdtrack run``, whose ``weights`` are relative to ``root``.

    ``onnx:fear_xs?weights=DIR``, ``onnx:nanotrack_v2?weights=DIR``, ``onnx:nanotrack_v3?weights=DIR``, or
    ``stdtrack:VARIANT?weights=FILE``. Raises InputError for another one, and for missing files.
    """
    parsed = TrackerSpec.parse(spec)
    key = parsed.prefix if parsed.prefix == "stdtrack" else f"{parsed.prefix}:{parsed.name}"
    if key not in TEACHERS:
        raise InputError(f"'{spec}' cannot teach", hint=f"teachers: {', '.join(TEACHERS)}")
    if set(parsed.options) != {"weights"}:
        raise InputError(f"the teacher '{spec}' needs weights=PATH and nothing else")
    return TEACHERS[key](root / parsed.options["weights"])
