"""DTB70: 70 drone sequences in OTB's layout, ``<Seq>/img/*.jpg`` and ``<Seq>/groundtruth_rect.txt``.

Coordinates are taken as 1-based like OTB's, whose code its authors used; unverified.
"""

from __future__ import annotations

from collections.abc import Mapping

from evalkit.benchmarks.base import Benchmark, Source, annotation_files, frames_folder, subfolders


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
            folder.name: Source(folder / "groundtruth_rect.txt", frames_folder(folder / "img", folder))
            for folder in subfolders(self.root)
            if (folder / "groundtruth_rect.txt").is_file()
        }
        return found or {name: Source(file) for name, file in annotation_files(self.root).items()}
