"""How well runs of the same comparison agree on the ratios of trackers.

``python -m tests.speed.repeatability FOLDER FOLDER...`` reads what ``stdtrack profile --out FOLDER`` wrote and
prints, for every ratio, its value in each run and how far the runs are apart. Exit code 1 where that is more than 5 %.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from evalkit.errors import InputError
from evalkit.reading.text import read_json
from tests.speed.suites import run

TOLERANCE = 0.05

Key = tuple[str, str, str]
"""Tracker, reference, scope."""


def read_ratios(folder: Path) -> dict[Key, float]:
    """The ratios of a profile; raises InputError where there is none."""
    path = folder / "profile.json"
    try:
        rows = read_json(path)["tables"]["ratios"]
        return {(row["tracker"], row["reference"], row["scope"]): float(row["ratio"]) for row in rows}
    except (InputError, ValueError, KeyError, TypeError) as error:
        raise InputError("holds no profile", path=path, hint="stdtrack profile --out FOLDER writes one") from error


def spread(values: Sequence[float]) -> float:
    """How far the largest is above the smallest, relative.

    >>> round(spread([2.0, 2.1, 2.05]), 3)
    0.05
    """
    return max(values) / min(values) - 1.0


def common(runs: Sequence[Mapping[Key, float]]) -> dict[Key, list[float]]:
    """Every ratio that all runs have, in their order."""
    return {key: [run[key] for run in runs] for key in runs[0] if all(key in run for run in runs)}


def main(arguments: Sequence[str]) -> int:
    """Print the table; 1 where a ratio's spread is above the tolerance.

    Raises:
        InputError: fewer than two folders, one without a profile, or no ratio in common.
    """
    if len(arguments) < 2:
        raise InputError("two profiles at least are compared", hint="python -m tests.speed.repeatability FOLDER FOLDER")
    ratios = common([read_ratios(Path(argument)) for argument in arguments])
    if not ratios:
        raise InputError("these profiles have no ratio in common", hint="profile the same trackers")
    for (tracker, reference, scope), values in ratios.items():
        numbers = " ".join(f"{value:8.3f}" for value in values)
        sys.stdout.write(f"{100 * spread(values):6.1f} % {numbers}  {scope}: {tracker} / {reference}\n")
    return int(max(map(spread, ratios.values())) > TOLERANCE)


if __name__ == "__main__":
    run(main)
