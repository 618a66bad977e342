"""A digest of many values: those that differ have different ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.scoring.digests import digest_of


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Point:
    x: float
    name: str


LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.floats(-2, 2), st.text("a1 ", max_size=3), st.sampled_from(Colour),
    st.binary(max_size=3), st.frozensets(st.text("ab", max_size=1)), st.builds(Point, st.floats(0, 1), st.text("ab")),
)  # fmt: skip
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner))


@settings(deadline=None)
@given(VALUES, VALUES)
def test_values_have_one_digest_exactly_if_they_are_the_same(one: object, other: object) -> None:
    same = repr(one) == repr(other)  # 1 and True are equal, but not the same; sets are below
    if "frozenset" not in repr(one):
        assert (digest_of(one) == digest_of(other)) == same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((["a", "b"], []), (["a"], ["b"])),
        (("ab", "c"), ("a", "bc")),
        (("1",), (1,)),
        ((b"1",), ("1",)),
        ((True,), (1,)),
        ((np.zeros(4),), (np.zeros((2, 2)),)),
        ((np.zeros(2),), (np.zeros(2, dtype=np.float32),)),
        ((np.array([0.0]),), (np.array([-0.0]),)),
        ((frozenset({"a"}),), (frozenset({"a", "b"}),)),
        ((Colour.RED,), (Colour.BLUE,)),
        (({"a": 1},), (["a", 1],)),
    ],
)
def test_alike_is_not_the_same(one: tuple[object, ...], other: tuple[object, ...]) -> None:
    assert digest_of(*one) != digest_of(*other)
    assert digest_of(*one) == digest_of(*one)


def test_a_set_has_no_order_and_a_field_counts() -> None:
    assert digest_of(frozenset("ab")) == digest_of(frozenset("ba"))
    point = Point(1.0, "a")
    assert digest_of(point) == digest_of(Point(1.0, "a")) != digest_of(replace(point, name="b"))


def test_half_a_surrogate_pair_is_text() -> None:
    assert digest_of("\udc80") != digest_of("\udc81")


@pytest.mark.parametrize("value", [Path("/tmp"), object(), np.array([object()])])
def test_what_has_no_value_of_its_own_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="not defined"):
        digest_of(value)
