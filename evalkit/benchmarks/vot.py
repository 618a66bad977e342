"""VOT's short-term challenges, box mode: polygons become axis-aligned boxes.

``<seq>/groundtruth.txt`` with 8 numbers a row, the corners of a polygon, or 4, a rectangle; images in ``color/`` or in
the sequence's folder. The image size is what ``sequence`` states, or ``image_sizes.json`` of an annotation bundle, or
that of the first image. Coordinates are taken as 0-based, as the Python vot-toolkit does.

The experiment that restarts trackers is scored for 2015 to 2019: before there was no EAO, later it had anchors.
Ground truth of 2020 and later may be masks, which are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from importlib.resources.abc import Traversable
from typing import ClassVar

import numpy as np

from evalkit.benchmarks.base import Benchmark, Source
from evalkit.benchmarks.layout import annotation_files, children, frames_folder, optional_file, sequence_folders
from evalkit.errors import InputError
from evalkit.reading.tables import read_table
from evalkit.reading.text import read_bytes, read_json, read_text
from evalkit.sequences.packed import first_image_size
from evalkit.sequences.sequence import Sequence
from evalkit.types import Boxes

SIZES = "image_sizes.json"
"""States (width, height) by sequence in an annotation bundle without images."""


class VOTLayout(Benchmark):
    """The folders and files of VOT's challenges, whatever their experiment."""

    origin = 0
    data_folders: ClassVar[tuple[str, ...]] = ("sequences",)

    def discover(self) -> Mapping[str, Source]:
        """Sequence folders, or a flat folder of annotations, here or in ``gt``."""
        found = {name: _source(folder) for name, folder in sequence_folders(self.root, "groundtruth.txt").items()}
        flat = {} if found else annotation_files(self.root / "gt") or annotation_files(self.root)
        sizes = optional_file(self.root / SIZES)
        found |= {name: Source(file) for name, file in flat.items()}
        return {name: replace(source, facts=source.facts or sizes) for name, source in found.items()}

    def load(self, name: str, source: Source) -> Sequence:
        """One sequence; rectangles have no ``polygons``."""
        if read_bytes(source.annotation).startswith(b"m"):
            hint = "convert them to boxes x,y,w,h, as of VOT2022's box challenge"
            raise InputError("holds masks, not boxes", path=str(source.annotation), row=1, hint=hint)
        regions = read_table(source.annotation, columns=(4, 8), finite=True)
        polygons = regions if regions.shape[1] == 8 else None
        native = regions if polygons is None else polygon_bounds(polygons)
        return replace(self.assemble(name, source, native), polygons=polygons, size=self._size(name, source))

    def _size(self, name: str, source: Source) -> tuple[int, int] | None:
        facts = source.facts
        stated = None
        if facts is not None:
            stated = self._sizes.get(name) if facts.name == SIZES else _stated_size(facts)
        return stated or (None if source.frames is None else first_image_size(source.frames))

    @cached_property
    def _sizes(self) -> Mapping[str, tuple[int, int]]:
        return listed_sizes(self.root / SIZES)


def polygon_bounds(polygons: np.ndarray) -> Boxes:
    """(N, 4) x, y, w, h around (N, 8) corner coordinates x1, y1, ... y4.

    >>> polygon_bounds(np.array([[1.0, 2, 5, 2, 5, 8, 1, 8]]))
    array([[1., 2., 4., 6.]])
    """
    corners = polygons.reshape(len(polygons), 4, 2)
    low, high = corners.min(axis=1), corners.max(axis=1)
    return np.hstack([low, high - low])


def _source(folder: Traversable) -> Source:
    tags = [file for file in children(folder) if file.name.endswith((".tag", ".label"))]
    flags = {file.name.rpartition(".")[0]: file for file in sorted(tags, key=lambda file: file.name)}
    frames = frames_folder(folder / "color", folder)
    return Source(folder / "groundtruth.txt", frames, flags=flags, facts=optional_file(folder / "sequence"))


def _stated_size(file: Traversable) -> tuple[int, int] | None:
    """(width, height) of a ``sequence`` file of NAME=VALUE lines."""
    fields = dict(re.findall(r"^(width|height)=([0-9]{1,9})\s*$", read_text(file), re.MULTILINE))
    return (int(fields["width"]), int(fields["height"])) if len(fields) == 2 else None


def listed_sizes(file: Traversable) -> dict[str, tuple[int, int]]:
    """``image_sizes.json``, {sequence: [width, height]}, of an annotation bundle."""
    sizes = read_json(file)
    try:
        return {name: (int(width), int(height)) for name, (width, height) in sizes.items()}
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise InputError(f"is not {{sequence: [width, height]}}: {error}", path=str(file)) from error


class VOT(VOTLayout):
    """One year's short-term challenge; subclasses name the year."""

    def __init_subclass__(cls, *, year: int, listed: str) -> None:
        cls.name = f"vot{year}"
        cls.title = f"VOT{year}"
        cls.listed = listed
        cls.experiment_folder = "baseline" if 2015 <= year <= 2019 else ""
        cls.folders = (f"vot{year}", "vot")
        cls.spellings = {f"vot{year % 100}": {}, f"vot{year}st": {}, f"votst{year}": {}}


class VOT2013(VOT, year=2013, listed="vot2013.txt"):
    """VOT2013."""


class VOT2014(VOT, year=2014, listed="vot2014.txt"):
    """VOT2014."""


class VOT2015(VOT, year=2015, listed="vot2015.txt"):
    """VOT2015 short-term."""


class VOT2016(VOT, year=2016, listed="vot2015.txt"):
    """VOT2016 short-term."""


class VOT2017(VOT, year=2017, listed="vot2017.csv"):
    """VOT2017 short-term."""


class VOT2018(VOT, year=2018, listed="vot2017.csv"):
    """VOT2018 short-term."""


class VOT2019(VOT, year=2019, listed="vot2019.csv"):
    """VOT2019 short-term."""


class VOT2020(VOT, year=2020, listed="vot2020.txt"):
    """VOT2020 short-term."""


class VOT2022(VOT, year=2022, listed="vot2022.txt"):
    """VOT2022 short-term."""
