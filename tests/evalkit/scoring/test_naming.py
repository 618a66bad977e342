"""Labels, order and highlighted trackers, held against the trackers at hand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import InputError
from evalkit.scoring.naming import Naming, settle
from evalkit.shown import one_line
from evalkit.trackers.folders import folder_name

TRACKERS = ("stdtrack:nano", "opencv:csrt", "onnx:nanotrack_v2?weights=DIR")


def test_without_wishes_nothing_is_named() -> None:
    named = settle(Naming(), TRACKERS)
    assert (named.labels, named.order, named.highlight) == ({}, (), ())
    assert [named.label(name) for name in TRACKERS] == list(TRACKERS)
    assert named.legend(TRACKERS) == named.arranged(TRACKERS) == list(TRACKERS)


@pytest.mark.parametrize(
    ("text", "tracker", "label"),
    [
        ("opencv:csrt=CSRT", "opencv:csrt", "CSRT"),
        ("opencv:csrt=C=S", "opencv:csrt", "C=S"),
        ("onnx:nanotrack_v2?weights=DIR=NanoTrack", TRACKERS[2], "NanoTrack"),
        ("onnx:nanotrack_v2?weights=DIR=a=b", TRACKERS[2], "a=b"),
        (f"{folder_name(TRACKERS[2])}=N", TRACKERS[2], "N"),
    ],
)
def test_either_side_of_a_name_may_hold_an_equals_sign(text: str, tracker: str, label: str) -> None:
    assert settle(Naming(texts=(text,)), TRACKERS).label(tracker) == label


@pytest.mark.parametrize(
    ("naming", "words"),
    [
        (Naming({"opencv:crst": "x"}), "no tracker 'opencv:crst' here (did you mean 'opencv:csrt'?)"),
        (Naming(texts=("opencv:crst=x",)), "no tracker 'opencv:crst' here (did you mean 'opencv:csrt'?)"),
        (Naming(order=("opencv:crst",)), "did you mean 'opencv:csrt'?"),
        (Naming(highlight=("nano",)), "did you mean 'stdtrack:nano'?"),
        (Naming(texts=("opencv:csrt",)), "names no label (--name TRACKER=Label)"),
        (Naming({"opencv:csrt": "\u200b\n"}), "the label of 'opencv:csrt' shows nothing"),
        (Naming({"opencv:csrt": "A", "stdtrack:nano": "A"}), "would both be called 'A'"),
        (Naming({"opencv:csrt": "Ours", "stdtrack:nano": "OURS\u200b"}), "would both be called"),
        (Naming({"opencv:csrt": "stdtrack:nano"}), "would both be called 'stdtrack:nano'"),
        (Naming({"opencv:csrt": "A"}, ("opencv:csrt=B",)), "'opencv:csrt' is given two labels: A and B"),
    ],
)
def test_what_cannot_be_meant_is_refused(naming: Naming, words: str) -> None:
    with pytest.raises(InputError) as caught:
        settle(naming, TRACKERS)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_trackers_may_change_names() -> None:
    named = settle(Naming({"a": "b", "b": "a"}), ["a", "b"])
    assert (named.label("a"), named.label("b")) == ("b", "a")
    assert (named.former_name("a"), named.former_name("b")) == ("b", "a")


def test_order_and_highlight_take_trackers_and_labels() -> None:
    named = settle(Naming({"a": "A", "b": "B"}, (), ("B", "c"), ("c",)), ["a", "b", "c", "d"])
    assert named.arranged(["A", "B", "c", "d"]) == ["B", "c", "A", "d"]
    assert named.legend(["A", "B", "c", "d"]) == ["c", "B", "A", "d"]


def test_a_project_may_name_more_trackers_than_there_are() -> None:
    project = Naming({"a": "A", "gone": "G"}, (), ("gone", "A"), ("gone",))
    named = settle(Naming(project=project), ["b", "a"])
    assert named.labels == {"b": "b", "a": "A"}
    assert (named.order, named.highlight, named.remarks) == (("A",), (), ())
    own = settle(Naming({"a": "Mine"}, order=("b",), project=project), ["b", "a"])
    assert (own.label("a"), own.order) == ("Mine", ("b",))


def test_a_project_that_mistypes_a_tracker_is_told() -> None:
    (remark,) = settle(Naming(project=Naming({"opencv:cssrt": "C"})), TRACKERS).remarks
    assert remark == "there is no tracker 'opencv:cssrt' here: did you mean 'opencv:csrt'?"


def test_settings_of_a_profile_stay_behind_the_label() -> None:
    named = settle(Naming({"stdtrack:nano": "Ours"}, highlight=("Ours",)), TRACKERS)
    assert named.label("stdtrack:nano [onnx:int8] x2") == "Ours [onnx:int8] x2"
    assert named.former_name("Ours [onnx:int8] x2") == "stdtrack:nano [onnx:int8] x2"
    assert named.highlights("Ours x2")


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8), min_size=1, max_size=5))
@settings(deadline=None)
def test_labels_are_lines_of_visible_characters_or_refused(labels: dict[str, str]) -> None:
    try:
        named = settle(Naming(labels), labels)
    except InputError:
        return
    shown = list(named.labels.values())
    assert shown == [one_line(label) for label in shown]
    assert len({label.casefold() for label in shown}) == len(shown)
    assert all(shown)
