"""Options of ``module:factory``: text becomes what the factory's annotations and defaults say."""

from __future__ import annotations

import enum
import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NewType, Optional

import numpy as np
import pytest

from evalkit.errors import InputError
from evalkit.trackers.options import convert_options
from evalkit.trackers.spec import TrackerSpec, load_spec

if TYPE_CHECKING:
    from nowhere import Absent


class Mode(enum.Enum):
    FAST = "f"
    SLOW = 2


Pixels = NewType("Pixels", int)


def annotated(
    flag: bool = True, n: int = 3, alpha: float = 0.1, name: str = "", maybe: Optional[int] = None,  # noqa: UP045
    either: int | str = 0, bar: bool | None = None, level: Literal["a", "b", 3] = "a", mode: Mode = Mode.FAST,
    path: Path | None = None, place: str | os.PathLike[str] = "", pixels: Pixels = 1,
    pair: tuple[int, float] = (1, 1),
    many: list[float] = (), anything: Any = 0.5, absent: Absent = 1, dtype: np.dtype[Any] | None = None,
):  # fmt: skip
    """Its annotations are text, as of ``from __future__ import annotations``."""


CONVERTED = [
    ("flag", "False", False), ("flag", "no", False), ("flag", "0", False), ("flag", "TRUE", True), ("flag", "on", True),
    ("n", "-7", -7), ("alpha", "3", 3.0), ("alpha", "1e+3", 1000.0), ("name", "False", "False"), ("name", "", ""),
    ("maybe", "None", None), ("maybe", "4", 4), ("either", "4", 4), ("either", "four", "four"),
    ("bar", "1", True), ("bar", "none", None), ("level", "b", "b"), ("level", "3", 3),
    ("mode", "SLOW", Mode.SLOW), ("mode", "2", Mode.SLOW), ("mode", "f", Mode.FAST),
    ("path", "a/b", Path("a/b")), ("place", "a/b", "a/b"), ("pixels", "5", 5), ("pair", "2,0.5", (2, 0.5)),
    ("many", "1,2.5", [1.0, 2.5]), ("many", "", []), ("anything", "2", 2.0), ("absent", "2", 2),
]  # fmt: skip


@pytest.mark.parametrize(("option", "text", "value"), CONVERTED)
def test_text_becomes_what_the_annotation_says(option, text, value):
    (found,) = convert_options(annotated, {option: text}, "m:f").values()
    assert found == value
    assert type(found) is type(value)


REFUSED = [
    ("flag", "Flase", r"m:f: option flag=Flase is no bool \(write true or false\)"),
    ("flag", "2", "flag=2 is no bool"),
    ("n", "1.5", "n=1.5 is no int"),
    ("n", "9" * 5000, "is no int"),
    ("alpha", "fast", "alpha=fast is no float"),
    ("maybe", "x", r"maybe=x is no Optional\[int\]|maybe=x is no int \| None"),
    ("level", "c", r"level=c is no Literal\['a', 'b', 3\] \(there are: a, b, 3\)"),
    ("mode", "fast", r"mode=fast is no Mode \(there are: FAST, SLOW\)"),
    ("pair", "1", r"pair=1 is no tuple\[int, float\] \(write 2 values"),
    ("many", "1,x", r"many=1,x is no list\[float\]"),
    ("dtype", "colourful", "dtype=colourful is no"),
    ("flga", "1", r"m:f takes no option 'flga' \(did you mean 'flag'\?\)"),
    ("zzzzzz", "1", r"m:f takes no option 'zzzzzz' \(there are: flag, n, alpha"),
]


@pytest.mark.parametrize(("option", "text", "message"), REFUSED)
def test_what_does_not_convert_is_refused(option, text, message):
    with pytest.raises(InputError, match=message):
        convert_options(annotated, {option: text}, "m:f")


def test_without_annotation_the_default_says_it():
    def factory(flag=False, n=2, alpha=0.5, sizes=(0.9, 1.1), mode=Mode.FAST, text="x", open=None, needed=3): ...

    given = {"flag": "True", "n": "4", "alpha": "2", "sizes": "1,2", "mode": "SLOW", "text": "5", "open": "5"}
    found = convert_options(factory, given, "m:f")
    assert found == {
        "flag": True, "n": 4, "alpha": 2.0, "sizes": (1.0, 2.0), "mode": Mode.SLOW, "text": "5", "open": "5",
    }  # fmt: skip
    assert convert_options(factory, {"open": "None"}, "m:f") == {"open": None}
    with pytest.raises(InputError, match=r"n=0\.5 is no int"):
        convert_options(factory, {"n": "0.5"}, "m:f")


def test_defaults_and_annotations_of_numpy_count_as_pythons_own():
    def factory(flag=np.True_, alpha=np.float32(0.5), n=np.int64(2), sure: np.bool_ = np.True_): ...  # noqa: B008

    given = {"flag": "False", "alpha": "0.25", "n": "3", "sure": "no"}
    found = convert_options(factory, given, "m:f")
    assert found == {"flag": False, "alpha": 0.25, "n": 3, "sure": False}
    with pytest.raises(InputError, match="flag=maybe is no bool"):
        convert_options(factory, {"flag": "maybe"}, "m:f")


class Tracker:
    def __init__(self, size: int, alpha: float = 0.1, **more: bool) -> None: ...


class Called:
    def __call__(self, size: int): ...


@functools.wraps(annotated)
def wrapped(*arguments, **options): ...


FACTORIES = [
    (Tracker, {"size": "3", "alpha": "1", "other": "no"}, {"size": 3, "alpha": 1.0, "other": False}),
    (functools.partial(Tracker, 3), {"alpha": "1"}, {"alpha": 1.0}),
    (functools.partial(Tracker, size=3), {"size": "4"}, {"size": 4}),
    (Called(), {"size": "3"}, {"size": 3}),
    (wrapped, {"flag": "off"}, {"flag": False}),
    (lambda **more: None, {"a": "False"}, {"a": "False"}),
]


@pytest.mark.parametrize(("factory", "given", "expected"), FACTORIES)
def test_whatever_can_be_called_is_a_factory(factory, given, expected):
    assert convert_options(factory, given, "m:f") == expected


def test_an_option_that_is_needed_is_named():
    with pytest.raises(InputError, match=r"missing a required argument: 'size' \(it takes size: 'int', alpha:"):
        convert_options(Tracker, {}, "m:f")


def test_a_spec_keeps_a_plus_and_takes_an_option_once():
    assert TrackerSpec.parse("m:f?alpha=1e+3&name=a%20b").options == {"alpha": "1e+3", "name": "a b"}
    with pytest.raises(InputError, match="gives option 'a' twice"):
        TrackerSpec.parse("m:f?a=1&a=2")


@pytest.mark.parametrize("spec", ["stdtrack:nano?wieghts=x", "onnx:fear_xs?wieghts=x"])
def test_the_packages_own_prefixes_suggest_too(spec):
    if spec.startswith("stdtrack"):
        pytest.importorskip("torch")
    with pytest.raises(InputError, match=r"takes no option 'wieghts' \(did you mean 'weights'\?\)"):
        load_spec(spec)
    with pytest.raises(InputError, match=r"opencv:csrt takes no option 'x' \(it takes none\)"):
        load_spec("opencv:csrt?x=1")
