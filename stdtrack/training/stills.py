"""Still images with boxes (COCO format) as clips: the same picture under a smooth synthetic camera."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from evalkit.errors import InputError
from evalkit.reading.text import read_json
from evalkit.sequences.frames import read_image
from evalkit.types import Boxes, Image
from stdtrack.crops import BORDER_RGB
from stdtrack.training.augmentation import as_image
from stdtrack.training.frame_sampling import Shots

ANNOTATIONS = ("instances.json", "annotations/instances_train2017.json", "annotations/instances_val2017.json")
IMAGES = ("images", "train2017", "val2017")
LEAST_SIDE, LARGEST_SHARE = 12.0, 0.7
"""A box is used when its shorter side has this many pixels and its longer one is below this share of the image."""
VIEW = 288
"""Side of a view in pixels: the search windows of a target of the usual size lie inside it."""
SIZE = (30.0, 60.0)
"""Geometric mean of a target's sides in a view; smaller ones are not enlarged."""


@dataclass(frozen=True)
class Still:
    """One annotated picture: ``boxes`` (M, 4) 0-based x, y, w, h; ``image`` None where it is read on demand."""

    path: Path
    boxes: Boxes
    image: Image | None = None

    def read(self) -> Image:
        """The picture as uint8 RGB; raises InputError when it cannot be decoded."""
        return read_image(self.path) if self.image is None else self.image


def single_boxes(annotations: list[Mapping[str, Any]], width: float, height: float) -> Boxes:
    """(M, 4) boxes of single objects."""
    return np.array([a["bbox"] for a in annotations if not a.get("iscrowd")], dtype=np.float64).reshape(-1, 4)


def usable_boxes(annotations: list[Mapping[str, Any]], width: float, height: float) -> Boxes:
    """(M, 4) boxes of single objects that are neither tiny nor as large as the picture."""
    boxes = single_boxes(annotations, width, height)
    keep = (boxes[:, 2:].min(axis=1) >= LEAST_SIDE) & ((boxes[:, 2:] / [width, height]).max(axis=1) <= LARGEST_SHARE)
    usable: Boxes = boxes[keep]
    return usable


def load_stills(
    root: Path, *, limit: int, cache: bool, usable: Callable[..., Boxes] = usable_boxes
) -> tuple[list[Still], list[str]]:
    """Pictures with at least one usable box under a COCO root, and the names of unreadable ones (with ``cache``).

    Known layouts: ``instances.json`` with ``images/``, and COCO's own ``annotations/instances_<split>2017.json`` with
    ``<split>2017/``. Raises InputError when neither is there or the file is not COCO's.
    """
    annotation, images = _find(root, ANNOTATIONS), _find(root, IMAGES)
    content = read_json(annotation)
    try:
        by_image: dict[int, list[Mapping[str, Any]]] = {}
        for item in content["annotations"]:
            by_image.setdefault(item["image_id"], []).append(item)
        entries = content["images"][: limit or None]
        found = [
            Still(
                images / entry["file_name"],
                usable(by_image.get(entry["id"], []), entry["width"], entry["height"]),
            )
            for entry in entries
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"not an annotation file in COCO format: {error!r}", path=annotation) from error
    found = [still for still in found if len(still.boxes)]
    if not found:
        raise InputError("no picture with a usable box", path=annotation)
    return _decode(found) if cache else (found, [])


def _decode(stills: list[Still]) -> tuple[list[Still], list[str]]:
    """Keep decoded pictures in memory; name those that cannot be."""
    decoded, unreadable = [], []
    for still in stills:
        try:
            decoded.append(Still(still.path, still.boxes, still.read()))
        except InputError as error:
            unreadable.append(str(error))
    return decoded, unreadable


def _find(root: Path, names: tuple[str, ...]) -> Path:
    """The first of ``names`` that exists under ``root``."""
    for name in names:
        if (root / name).exists():
            return root / name
    raise InputError(f"none of {', '.join(names)} is here", path=root, hint="COCO format is expected")


def camera_path(frames: int, rng: np.random.Generator) -> np.ndarray:
    """(T, 3) smooth log-scale x, log-scale y and rotation in radians: from one random pose to another."""
    spread = np.array([0.15, 0.15, 0.09])
    start, end = rng.normal(0, spread), rng.normal(0, spread)
    # Both axes zoom together; what differs between them is the change of aspect.
    start[1], end[1] = start[0] + rng.normal(0, 0.06), end[0] + rng.normal(0, 0.06)
    share = np.linspace(0, 1, frames)[:, None]
    return start * (1 - share) + end * share


def view(image: Image, box: np.ndarray, pose: np.ndarray, size: float) -> tuple[Image, np.ndarray]:
    """A VIEW x VIEW picture of a box's surroundings under ``pose``, and the box (4,) in it.

    The target's sides have the geometric mean ``size`` before the pose's zoom. The turn is small, so the box keeps
    its extent along the image axes.
    """
    zoom = np.exp(pose[:2]) * size / np.sqrt(box[2] * box[3])
    sine, cosine = np.sin(pose[2]), np.cos(pose[2])
    linear = np.diag(zoom) @ np.array([[cosine, -sine], [sine, cosine]])
    matrix = np.column_stack([linear, VIEW / 2 - linear @ (box[:2] + box[2:] / 2)])
    moved = cv2.warpAffine(
        image, matrix, (VIEW, VIEW), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=BORDER_RGB
    )
    extent = box[2:] * zoom
    return as_image(moved), np.concatenate([VIEW / 2 - extent / 2, extent])


def draw_still(still: Still, templates: int, frames: int, rng: np.random.Generator) -> Shots:
    """``templates`` + ``frames`` views of one box of one picture. Raises InputError on an unreadable image."""
    image = still.read()
    box = still.boxes[rng.integers(len(still.boxes))]
    size = min(float(np.sqrt(box[2] * box[3])), rng.uniform(*SIZE))
    views = [view(image, box, pose, size) for pose in camera_path(templates + frames, rng)]
    images, boxes = zip(*views, strict=True)
    return Shots(images, np.stack(boxes), np.ones(templates + frames, dtype=bool), templates)
