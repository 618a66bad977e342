"""The commonest layout: a folder of images for each sequence, its annotation in there or with all others in one folder.

A benchmark that is laid out so says no more than its names, lists and where its parts lie.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import ClassVar

from evalkit.benchmarks.base import Benchmark, Source
from evalkit.benchmarks.clip_range import ClipRange
from evalkit.benchmarks.layout import annotation_files, frames_folder, optional_file, subfolders


class Clips(Benchmark):
    """A benchmark of plain x, y, w, h rows.

    Class attributes, in which ``{}`` stands for the sequence's name:
        annotation: names of the annotation in a sequence's folder.
        annotation_folders_of_all: folders, below the root, that hold all annotations.
        suffix: what ends the names of annotations there, before ``.txt``.
        image_folders: folders of images, below the root, where annotations lie apart from them.
        by_class: sequences' folders lie in folders of their class.
    """

    origin = 1
    family: ClassVar[str] = "unread"
    annotation: ClassVar[tuple[str, ...]] = ("groundtruth_rect.txt", "groundtruth.txt")
    annotation_folders_of_all: ClassVar[tuple[str, ...]] = ("anno", "annos")
    suffix: ClassVar[str] = ""
    image_folders: ClassVar[tuple[str, ...]] = ("data_seq/{}", "{}")
    by_class: ClassVar[bool] = False

    def annotation_folders(self) -> tuple[Traversable, ...]:
        """Folders that may hold all annotations."""
        return (*(self.root / folder for folder in self.annotation_folders_of_all), self.root)

    def discover(self) -> Mapping[str, Source]:
        """Sequence folders with their annotation, or annotations in one folder."""
        folders = [*subfolders(self.root)]
        folders += [inner for folder in folders for inner in subfolders(folder)] if self.by_class else []
        files = {folder.name: (folder, file) for folder in folders if (file := self._annotation_in(folder)) is not None}
        if files:
            return {
                name: Source(file, frames_folder(folder / "img", folder), self.first_image(name))
                for name, (folder, file) in files.items()
            }
        apart = next(filter(None, map(annotation_files, self.annotation_folders())), {})
        return {
            name: Source(file, self._images_of(name), self.first_image(name))
            for name, file in ((stem.removesuffix(self.suffix), file) for stem, file in apart.items())
        }

    def first_image(self, name: str) -> int | None:
        """Number of a sequence's first image, where the list has another than 1."""
        clip = ClipRange.of(self.listing().get(name, {}))
        return None if clip is None or clip.start == 1 else clip.start

    def _annotation_in(self, folder: Traversable) -> Traversable | None:
        files = (optional_file(folder / name.format(folder.name)) for name in self.annotation)
        return next(filter(None, files), None)

    def _images_of(self, name: str) -> Path | None:
        return frames_folder(*(self.root / place.format(name) for place in self.image_folders))
