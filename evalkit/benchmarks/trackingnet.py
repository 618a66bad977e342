"""TrackingNet test set: ``TEST/frames/<id>/<n>.jpg``, numbered without zeros, and ``TEST/anno/<id>.txt`` with one row.

Rows of x, y, w, h with commas and two decimals, taken as 0-based (unverified). The ground truth of all frames is on the
server alone; a folder or zip with it (the devkit's dummy) is read as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from evalkit.benchmarks.base import Benchmark, Source
from evalkit.benchmarks.layout import annotation_files, frames_folder, pad_to_frames
from evalkit.benchmarks.submission import Submission
from evalkit.reading.tables import read_boxes
from evalkit.sequences.sequence import Sequence


class TrackingNet(Benchmark):
    """TrackingNet, 511 test sequences."""

    name = "trackingnet"
    title = "TrackingNet"
    origin = 0
    family = "trackingnet"
    listed = "trackingnet.txt"
    # Sequences are videos of YouTube, whose names have 11 characters, and a number.
    submission = Submission(
        total=511,
        member=re.compile(r"(^|/)[\w-]{11}_[0-9]{1,2}(_[0-9]{3}|_time)?\.txt$", re.ASCII),
        box_format="%.2f",
    )
    folders = ("trackingnet", "trackingnettest", "trackingnetdummy")
    spellings: ClassVar[Mapping[str, Mapping[str, str]]] = {"trackingnettest": {}}

    def discover(self) -> Mapping[str, Source]:
        """``TEST`` or what lies in it, or a flat folder of annotations."""
        for folder in (self.root / "TEST", self.root):
            files = annotation_files(folder / "anno")
            if files:
                images = folder / "frames"
                return {name: Source(file, frames_folder(images / name)) for name, file in files.items()}
        return {name: Source(file) for name, file in annotation_files(self.root).items()}

    def load(self, name: str, source: Source) -> Sequence:
        """One sequence; frames after the annotated first one have NaN rows."""
        return self.assemble(name, source, pad_to_frames(read_boxes(source.annotation), source.frames))
