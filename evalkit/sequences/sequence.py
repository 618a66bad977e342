"""A sequence: lazy frames, ground truth, visibility, attributes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from evalkit.types import Box, Boxes, Flags, Image

LABELLED = "labelled"
"""Flag of the frames that are annotated at all, where not all are (OxUvA)."""


class Attack(Protocol):
    """What one attack does to the frames of one run, in their order; the tracker then sees what these return."""

    def first(self, image: Image, box: Box) -> Image:
        """The frame on which the tracker is started, with the box (4,) xywh, 0-based, that it is given."""

    def next(self, image: Image) -> Image:
        """A later frame, before the tracker's ``update`` on it."""

    def measures(self) -> Mapping[str, float]:
        """Figures of the last frame, such as ``psnr``, ``ssim`` and ``queries``; the same names for every frame."""


class Adversary(Protocol):
    """Begins an attack on a tracker; must be picklable, as it is sent to workers."""

    def begin(self, tracker: object, spare: Callable[[], object] | None, seed: int) -> Attack:
        """The attack on one sequence.

        Args:
            tracker: the tracker that runs, which may be looked at and copied, never changed.
            spare: loads another one of the same kind; None where there is no other.
            seed: of the sequence.
        """


class Frames(Protocol):
    """Lazy frames: decoded when asked for, never kept."""

    def __len__(self) -> int: ...

    def read(self, index: int) -> Image:
        """Decode frame ``index`` (0-based) as uint8 RGB; raises InputError that names the file."""

    def name(self, index: int) -> str:
        """The file (or archive member) of frame ``index``, for messages."""


class Start(Protocol):
    """A first box that only those who start a tracker ask for, as it may take an image to know it."""

    def __call__(self) -> Box:
        """(4,) native coordinates; raises InputError where an image cannot be read."""


@dataclass(frozen=True, eq=False)
class MovedStart:
    """Another first box that lies elsewhere."""

    start: Start
    by: Box

    def __call__(self) -> Box:
        """(4,) native coordinates."""
        return self.start() + self.by


@dataclass(frozen=True)
class Sequence:
    """One target in one clip.

    Scores are computed on *native* boxes (as the benchmark's files write them), because the official rules test raw
    coordinates and their last bits matter; trackers see :attr:`initial_box`, which is 0-based.

    The rows of ``native``, ``absent``, ``flags``, ``polygons`` and ``frames`` are the same N frames: those of the
    benchmark's official one-pass evaluation. Files may have more: of OTB's Tiger1 the first five frames are occluded
    and the official evaluation starts at the sixth. Annotated rows of these lie in ``omitted``, and :meth:`evaluated`
    finds the rows of the N frames in results that have others before or after them.

    Attributes:
        name: as the benchmark's own file defines it.
        benchmark: command-line name, such as ``otb100``.
        native: (N, 4) annotation as in the file, x, y, w, h; NaN rows where it has no box.
        origin: 0 or 1, the coordinate of the top-left pixel in the benchmark's files.
        frames: the images of the same N frames; None for an annotation bundle without images.
        absent: (N,) the target is not visible, by the benchmark's own flags; None if it has none.
        flags: further per-frame facts by name (``full_occlusion``, ``out_of_view``, ``cover``), each (N,).
        attributes: challenge attributes, by the benchmark's abbreviations.
        size: (width, height) of the image, where the annotation states it (GOT-10k, VOT).
        polygons: (N, 8) corner coordinates for VOT, else None.
        omitted: (M, 4) rows of the annotation file before ``native`` that the official evaluation leaves out.
        skipped: all rows of the annotation file before ``native``.
        offsets: rows that a file of other frames of the clip has -> its rows before the first of the N frames.
        source: the annotation file, for messages.
        start: (4,) the box given to the tracker where it is not the annotation's first, native coordinates; or how to
            find it.
        adversary: who may change the frames while the tracker runs.
    """

    name: str
    benchmark: str
    native: Boxes
    origin: int
    frames: Frames | None = None
    absent: Flags | None = None
    flags: Mapping[str, np.ndarray] = field(default_factory=dict)
    attributes: frozenset[str] = frozenset()
    size: tuple[int, int] | None = None
    polygons: np.ndarray | None = None
    omitted: Boxes = field(default_factory=lambda: np.empty((0, 4)))
    skipped: int = 0
    offsets: Mapping[int, int] = field(default_factory=dict)
    source: str = ""
    start: Box | Start | None = None
    adversary: Adversary | None = None

    def __len__(self) -> int:
        return len(self.native)

    @property
    def full_native(self) -> Boxes:
        """(M + N, 4) the annotation with the omitted rows, native coordinates."""
        return np.concatenate([self.omitted, self.native]) if len(self.omitted) else self.native

    def evaluated(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """The rows of the N frames, of a result that has others as well; any other result as it is."""
        starts = {len(self.full_native): len(self.omitted), **self.offsets}
        start = starts.get(len(rows), 0)
        return rows[start : start + len(self)] if len(rows) in starts else rows

    @property
    def ground_truth(self) -> Boxes:
        """(N, 4) 0-based x, y, w, h."""
        boxes: Boxes = self.native - np.array([self.origin, self.origin, 0.0, 0.0])
        return boxes

    @property
    def given(self) -> Box:
        """(4,) the box given to the tracker in frame 0, in native coordinates."""
        start = self.native[0] if self.start is None else self.start
        box: Box = start if isinstance(start, np.ndarray) else start()
        return box

    @property
    def initial_box(self) -> Box:
        """(4,) the same, 0-based."""
        box: Box = self.given - np.array([self.origin, self.origin, 0.0, 0.0])
        return box


def moved_start(start: Box | Start | None, by: Box) -> Box | Start | None:
    """The first box that is given elsewhere by ``by``, (4,); None stays, as that is the annotation's, which moves."""
    if start is None or isinstance(start, np.ndarray):
        return None if start is None else start + by
    return MovedStart(start, by)
