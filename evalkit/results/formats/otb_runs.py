"""Results of OTB's toolkits: ``results`` of a MATLAB file, the list of runs of the Python toolkit's JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import InputError
from evalkit.reading.text import decode, parse_json
from evalkit.results.files import ResultFile
from evalkit.results.formats.otb_shapes import boxes_of
from evalkit.suggestions import some
from evalkit.types import Boxes

_NAMES = ("results", "result", "res")
_LONGEST_NAME = 100
_SRE = "runs of SRE begin with a shifted box: only OPE is scored"


@dataclass(frozen=True)
class OtbRun:
    """One pass over a sequence.

    Attributes:
        kind: type of the parameters; the toolkit repairs rows without a size of ``rect`` alone.
        note: what was taken where the file holds more, or less, than one run; empty if there is nothing to say.
    """

    boxes: Boxes
    kind: str
    note: str = ""


def from_matlab(variables: Mapping[str, Any], place: str) -> OtbRun:
    """The OPE run of a MATLAB file: ``results{1}``, or a bare N x 4 matrix.

    Raises:
        InputError: the file holds none, or nothing says which of several.
    """
    name = next((name for name in _NAMES if name in variables), None)
    if name is None:
        matrices = [matrix for matrix, value in variables.items() if _is_boxes(value)]
        if len(matrices) != 1:
            raise _no_results(variables, matrices, place)
        return OtbRun(
            np.asarray(variables[matrices[0]], np.float64), "rect", f"the boxes are the variable {matrices[0]}"
        )
    value = variables[name]
    if _is_boxes(value):
        return OtbRun(np.asarray(value, np.float64), "rect")
    runs = [_first_struct(item) for item in value] if isinstance(value, list) else []
    if not runs:
        empty = isinstance(value, list) or (isinstance(value, np.ndarray) and not value.size)
        problem = "is empty: a run that failed" if empty else "is neither a cell of structs nor an N x 4 matrix"
        raise InputError(f"'{name}' {problem}", path=place)
    if any(run.get("shiftType") for run in runs):
        raise InputError(_SRE, path=place)
    return _run(runs[0], len(runs), place)


def from_json(value: Any, place: str) -> OtbRun:
    """The OPE run of the Python toolkit's JSON, or a bare list of rows.

    Raises:
        InputError: the file holds none.
    """
    if isinstance(value, dict) and {"successRateList", "overlapScores"} & value.keys():
        raise InputError(
            "holds the scores of a set of sequences, no boxes", path=place, hint="`stdtrack report` reads them"
        )
    runs: list[Any] = value if isinstance(value, list) else [value]
    if runs and all(isinstance(run, list) for run in runs):
        return OtbRun(_rows(runs, place), "rect")
    if not runs or not all(isinstance(run, dict) and "res" in run for run in runs):
        hint = "the OTB Python toolkit writes a list of {tracker, seqName, resType, res}"
        raise InputError("holds no boxes", path=place, hint=hint)
    if any(run.get("shiftType") or run.get("evalType") == "SRE" for run in runs):
        raise InputError(_SRE, path=place)
    first = runs[0]
    template = first.get("tmplsize")
    facts = {**first, "res": _rows(first["res"], place), "type": first.get("resType", "rect")}
    facts["tmplsize"] = template if isinstance(template, list) else None
    return _run(facts, len(runs), place)


def tracker_in_json(file: ResultFile) -> str:
    """The tracker that the Python toolkit's JSON names; empty if it names none that can be a name."""
    try:
        value = parse_json(decode(file.read(), file.place), file.place, nan=True)
    except InputError:
        return ""  # told when the file is read
    run = value[0] if isinstance(value, list) and value else value
    name = run.get("tracker", "") if isinstance(run, dict) else ""
    return name if isinstance(name, str) and name.isprintable() and len(name) <= _LONGEST_NAME else ""


def _run(facts: Mapping[str, Any], count: int, place: str) -> OtbRun:
    kind = facts.get("type")
    if "res" not in facts or not isinstance(kind, str):
        raise InputError("a result is a struct with 'type' and 'res'", path=place)
    try:
        parameters = np.asarray(facts["res"], np.float64)
        boxes = boxes_of(kind, parameters, _template(facts.get("tmplsize")))
    except (ValueError, TypeError) as error:
        raise InputError(str(error)[:200], path=place) from error
    notes = [f"the first of {count} runs is taken"] if count > 1 else []
    stated = _number(facts.get("len"))
    if stated is not None and stated != len(boxes):
        notes.append(f"'len' is {stated:g}, but there are boxes of {len(boxes)} frames")
    return OtbRun(boxes, kind, "; ".join(notes))


def _template(value: Any) -> tuple[float, float] | None:
    if value is None:
        return None
    numbers_of = np.asarray(value, np.float64).ravel()  # stored as uint8, in which -w/2 would wrap
    return (float(numbers_of[0]), float(numbers_of[1])) if len(numbers_of) == 2 else None


def _number(value: Any) -> float | None:
    array = np.asarray(value)
    return float(array.ravel()[0]) if array.size == 1 and array.dtype.kind in "iuf" else None


def _first_struct(item: Any) -> Mapping[str, Any]:
    """The struct of a cell, or of a struct array itself; without fields if it is something else."""
    run = item[0] if isinstance(item, list) and item else item
    return run if isinstance(run, dict) else {}


def _is_boxes(value: Any) -> bool:
    if not isinstance(value, np.ndarray):
        return False
    array = value
    return array.ndim == 2 and array.shape[1] == 4 and len(array) > 0 and array.dtype.kind in "iuf"


def _no_results(variables: Mapping[str, Any], matrices: Sequence[str], place: str) -> InputError:
    if {"aveSuccessRatePlot", "nameTrkAll"} <= variables.keys():
        return InputError("holds curves of whole trackers (perfMat)", path=place, hint="`stdtrack report` reads them")
    there = f"it holds {some(list(variables))}" if variables else "it holds nothing"
    problem = f"has several N x 4 matrices: {some(matrices)}" if matrices else "has no variable 'results'"
    return InputError(problem, path=place, hint=there)


def _rows(rows: object, place: str) -> NDArray[np.float64]:
    if not isinstance(rows, list) or not rows:
        raise InputError("'res' is no list of rows", path=place)
    width = len(rows[0]) if isinstance(rows[0], list) else -1
    for number, row in enumerate(rows, 1):
        right = isinstance(row, list) and len(row) == width and all(_is_number(value) for value in row)
        if not right:
            raise InputError(f"element {number} of 'res' is no row of {max(width, 0)} numbers", path=place)
    return np.array([[np.nan if value is None else float(value) for value in row] for row in rows], np.float64)


def _is_number(value: object) -> bool:
    if isinstance(value, bool):
        return False
    return value is None or (isinstance(value, int | float) and abs(value) < 1e300) or value != value
