from __future__ import annotations

from collections import Counter

import pytest

from profiling.latency.interleave import interleave


def test_every_round_has_every_candidate_in_changing_order() -> None:
    calls: list[str] = []
    result = interleave(["a", "b", "c"], lambda name, number: calls.append(name) or len(calls), 12, failure=ValueError)
    rounds = [tuple(calls[start : start + 3]) for start in range(0, 36, 3)]
    assert all(sorted(each) == ["a", "b", "c"] for each in rounds)
    assert len(set(rounds)) > 2
    assert [len(part) for part in result.results.values()] == [12, 12, 12]


def test_a_candidate_that_fails_is_left_out_and_the_others_go_on() -> None:
    calls: Counter[str] = Counter()

    def measure(name: str, number: int) -> int:
        calls[name] += 1
        if name == "b" and calls[name] == 3:
            raise ValueError("broken")
        return calls[name]

    result = interleave(["a", "b"], measure, 10, failure=ValueError)
    assert list(result.results) == ["a"]
    assert len(result.results["a"]) == 10
    assert calls["b"] == 3
    assert str(result.failures["b"]) == "broken"


def test_another_error_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        interleave(["a"], lambda name, number: 1 // 0, 1, failure=ValueError)
