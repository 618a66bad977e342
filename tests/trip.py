"""Which files a folder of results passes on its way through ``stdtrack score``, and how often it turns.

``python -m tests.trip RESULTS --on BENCHMARK ...`` scores as the command does, without its cache, and prints the files
whose functions were entered, in the order of their first call. What runs when a module is imported is left out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("evalkit", "profiling", "reports", "stdtrack")
OWN_SIDE = ("evalkit/results/", "evalkit/scoring/", "reports/", "stdtrack/api/", "stdtrack/cli/score.py")
"""Where results and scores are handled; the others read the annotation, print, or serve all alike."""


@contextmanager
def visits() -> Iterator[list[str]]:
    """Files of the packages whose functions are called in the block: one entry for each time that the file changes."""
    trip: list[str] = []
    bodies = 0  # of modules and classes that are being run

    def follow(frame: FrameType, event: str, _: object) -> None:
        nonlocal bodies
        code = frame.f_code
        if not code.co_flags & CO_OPTIMIZED:
            bodies += {"call": 1, "return": -1}.get(event, 0)
        elif event == "call" and not bodies:
            file = code.co_filename.removeprefix(f"{ROOT}/")
            if file.startswith(PACKAGES) and (not trip or trip[-1] != file):
                trip.append(file)

    sys.setprofile(follow)
    try:
        yield trip
    finally:
        sys.setprofile(None)


def trip_of_score(arguments: Sequence[str]) -> list[str]:
    """Score by the command line, and return the visits from click's command on."""
    from stdtrack.cli.score import score

    with visits() as trip:
        score.main([*arguments, "--no-cache"], standalone_mode=False)
    return trip


def own_side(trip: Sequence[str]) -> list[str]:
    """The files that handle results and scores, in the order of their first visit."""
    return [file for file in dict.fromkeys(trip) if file.startswith(OWN_SIDE)]


if __name__ == "__main__":
    turns = trip_of_score(sys.argv[1:])
    files = list(dict.fromkeys(turns))
    own = own_side(turns)
    print(*(f"{'  ' if file in own else '. '}{file}" for file in files), sep="\n")  # noqa: T201
    print(f"{len(files)} files, {len(own)} of them (unmarked) handle results and scores; {len(turns)} turns")  # noqa: T201
