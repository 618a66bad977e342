"""Benchmark evaluation: sequences, trackers, runs and scores. Knows no tracker by name and imports no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evalkit.benchmarks.registry import open_benchmark
    from evalkit.errors import InputError
    from evalkit.regression.front import baseline, check
    from evalkit.running.front import run
    from evalkit.running.progress import RunSummary
    from evalkit.scoring.front import score
    from evalkit.scoring.paired import compare
    from evalkit.scoring.scored import Scores
    from evalkit.trackers.base import Prediction, Tracker
    from evalkit.trackers.spec import load_tracker

__all__ = [
    "InputError",
    "Prediction",
    "RunSummary",
    "Scores",
    "Tracker",
    "baseline",
    "check",
    "compare",
    "load_tracker",
    "open_benchmark",
    "run",
    "score",
]

# Exported name -> the module that defines it, imported when the name is first asked for (PEP 562).
_MODULES = {
    "InputError": "evalkit.errors",
    "Prediction": "evalkit.trackers.base",
    "RunSummary": "evalkit.running.progress",
    "Scores": "evalkit.scoring.scored",
    "Tracker": "evalkit.trackers.base",
    "baseline": "evalkit.regression.front",
    "check": "evalkit.regression.front",
    "compare": "evalkit.scoring.paired",
    "load_tracker": "evalkit.trackers.spec",
    "open_benchmark": "evalkit.benchmarks.registry",
    "run": "evalkit.running.front",
    "score": "evalkit.scoring.front",
}

if not TYPE_CHECKING:  # a type checker reads the imports above, and refuses names that are not there

    def __getattr__(name: str) -> object:
        from evalkit.imports import exported

        return exported(__name__, _MODULES, name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
