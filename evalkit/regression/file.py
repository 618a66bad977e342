"""``baseline.json``: one sequence a line, so that an update reads well in a diff."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.errors import InputError
from evalkit.files import write_atomic
from evalkit.reading.fields import as_list, as_mapping, as_number, as_number_or_nan, as_text, field_of
from evalkit.reading.text import parse_json, read_text
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


FORMAT = 1

# Curves are shown, never tested: six decimals are a hundredth of a frame in a sequence of ten thousand.
CURVE_DECIMALS = 6


def write_baseline(baseline: Baseline, path: Path) -> None:
    """Write the file whole or not at all; raises InputError if the folder cannot be written."""
    write_atomic(path, dump_baseline(baseline))


def read_baseline(path: Path) -> Baseline:
    """Read and check the file.

    Raises:
        InputError: it is not there, no JSON, of a newer format, or a field is missing or of another kind.
    """
    try:
        text = read_text(path)
    except InputError as error:
        hint = error.hint or "write one with: stdtrack baseline RUNS -o FILE"
        raise InputError(f"no readable baseline: {error.problem}", path=path, row=error.row, hint=hint) from error
    try:
        return load_baseline(text)
    except InputError as error:
        raise InputError(error.problem, path=path, row=error.row, hint=error.hint) from error


def dump_baseline(baseline: Baseline) -> str:
    """The file's text."""
    head = {"format": FORMAT, "stdtrack": baseline.version}
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in head.items()]
    records = ",\n".join(_dump_record(record) for record in baseline.records)
    return "{\n" + ",\n".join(lines) + ',\n"records": [\n' + records + "\n]}\n"


def _dump_record(record: Record) -> str:
    fields: dict[str, Any] = {
        "tracker": record.tracker,
        "benchmark": record.benchmark,
        "protocol": record.protocol,
        "fingerprint": record.fingerprint,
        "metrics": {name: _finite(value) for name, value in record.metrics.items()},
        "curves": {name: _dump_curve(curve) for name, curve in record.curves.items()},
    }
    lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in fields.items()]
    rows = ",\n".join(f"    {json.dumps(n)}: {json.dumps(_dump_sequence(s))}" for n, s in record.sequences.items())
    return " {\n" + ",\n".join(lines) + ',\n  "sequences": {\n' + rows + "\n  }}"


def _dump_sequence(sequence: SequenceRecord) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "frames": sequence.frames,
        "metrics": {name: _finite(value) for name, value in sequence.metrics.items()},
        "boxes": sequence.boxes,
        "initial_box": sequence.initial_box,
        "seconds": sequence.seconds,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _dump_curve(curve: Curve) -> dict[str, list[float | None]]:
    rounded = np.round(curve.thresholds, CURVE_DECIMALS), np.round(curve.values, CURVE_DECIMALS)
    return {name: [_finite(v) for v in array.tolist()] for name, array in zip(("x", "y"), rounded, strict=True)}


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def load_baseline(text: str) -> Baseline:
    """The inverse of :func:`dump_baseline`; raises InputError that names the field."""
    try:
        raw = parse_json(text, "")
    except InputError as error:
        raise InputError(f"the baseline {error.problem}", row=error.row) from error
    if not isinstance(raw, dict) or "format" not in raw or "records" not in raw:
        raise InputError("this is no baseline: it has no 'format' and 'records'")
    number = raw["format"]
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise InputError(f"the baseline's format is {number!r}, not a version number")
    if number > FORMAT:
        hint = "update stdtrack, or write the baseline again with this version"
        raise InputError(f"the baseline has format {number}, this version reads up to {FORMAT}", hint=hint)
    records = tuple(_load_record(item, f"records[{i}]") for i, item in enumerate(as_list(raw["records"], "records")))
    if len({record.key for record in records}) < len(records):
        raise InputError("the baseline has two records of one tracker, benchmark and protocol")
    return Baseline(records, as_text(raw.get("stdtrack", ""), "stdtrack"))


def _load_record(raw: object, place: str) -> Record:
    fields = as_mapping(raw, place)
    text = {key: field_of(fields, key, place, as_text) for key in ("tracker", "benchmark", "protocol", "fingerprint")}
    metrics = field_of(fields, "metrics", place, as_mapping)
    curves = field_of(fields, "curves", place, as_mapping)
    sequences = field_of(fields, "sequences", place, as_mapping)
    return Record(
        **text,
        metrics={key: None if v is None else _fraction(v, f"{place}.metrics.{key}") for key, v in metrics.items()},
        curves={key: _load_curve(value, f"{place}.curves.{key}") for key, value in curves.items()},
        sequences={
            as_text(name, f"a name in {place}.sequences"): _load_sequence(value, f"{place}.sequences[{name!r}]")
            for name, value in sequences.items()
        },
    )


def _load_sequence(raw: object, place: str) -> SequenceRecord:
    fields = as_mapping(raw, place)
    metrics = field_of(fields, "metrics", place, as_mapping)
    box, seconds = fields.get("initial_box"), fields.get("seconds")
    return SequenceRecord(
        frames=int(field_of(fields, "frames", place, as_number)),
        metrics={key: _fraction(value, f"{place}.metrics.{key}") for key, value in metrics.items()},
        boxes=field_of(fields, "boxes", place, as_text),
        initial_box=None if box is None else _box(box, f"{place}.initial_box"),
        seconds=None if seconds is None else _duration(seconds, f"{place}.seconds"),
    )


def _load_curve(raw: object, place: str) -> Curve:
    fields = as_mapping(raw, place)
    x, y = (field_of(fields, name, place, as_list) for name in ("x", "y"))
    if len(x) != len(y):
        raise InputError(f"{place}: {len(x)} thresholds and {len(y)} values")
    return Curve(*(np.array([as_number_or_nan(v, place) for v in values], dtype=np.float64) for values in (x, y)))


def _fraction(value: object, place: str) -> float:
    number = as_number_or_nan(value, place)
    if not (math.isnan(number) or 0 <= number <= 1):
        raise InputError(f"{place} is {number}, no fraction")
    return number


def _duration(value: object, place: str) -> float:
    number = as_number(value, place)
    if not 1e-9 <= number <= 1e6:
        raise InputError(f"{place} is {number}, no time of a frame in seconds")
    return number


def _box(value: object, place: str) -> tuple[float, float, float, float]:
    numbers = [as_number(item, place) for item in as_list(value, place)]
    if len(numbers) != 4:
        raise InputError(f"{place} has {len(numbers)} numbers instead of 4")
    return numbers[0], numbers[1], numbers[2], numbers[3]
