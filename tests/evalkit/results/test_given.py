"""Boxes in memory, scored as files are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import evalkit
from evalkit.errors import InputError

OTB = Path(__file__).parents[1] / "parity" / "data" / "OTB100"
BOXES = {file.stem: np.loadtxt(file, delimiter=",") for file in sorted((OTB / "results" / "good").glob("*.txt"))}
ZERO_BASED = {name: boxes - [1, 1, 0, 0] for name, boxes in BOXES.items()}


def scored(results: Any) -> evalkit.Scores:
    return evalkit.score(results, on="otb100", annotations=OTB, partial=True, cache=False)


def test_they_have_the_figures_of_their_files() -> None:
    """OTB's coordinates begin with 1, those of boxes in memory with 0."""
    here, there = scored({"good": ZERO_BASED}), scored(OTB / "results" / "good")
    assert [score.metrics for score in here] == [score.metrics for score in there]
    assert here.quality()
    assert any("boxes in memory, counted from pixel 0" in caveat.text for caveat in here.caveats)


@pytest.mark.parametrize("form", [lambda b: b.tolist(), pd.DataFrame, lambda b: b.astype(np.float32)])
def test_their_form_does_not_matter(form: Any) -> None:
    one = dict(list(ZERO_BASED.items())[:1])
    (plain,), (other,) = scored({"a": one}), scored({"a": {name: form(boxes) for name, boxes in one.items()}})
    assert plain.metrics["auc"] == pytest.approx(other.metrics["auc"], abs=1e-6)


def test_a_tensor_that_needs_gradients_is_one() -> None:
    torch = pytest.importorskip("torch")
    one = dict(list(ZERO_BASED.items())[:1])
    tensors = {name: torch.tensor(boxes, requires_grad=True) for name, boxes in one.items()}
    assert [score.metrics for score in scored({"a": tensors})] == [score.metrics for score in scored({"a": one})]


def test_two_trackers_are_compared() -> None:
    moved = {name: boxes + np.array([3.0, 0, 0, 0]) for name, boxes in ZERO_BASED.items()}
    (pair,) = evalkit.compare(
        {"good": ZERO_BASED, "moved": moved}, "good", "moved", on="otb100", annotations=OTB, cache=False
    )
    assert pair.result.difference > 0
    with pytest.raises(InputError, match="no results of 'gud' on otb100"):
        evalkit.compare({"good": ZERO_BASED}, "good", "gud", on="otb100", annotations=OTB)


@pytest.mark.parametrize(
    ("results", "said"),
    [
        (ZERO_BASED, "holds no boxes by sequence .boxes in memory are {tracker: {sequence:"),
        (np.zeros((3, 4)), "results are the path of a folder or an archive, or {tracker.*not ndarray"),
        (None, "not NoneType"),
        ([OTB], "not list"),
        ({}, "there are no results"),
        ({"a": {"Nobody": np.zeros((3, 4))}}, "a/Nobody: there is no sequence 'Nobody' of otb100"),
        ({"a": {"Knife": np.ones((3, 4)), "knife": np.ones((3, 4))}}, "a/knife: is given twice"),
        ({"a": {"Knife": np.zeros((3, 5))}}, r"a/Knife: has the shape \(3, 5\), not \(N, 4\)"),
        ({"a": {"Knife": np.zeros((0, 4))}}, r"a/Knife: has the shape \(0,\)"),
        ({"a": {"Knife": "boxes.txt"}}, "a/Knife: is no array of numbers but a str"),
        ({"a": {"Knife": np.ones((3, 4))}}, "a/Knife.npy: 3 rows, but Knife has"),
    ],
)
def test_what_is_no_result_is_told(results: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        scored(results)


@pytest.mark.parametrize("on", [None, 5, ["otb100", None]])
def test_names_are_texts(on: Any) -> None:
    with pytest.raises(InputError, match="names are texts, not"):
        evalkit.score(OTB, on=on)


def test_other_calls_want_a_folder() -> None:
    with pytest.raises(InputError, match="results are the path of a folder or an archive, not dict"):
        evalkit.baseline({"good": ZERO_BASED}, on="otb100", annotations=OTB)  # type: ignore[arg-type]
