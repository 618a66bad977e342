"""The baseline: what a check compares with, as data and as a file that can be committed and read in a diff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evalkit.scoring.scores import Curve


@dataclass(frozen=True)
class SequenceRecord:
    """What is kept of one tracker on one sequence.

    Attributes:
        frames: the denominator of its curves.
        metrics: fractions by metric name; NaN where the protocol scores no frame.
        boxes: sha256 of the result's boxes as float64 numbers, however the file spells them.
        initial_box: first row of the result, native coordinates; None where results have no such row (VOT).
        seconds: median time of an update; None where it was not measured or cannot be believed.
    """

    frames: int
    metrics: Mapping[str, float]
    boxes: str
    initial_box: tuple[float, float, float, float] | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Record:
    """What is kept of one tracker on one benchmark under one protocol.

    Attributes:
        fingerprint: the benchmark's own, over the annotations of exactly these sequences.
        metrics: overall fractions, None where the protocol has none.
        curves: overall curves by name.
    """

    tracker: str
    benchmark: str
    protocol: str
    fingerprint: str
    metrics: Mapping[str, float | None]
    curves: Mapping[str, Curve]
    sequences: Mapping[str, SequenceRecord]

    @property
    def key(self) -> tuple[str, str, str]:
        """Tracker, benchmark, protocol."""
        return self.tracker, self.benchmark, self.protocol


@dataclass(frozen=True)
class Baseline:
    """Records, at most one a key."""

    records: tuple[Record, ...]
    version: str = ""

    def select(self, tracker: str, benchmark: str) -> tuple[Record, ...]:
        """The records of a tracker on a benchmark, one a protocol."""
        return tuple(r for r in self.records if (r.tracker, r.benchmark) == (tracker, benchmark))

    def updated(self, records: tuple[Record, ...]) -> Baseline:
        """The same with ``records`` added or put in the place of those with their keys, in the order of keys."""
        merged = {record.key: record for record in (*self.records, *records)}
        return Baseline(tuple(merged[key] for key in sorted(merged)), self.version)
