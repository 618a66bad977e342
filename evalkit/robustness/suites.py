"""Which variations belong to a suite, and the benchmarks that they make of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from evalkit.benchmarks.variations import MARK, VARIATIONS, Variation
from evalkit.errors import InputError
from evalkit.robustness.real_time import BUDGETS
from evalkit.suggestions import suggestion

KINDS: Mapping[str, str] = {
    "starts": "starts", "real time": "real-time", "attack": "attacks", "white-box attack": "attacks",
}  # fmt: skip
"""Suites by the kind of a variation; every other kind is a corruption."""
SUITES = ("corruptions", "starts", "real-time", "attacks")
ALL = "all"
SEVERITY = 3


def chosen_suites(names: Iterable[str]) -> tuple[str, ...]:
    """Suites, each once and in their order; all of them for ``all``, corruptions for none.

    Raises:
        InputError: for an unknown one.
    """
    given = tuple(names) or SUITES[:1]
    unknown = next((name for name in given if name not in (*SUITES, ALL)), None)
    if unknown is not None:
        raise InputError(f"there is no suite '{unknown}'", hint=suggestion(unknown, (*SUITES, ALL)))
    return tuple(suite for suite in SUITES if suite in given or ALL in given)


def variations_of(suites: Iterable[str], only: Sequence[str] = ()) -> tuple[Variation, ...]:
    """The variations of suites, or those named ``only``, whatever their suite.

    Raises:
        InputError: for an unknown name.
    """
    if only:
        return tuple(VARIATIONS.find(name) for name in dict.fromkeys(only))
    wanted = tuple(suites)
    return tuple(each for each in VARIATIONS.importable().values() if KINDS.get(each.kind, SUITES[0]) in wanted)


def varied_names(benchmark: str, variations: Iterable[Variation], severities: Iterable[int]) -> tuple[str, ...]:
    """Command-line names of a benchmark under variations, the unvaried one first.

    Args:
        benchmark: name with options.
        severities: of all that have severities; real time has frames a second instead.

    >>> varied_names("otb100?attributes=website", [VARIATIONS["fog"], VARIATIONS["sre"]], [1, 3])[1:]
    ('otb100+fog@1?attributes=website', 'otb100+fog@3?attributes=website', 'otb100+sre?attributes=website')
    """
    name, mark, options = benchmark.partition("?")
    spellings = [each.spelled(level) for each in variations for level in levels_of(each, severities)]
    return (benchmark, *(f"{name}{MARK}{spelling}{mark}{options}" for spelling in spellings))


def levels_of(variation: Variation, severities: Iterable[int]) -> tuple[int, ...]:
    """The levels at which a variation is asked for."""
    if not variation.levels:
        return (0,)
    return BUDGETS if variation.replayed else tuple(dict.fromkeys(severities))
