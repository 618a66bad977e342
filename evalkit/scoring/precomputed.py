"""Figures that other toolkits computed and published: curves without boxes, taken as they are and marked as such.

MATLAB's ``perfMat/overall/aveSuccessRatePlot_<N>alg_<overlap|error>_OPE.mat`` hold a curve for each tracker and
sequence, but no sequence's name; the OTB Python toolkit's score files hold a tracker's curves on a set of sequences.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.benchmarks.aliases import canonical_name
from evalkit.errors import InputError
from evalkit.reading.text import decode, parse_json
from evalkit.results.files import ResultFile, is_perfmat, lies_beside, list_tree
from evalkit.results.layout import locate
from evalkit.scoring.metrics import stated_metrics
from evalkit.scoring.rules import Grid
from evalkit.scoring.scores import BenchmarkScore, Curve
from evalkit.types import Vector

PERFMAT, OTB_PYTHON = "perfmat", "otb-python"
PRECOMPUTED: Mapping[str, str] = {
    PERFMAT: "Curves that OTB's MATLAB toolkit stored (perfMat), as published: the mean over the sequences' curves.",
    OTB_PYTHON: "Curves that the OTB Python toolkit stored, as published.",
}
"""Labels that stand for a protocol, and what the figures under them are."""
_SUCCESS, _PRECISION = 21, 51
_AT_20_PIXELS = 20
_THRESHOLDS = {"success": Grid.MATLAB_TWENTIETHS.thresholds, "precision": np.arange(float(_PRECISION))}


@dataclass
class _Stated:
    """What is known of one tracker on one set of sequences."""

    curves: dict[str, Vector] = field(default_factory=dict)
    place: str = ""
    sequences: int = 0


def read_precomputed(root: Path, benchmark: str) -> tuple[tuple[BenchmarkScore, ...], bool]:
    """Scores of the perfMat and score files of a tree, and whether it holds results of the benchmark as well.

    Raises:
        InputError: such a file is damaged, or two of them have different curves of one tracker.
    """
    files = list_tree(root).files
    stated: dict[tuple[str, str, str | None], _Stated] = defaultdict(_Stated)
    taken = set()
    for path, file in files.items():
        for key, name, curve, sequences in _curves_in(path, file):
            taken.add(path)
            _keep(stated[key], name, curve, sequences, file.place)
    find = partial(canonical_name, benchmark)
    others = (path for path in files if path not in taken and not lies_beside(path))
    holds_results = any(locate(path, benchmark, find) is not None for path in others) if taken else True
    return tuple(_score(*key, benchmark, one) for key, one in stated.items()), holds_results


_Key = tuple[str, str, str | None]
_Part = tuple[_Key, str, Vector, int]


def _curves_in(path: str, file: ResultFile) -> Iterator[_Part]:
    if is_perfmat(path) and path.lower().endswith("_ope.mat"):
        from evalkit.results.formats.matlab import read_mat

        yield from _perfmat(read_mat(file.read(), file.place), file.place)
    elif path.lower().endswith(".json"):
        yield from _otb_python(file)


def _perfmat(variables: Mapping[str, Any], place: str) -> Iterator[_Part]:
    """Curves of each tracker: success has 21 thresholds, precision 51, and the variable is called alike."""
    curves, names = (variables.get(name) for name in ("aveSuccessRatePlot", "nameTrkAll"))
    table: NDArray[Any] = curves if isinstance(curves, np.ndarray) else np.empty(0)
    if table.ndim != 3 or not table.size:
        raise InputError("has no T x S x K table 'aveSuccessRatePlot'", path=place)
    kinds = {_SUCCESS: "success", _PRECISION: "precision"}
    if table.shape[2] not in kinds:
        problem = f"has curves of {table.shape[2]} thresholds; success has {_SUCCESS}, precision {_PRECISION}"
        raise InputError(problem, path=place)
    trackers = [name for name in names if isinstance(name, str)] if isinstance(names, list) else [str(names)]
    if len(trackers) != len(table):
        raise InputError(f"names {len(trackers)} trackers, but has curves of {len(table)}", path=place)
    for tracker, by_sequence in zip(trackers, table.astype(np.float64), strict=True):
        mean: Vector = by_sequence.mean(axis=0)
        yield (tracker, PERFMAT, None), kinds[table.shape[2]], _fractions(mean, place), len(by_sequence)


def _otb_python(file: ResultFile) -> Iterator[_Part]:
    """Curves of one tracker on all sequences or on those of an attribute; nothing of a file of boxes."""
    content = file.read()
    if b"successRateList" not in content:
        return
    value = parse_json(decode(content, file.place), file.place)
    if not isinstance(value, dict) or value.get("evalType") != "OPE":
        return
    tracker, name = value.get("tracker"), value.get("name")
    if not isinstance(tracker, str) or not isinstance(name, str) or not isinstance(value.get("seqs"), list):
        raise InputError("has no 'tracker', 'name' and 'seqs'", path=file.place)
    key = (tracker, OTB_PYTHON, None if name.upper() == "ALL" else name)
    for kind, field_name, length in (
        ("success", "successRateList", _SUCCESS),
        ("precision", "precisionList", _PRECISION),
    ):
        yield key, kind, _numbers(value.get(field_name), field_name, length, file.place), len(value["seqs"])


def _numbers(values: Any, name: str, length: int, place: str) -> Vector:
    if not isinstance(values, list) or len(values) != length:
        raise InputError(f"'{name}' is no list of {length} numbers", path=place)
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        raise InputError(f"'{name}' holds what is no number", path=place)
    return _fractions(np.array(values, np.float64), place)


def _fractions(curve: Vector, place: str) -> Vector:
    if not (np.isfinite(curve) & (curve >= 0) & (curve <= 1)).all():
        raise InputError("a curve is not of fractions in [0, 1]", path=place)
    return curve


def _keep(stated: _Stated, name: str, curve: Vector, sequences: int, place: str) -> None:
    known = stated.curves.get(name)
    if (known is not None and not np.array_equal(known, curve)) or stated.sequences not in (0, sequences):
        raise InputError(f"has other curves of a tracker than {stated.place}", path=place, hint="report one of the two")
    stated.curves[name], stated.sequences, stated.place = curve, sequences, place


def _score(tracker: str, protocol: str, attribute: str | None, benchmark: str, stated: _Stated) -> BenchmarkScore:
    figures: Mapping[str, Callable[[Vector], float]] = {
        "auc": lambda curve: float(curve.mean()),
        "sr50": lambda curve: float(curve[10]),
        "sr75": lambda curve: float(curve[15]),
    }
    metrics: dict[str, float | None] = dict.fromkeys(stated_metrics("ope"))
    if "success" in stated.curves:
        metrics |= {name: figure(stated.curves["success"]) for name, figure in figures.items()}
    if "precision" in stated.curves:
        metrics["precision"] = float(stated.curves["precision"][_AT_20_PIXELS])
    return BenchmarkScore(
        tracker=tracker,
        benchmark=benchmark,
        protocol=protocol,
        metrics=metrics,
        curves={name: Curve(_THRESHOLDS[name], curve) for name, curve in stated.curves.items()},
        sequences=(),
        sequences_total=stated.sequences,
        notes=(f"{PRECOMPUTED[protocol]} From {stated.place}.",),
        total_verified=False,
        attribute=attribute,
        attribute_source="the published score files" if attribute else "",
    )
