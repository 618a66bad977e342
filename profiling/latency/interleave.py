"""Several candidates in rounds, each round in a new random order: whatever the machine does hits all of them alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from evalkit.running.steps import steps

Result = TypeVar("Result")


@dataclass(frozen=True)
class Interleaved(Generic[Result]):
    """Results by candidate, one a round; and the error of every candidate that failed and was left out."""

    results: Mapping[str, Sequence[Result]]
    failures: Mapping[str, Exception]


def interleave(
    candidates: Sequence[str],
    measure: Callable[[str, int], Result],
    rounds: int,
    *,
    failure: type[Exception],
    seed: int = 0,
) -> Interleaved[Result]:
    """Call ``measure(candidate, number of the round)`` once a round for every candidate, in random order.

    A candidate whose call raises ``failure`` is measured no further and its earlier rounds are dropped; the others
    go on.
    """
    rng = np.random.default_rng(seed)
    results: dict[str, list[Result]] = {candidate: [] for candidate in candidates}
    failures: dict[str, Exception] = {}
    for number in steps("measuring", range(rounds)):
        for index in rng.permutation(len(candidates)):
            candidate = candidates[index]
            if candidate in failures:
                continue
            try:
                results[candidate].append(measure(candidate, number))
            except failure as error:
                failures[candidate] = error
                del results[candidate]
    return Interleaved(results, failures)
