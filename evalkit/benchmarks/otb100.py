"""OTB100 (OTB2015, TB-100): 98 folders, 100 targets.

``<Seq>/img/%04d.jpg`` and ``<Seq>/groundtruth_rect.txt``, rows of 1-based x, y, w, h with comma, tab or space. Jogging
and Skating2 have two targets, ``groundtruth_rect.1.txt`` and ``.2.txt``; Human4's only one is ``.2.txt``, its ``.1`` is
empty. Some sequences begin at a later image (David at 300) or end before the last (Football1): the list says which.
Attributes were published twice, by the MATLAB toolkit and by the website; they differ in 14 targets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources.abc import Traversable
from typing import ClassVar

from evalkit.benchmarks.aliases import own_name
from evalkit.benchmarks.attributes import Published
from evalkit.benchmarks.base import Benchmark, Source
from evalkit.benchmarks.clip_range import ClipRange
from evalkit.benchmarks.layout import annotation_files, children, frames_folder, subfolders
from evalkit.reading.tables import read_boxes
from evalkit.reading.text import read_bytes
from evalkit.sequences.sequence import Sequence

_RECT = re.compile(r"groundtruth_rect(?:\.(\d+))?\.txt")


class OTB100(Benchmark):
    """Object Tracking Benchmark, 100 sequences."""

    name = "otb100"
    title = "OTB100"
    origin = 1
    family: ClassVar[str] = "otb"
    precedence: ClassVar[int] = 0
    listed: ClassVar[str | tuple[str, ...]] = "otb100.csv"
    prefix: ClassVar[str] = "otb_"
    # got10k and the MATLAB toolkit name the folder where only one of its targets is in the benchmark. TColor-128 has
    # the same two joggers under the other names.
    other_names: ClassVar[Mapping[str, str]] = {
        "human4": "Human4_2",
        "jogging1": "Jogging_1",
        "jogging2": "Jogging_2",
    }
    folders: ClassVar[tuple[str, ...]] = ("otb100", "otb2015", "otb", "tb100", "tb")
    spellings: ClassVar[Mapping[str, Mapping[str, str]]] = {"otb2015": {}, "tb100": {}, "tb2015": {}}
    option_names = ("attributes",)
    attribute_order = ("IV", "OPR", "SV", "OCC", "DEF", "MB", "FM", "IPR", "OV", "BC", "LR")
    attribute_tables: ClassVar[Mapping[str, Published]] = {
        "matlab": Published("otb100_attributes.csv", "MATLAB tracker_benchmark v1.1"),
        "website": Published("otb100_website_attributes.csv", "the benchmark's website"),
    }

    def discover(self) -> Mapping[str, Source]:
        """Sequence folders, or the flat ``anno`` of the MATLAB toolkit."""
        sources: dict[str, Source] = {}
        for folder in subfolders(self.root):
            for target, annotation in _targets(folder):
                frames = frames_folder(folder / "img", folder / "jpg", folder)
                sources[self._name(target)] = Source(annotation, frames, self._first(target))
        flat = {} if sources else annotation_files(self.root / "anno") or annotation_files(self.root)
        return sources | {self._name(name): Source(annotation) for name, annotation in flat.items()}

    def load(self, name: str, source: Source) -> Sequence:
        """One target; the official evaluation of Tiger1 begins at its sixth frame (``initOmit`` of the toolkit)."""
        rows = read_boxes(source.annotation)
        clip = ClipRange.of(self.listing().get(name, {}))
        offsets = {} if clip is None else clip.offsets(len(rows))
        if clip is None or len(rows) not in offsets:
            return self.assemble(name, source, rows)
        skipped = offsets[len(rows)]
        scored = self.assemble(name, source, rows[skipped : skipped + clip.length])
        omitted = rows[max(skipped - clip.omitted, 0) : skipped]
        return replace(scored, omitted=omitted, skipped=skipped, offsets=offsets)

    def _name(self, target: str) -> str:
        return own_name(type(self), target) or target

    def _first(self, target: str) -> int | None:
        clip = ClipRange.of(self.listing().get(self._name(target), {}))
        return None if clip is None else clip.start


def _targets(folder: Traversable) -> list[tuple[str, Traversable]]:
    """Targets annotated in a sequence folder; a numbered file that is empty is no target."""
    found = []
    for file in sorted(children(folder), key=lambda file: file.name):
        match = _RECT.fullmatch(file.name)
        if match and match[1] is None:
            found.append((folder.name, file))
        elif match and read_bytes(file).strip():
            found.append((f"{folder.name}_{match[1]}", file))
    return found
