"""AVisT, adverse visibility: 120 sequences, ``sequences/<seq>/img_%05d.jpg`` and ``anno/<seq>.txt``.

``full_occlusion/<seq>_full_occlusion.txt`` and ``out_of_view/<seq>_out_of_view.txt`` are lines of 0/1. Coordinates are
taken as 0-based, unverified. Layout and rules: visionml/pytracking@8304b20, ``pytracking/evaluation/avistdataset.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.resources.abc import Traversable
from typing import ClassVar

from evalkit.benchmarks.attributes import Published
from evalkit.benchmarks.base import Source
from evalkit.benchmarks.clips import Clips
from evalkit.sequences.sequence import Sequence

_FLAGS = ("full_occlusion", "out_of_view")


class AVisT(Clips):
    """Tracking in adverse visibility; ``avist?attributes=scenarios`` for the 18 scenarios instead of the 5 groups."""

    name = "avist"
    title = "AVisT"
    origin = 0
    family = "avist"
    protocol = "pytracking"  # whose code its authors evaluate with
    listed = "avist.txt"
    folders = ("avist", "avistdataset")
    spellings: ClassVar[Mapping[str, Mapping[str, str]]] = {"avistdataset": {}}
    image_folders = ("sequences/{}",)
    option_names = ("attributes",)
    attribute_tables: ClassVar[Mapping[str, Published]] = {
        "groups": Published("avist_attributes.csv", "pytracking's list of AVisT's attributes"),
        "scenarios": Published("avist_scenarios_attributes.csv", "pytracking's list of AVisT's scenarios"),
    }

    def discover(self) -> Mapping[str, Source]:
        """The annotations, with the files of flags that are there."""
        return {name: replace(source, flags=self._flags(name)) for name, source in super().discover().items()}

    def load(self, name: str, source: Source) -> Sequence:
        """One sequence; the target is absent when it is occluded or out of view."""
        sequence = super().load(name, source)
        if len(sequence.flags) < len(_FLAGS):
            return sequence
        occluded, outside = (sequence.flags[flag].astype(bool) for flag in _FLAGS)
        return replace(sequence, absent=occluded | outside)

    def shortcoming(self) -> str | None:
        """The published figures count the target as absent by the flags."""
        if all(len(source.flags) == len(_FLAGS) for source in self.sources.values()):
            return None
        return "no full_occlusion/ and out_of_view/ of AVisT: published figures are made with them"

    def _flags(self, name: str) -> Mapping[str, Traversable]:
        files = {flag: self.root / flag / f"{name}_{flag}.txt" for flag in _FLAGS}
        return {flag: file for flag, file in files.items() if file.is_file()}
