"""DTB70: 70 drone sequences in OTB's layout, ``<Seq>/img/*.jpg`` and ``<Seq>/groundtruth_rect.txt``.

Coordinates are taken as 1-based like OTB's, whose code its authors used; unverified.
"""

from __future__ import annotations

from collections.abc import Mapping

from evalkit.benchmarks.base import Benchmark, Source
from evalkit.benchmarks.layout import annotation_files, frames_folder, sequence_folders

_ANNOTATION = "groundtruth_rect.txt"


class DTB70(Benchmark):
    """Drone Tracking Benchmark."""

    name = "dtb70"
    title = "DTB70"
    origin = 1
    folders = ("dtb70", "dtb")

    def official_names(self) -> None:
        """No list is at hand."""

    def discover(self) -> Mapping[str, Source]:
        """Sequence folders, or a flat folder of annotations."""
        found = {
            name: Source(folder / _ANNOTATION, frames_folder(folder / "img", folder))
            for name, folder in sequence_folders(self.root, _ANNOTATION).items()
        }
        return found or {name: Source(file) for name, file in annotation_files(self.root).items()}
