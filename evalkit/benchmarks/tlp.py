"""TLP, "Track Long and Prosper": 50 sequences, ``<Seq>/img/%05d.jpg`` and ``<Seq>/groundtruth_rect.txt``.

Rows are frame, x, y, w, h, lost. Coordinates are taken as 1-based, unverified.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import numpy as np

from evalkit.benchmarks.base import Source
from evalkit.benchmarks.clips import Clips
from evalkit.reading.tables import read_table
from evalkit.sequences.sequence import Sequence


class TLP(Clips):
    """Long high-resolution videos."""

    name = "tlp"
    title = "TLP"
    listed = "tlp.csv"
    folders = ("tlp", "tlpdataset")
    spellings: ClassVar[Mapping[str, Mapping[str, str]]] = {"tlpdataset": {}}

    def load(self, name: str, source: Source) -> Sequence:
        """One sequence; rows of 4 columns are boxes alone."""
        rows = read_table(source.annotation, columns=(4, 6), finite=True)
        if rows.shape[1] == 4:
            return self.assemble(name, source, rows)
        return replace(self.assemble(name, source, rows[:, 1:5]), absent=np.asarray(rows[:, 5] > 0))
