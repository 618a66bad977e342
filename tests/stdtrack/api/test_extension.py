"""``score`` and ``profile`` of stdtrack: the calls of evalkit and profiling, which return more."""

from __future__ import annotations

import inspect
import pickle

import pytest

import evalkit
import profiling
import stdtrack


@pytest.mark.parametrize(
    ("ours", "theirs", "returned"),
    [(stdtrack.score, evalkit.score, "Scores"), (stdtrack.profile, profiling.profile, "ProfileRun")],
)
def test_parameters_and_text_are_those_of_the_call(ours: object, theirs: object, returned: str) -> None:
    assert callable(ours)
    assert callable(theirs)
    assert inspect.signature(ours).parameters == inspect.signature(theirs).parameters
    assert inspect.getdoc(ours) == inspect.getdoc(theirs)
    assert inspect.signature(ours).return_annotation == returned
    assert pickle.loads(pickle.dumps(ours)) is ours  # noqa: S301


def test_what_is_wrong_with_a_call_is_told_by_the_call_itself() -> None:
    with pytest.raises(TypeError, match=r"score\(\) got an unexpected keyword argument 'partiel'"):
        stdtrack.score("results", on="folder", partiel=True)  # type: ignore[call-arg]


def test_what_packages_share_is_one_object() -> None:
    for name in ("run", "compare", "baseline", "check", "InputError", "Tracker", "Prediction", "load_tracker"):
        assert getattr(stdtrack, name) is getattr(evalkit, name)
    assert stdtrack.complexity is profiling.count
