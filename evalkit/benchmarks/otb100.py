"""OTB100 (OTB2015, TB-100): 98 folders, 100 targets.

``<Seq>/img/%04d.jpg`` and ``<Seq>/groundtruth_rect.txt``, rows of 1-based x, y, w, h with comma, tab or space. Jogging
and Skating2 have two targets, ``groundtruth_rect.1.txt`` and ``.2.txt``; Human4's only one is ``.2.txt``, its ``.1`` is
empty. Some sequences begin at a later image (David at 300) or end before the last (Football1): the list says which.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources.abc import Traversable

from evalkit.benchmarks import lists
from evalkit.benchmarks.aliases import canonical_name
from evalkit.benchmarks.base import Benchmark, Source
from evalkit.benchmarks.layout import annotation_files, children, frames_folder, subfolders
from evalkit.reading import read_boxes
from evalkit.sequence import Sequence
from evalkit.text import read_bytes

_LIST = "otb100.csv"
_RECT = re.compile(r"groundtruth_rect(?:\.(\d+))?\.txt")


class OTB100(Benchmark):
    """Object Tracking Benchmark, 100 sequences."""

    name = "otb100"
    title = "OTB100"
    origin = 1
    folders = ("otb100", "otb2015", "otb", "tb100", "tb")

    def official_names(self) -> tuple[str, ...]:
        """The 100 sequences."""
        return lists.names(_LIST)

    def official_length(self, name: str) -> int | None:
        """By the list's first and last frame."""
        facts = self._facts(name)
        return int(facts["last"]) - int(facts["first"]) + 1 - int(facts["omitted"]) if facts else None

    def discover(self) -> Mapping[str, Source]:
        """Sequence folders, or the flat ``anno`` of the MATLAB toolkit."""
        found: dict[str, Source] = {}
        for folder in subfolders(self.root):
            for target, annotation in _targets(folder):
                frames = frames_folder(folder / "img", folder / "jpg")
                found[self._name(target)] = Source(annotation, frames, self._first(target))
        flat = {} if found else annotation_files(self.root / "anno") or annotation_files(self.root)
        return found | {self._name(name): Source(annotation) for name, annotation in flat.items()}

    def load(self, name: str, source: Source) -> Sequence:
        """One target; the official evaluation of Tiger1 begins at its sixth frame (``initOmit`` of the toolkit)."""
        native = read_boxes(source.annotation)
        facts = self._facts(name)
        omitted = int(facts.get("omitted", 0))
        if omitted and len(native) - omitted == self.official_length(name):
            return replace(self.assemble(name, source, native[omitted:]), omitted=native[:omitted])
        return self.assemble(name, source, native)

    def _name(self, found: str) -> str:
        return canonical_name(self.name, found) or found

    def _facts(self, name: str) -> Mapping[str, str]:
        return next((row for row in lists.rows(_LIST) if row["name"] == name), {})

    def _first(self, found: str) -> int | None:
        facts = self._facts(self._name(found))
        return int(facts["first"]) + int(facts["omitted"]) if facts else None


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
