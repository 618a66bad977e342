"""``folder``: people's own sequences, scored by OTB's rules.

A folder of sequence folders, each with images (there, or in ``img``, ``rgb`` and the like) and
``groundtruth.txt`` or ``groundtruth_rect.txt``; 0-based, ``folder?base=1`` for 1-based; rows of NaN or zeros mean that
the target is absent. A sequence begins with the first frame in which it is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.resources.abc import Traversable

import numpy as np

from evalkit.benchmarks.base import Benchmark, Source
from evalkit.benchmarks.inventory import Inventory
from evalkit.benchmarks.layout import annotation_files, frames_folder, subfolders
from evalkit.errors import InputError
from evalkit.reading.tables import read_boxes
from evalkit.sequences.later import from_frame
from evalkit.sequences.sequence import Sequence

ANNOTATIONS = ("groundtruth.txt", "groundtruth_rect.txt")


class Folder(Benchmark):
    """Own data; ``folder?base=1`` says that coordinates are 1-based."""

    name = "folder"
    title = "own data"
    origin = 0
    folders = ()
    published = False
    option_names = ("base",)

    def __init__(self, root: Traversable, options: Mapping[str, str] | None = None) -> None:
        super().__init__(root, options)
        base = self.options.get("base", "0")
        if base not in ("0", "1"):
            raise InputError(f"base={base} of benchmark folder", hint="0 or 1, the coordinate of the top-left pixel")
        self.origin = int(base)

    def official_names(self) -> None:
        """Own data has no list."""

    def inventory(self) -> Inventory:
        """Own data is what is there."""
        return Inventory(tuple(self.sources), verified=True)

    def discover(self) -> Mapping[str, Source]:
        """Sequence folders, the root itself if it is one, or a flat folder of annotations."""
        for folders in (subfolders(self.root), [self.root]):
            found = {folder.name: _source(folder, file) for folder in folders if (file := _annotation(folder))}
            if found:
                return found
        return {name: Source(file) for name, file in annotation_files(self.root).items()}

    def load(self, name: str, source: Source) -> Sequence:
        """One sequence; rows of NaN or zeros mean that the target is absent."""
        native = read_boxes(source.annotation)
        absent = np.isnan(native).any(axis=1) | (native == 0).all(axis=1)
        whole = replace(self.assemble(name, source, native), absent=absent)
        first = int(absent.argmin())
        return replace(from_frame(whole, first), omitted=native[:first]) if first else whole


def _annotation(folder: Traversable) -> Traversable | None:
    return next((folder / name for name in ANNOTATIONS if (folder / name).is_file()), None)


def _source(folder: Traversable, annotation: Traversable) -> Source:
    return Source(annotation, frames_folder(folder))
