"""A score as JSON and back, where everything is refused that scoring under these rules could not have given."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from evalkit.scoring.aggregation import curve_rules, reported_metrics
from evalkit.scoring.metrics import stated_metrics
from evalkit.scoring.rules import Rules, SupervisedRules
from evalkit.scoring.scores import BenchmarkScore, Curve, SequenceScore
from evalkit.types import Vector

_SUPERVISED_METRICS = ("accuracy", "failures")


@dataclass(frozen=True)
class ScoreForm:
    """What a score consists of.

    Attributes:
        sequences: names of those that were scored, in order.
        metrics: name -> whether there is a figure of it.
        curves: name -> thresholds; None for a curve over 0, 1, 2, ... of any length, which the sequences do not have.
        sequence_metrics: names.
        sequence_nan: a sequence may have no figure, written as NaN.
    """

    sequences: tuple[str, ...]
    metrics: Mapping[str, bool]
    curves: Mapping[str, Vector | None]
    sequence_metrics: tuple[str, ...]
    sequence_nan: bool = False


def form_of(sequences: Sequence[str], rules: Rules | SupervisedRules) -> ScoreForm:
    """The form of a score of these sequences."""
    if isinstance(rules, SupervisedRules):
        metrics = dict.fromkeys(rules.metrics, True)
        return ScoreForm(tuple(sequences), metrics, {"eao": None}, _SUPERVISED_METRICS, sequence_nan=True)
    reported = reported_metrics(rules)
    metrics = {name: name in reported for name in (*stated_metrics("ope"), *reported)}
    thresholds = {name: rule.grid.thresholds for name, rule in curve_rules(rules).items()}
    return ScoreForm(tuple(sequences), metrics, thresholds, reported)


def encode_score(score: BenchmarkScore) -> dict[str, Any]:
    """The figures and notes of a score, without its frames and without what names tracker, benchmark and protocol."""
    sequences = score.sequences
    names = [name for name in score.curves if all(name in sequence.curves for sequence in sequences)]
    return {
        "metrics": dict(score.metrics),
        "curves": {name: _pack(curve.values) for name, curve in score.curves.items()},
        "frames": [sequence.frames for sequence in sequences],
        "sequence_metrics": {
            name: _pack(np.array([sequence.metrics[name] for sequence in sequences])) for name in sequences[0].metrics
        },
        "sequence_curves": {name: _pack(np.stack([sequence.curves[name] for sequence in sequences])) for name in names},
        "notes": list(score.notes),
        "shortcoming": score.shortcoming,
    }


def decode_score(entry: Mapping[str, Any], form: ScoreForm, blank: BenchmarkScore) -> BenchmarkScore:
    """The inverse of :func:`encode_score`.

    Args:
        blank: a score that has everything but what the entry holds.

    Raises:
        ValueError, KeyError, TypeError: the entry is of another form.
    """
    count = len(form.sequences)
    of_all = {name: values for name, values in form.curves.items() if values is not None}
    rows = {
        name: _unpack(text, count * len(of_all[name])).reshape(count, -1)
        for name, text in _named(entry["sequence_curves"], of_all).items()
    }
    columns = {
        name: _unpack(text, count, nan=form.sequence_nan).tolist()
        for name, text in _named(entry["sequence_metrics"], form.sequence_metrics).items()
    }
    metrics = _named(entry["metrics"], form.metrics)
    curves = _named(entry["curves"], form.curves)
    return replace(
        blank,
        metrics={name: _figure(metrics[name], needed=has) for name, has in form.metrics.items()},
        curves={name: _curve(curves[name], thresholds) for name, thresholds in form.curves.items()},
        sequences=tuple(
            SequenceScore(
                sequence=sequence,
                frames=frames,
                metrics={name: values[index] for name, values in columns.items()},
                curves={name: values[index] for name, values in rows.items()},
                overlaps=np.empty(0),
                errors=np.empty(0),
            )
            for index, (sequence, frames) in enumerate(zip(form.sequences, _counts(entry["frames"]), strict=True))
        ),
        notes=texts(entry["notes"]),
        shortcoming=_text(entry["shortcoming"]),
    )


def texts(value: object) -> tuple[str, ...]:
    """A list of text; raises ValueError for anything else."""
    if not isinstance(value, list):
        raise ValueError("no list")
    return tuple(map(_text, value))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("no text")
    return value


def _named(value: object, names: Mapping[str, object] | Sequence[str]) -> dict[str, Any]:
    """An object with exactly these keys, in this order."""
    if not isinstance(value, dict) or value.keys() != set(names):
        raise ValueError(f"no object of {', '.join(names)}")
    return {name: value[name] for name in names}


def _figure(value: object, *, needed: bool) -> float | None:
    if value is None and not needed:
        return None
    if not isinstance(value, float) or not math.isfinite(value) or not needed:
        raise ValueError("no finite number, or a figure that the rules do not have")
    return value


def _counts(value: object) -> list[int]:
    if not isinstance(value, list) or not all(type(item) is int and item > 0 for item in value):
        raise ValueError("no list of counts")
    return value


def _curve(text: object, thresholds: Vector | None) -> Curve:
    values = _unpack(text, None if thresholds is None else len(thresholds))
    return Curve(np.arange(len(values), dtype=np.float64) if thresholds is None else thresholds, values)


def _pack(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f8").tobytes()).decode()


def _unpack(text: object, length: int | None, *, nan: bool = False) -> Vector:
    values = np.frombuffer(base64.b64decode(_text(text), validate=True), dtype="<f8").astype(np.float64)
    if length is not None and len(values) != length:
        raise ValueError(f"{len(values)} numbers instead of {length}")
    if np.isinf(values).any() or (np.isnan(values).any() and not nan):
        raise ValueError("no finite number")
    return values
