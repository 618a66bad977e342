"""VOT's long-term challenges: the layout of VOT, rows of ``nan`` where the target is absent.

Scored by tracking precision, recall and F (``vot/stack/vot2018/longterm.yaml``, ``vot2019/longterm.yaml``) on results
of the experiment ``longterm``: ``<tracker>/longterm/<seq>/<seq>_001.txt`` with the code 1 in the first row, beside it
``<seq>_001_confidence.value``; or on our own runs. VOT-LT2020 and 2021 have the sequences of 2019.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from evalkit.benchmarks.base import Source
from evalkit.benchmarks.vot import VOTLayout
from evalkit.sequences.sequence import Sequence
from evalkit.types import Flags


class VOTLongTerm(VOTLayout):
    """One year's long-term challenge; subclasses name the year."""

    family = "vot-lt"
    experiment_folder = "longterm"

    def __init_subclass__(cls, *, year: int) -> None:
        cls.name = f"vot{year}lt"
        cls.title = f"VOT-LT{year}"
        cls.listed = f"vot{year}lt.txt"
        cls.folders = (f"vot{year}lt", f"votlt{year}", f"vot{year}longterm")
        cls.spellings = {f"vot{year % 100}lt": {}, f"votlt{year}": {}, f"vot{year}longterm": {}}

    def load(self, name: str, source: Source) -> Sequence:
        """One sequence; rows of NaN mean that the target is absent."""
        sequence = super().load(name, source)
        absent: Flags = np.logical_or.reduce(np.isnan(sequence.native).T)
        return replace(sequence, absent=absent)


class VOT2018LT(VOTLongTerm, year=2018):
    """VOT-LT2018."""


class VOT2019LT(VOTLongTerm, year=2019):
    """VOT-LT2019."""
