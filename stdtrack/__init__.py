"""STDTrack: the tracker, and the command line that joins it with evaluation, profiling and reports.

The names below are imported when they are first asked for: ``import stdtrack`` alone loads nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evalkit.errors import InputError
    from evalkit.regression.front import baseline, check
    from evalkit.running.front import run
    from evalkit.scoring.paired import compare
    from evalkit.trackers.base import Prediction, Tracker
    from evalkit.trackers.spec import load_tracker
    from profiling.complexity.front import count as complexity
    from stdtrack.api.compression import compress
    from stdtrack.api.converting import convert
    from stdtrack.api.profiling import ProfileRun, profile
    from stdtrack.api.reporting import report
    from stdtrack.api.scoring import Scores, score
    from stdtrack.api.tracking import track
    from stdtrack.tracker import STDTracker

__version__ = "0.1.0"
__all__ = [
    "InputError",
    "Prediction",
    "ProfileRun",
    "STDTracker",
    "Scores",
    "Tracker",
    "baseline",
    "check",
    "compare",
    "complexity",
    "compress",
    "convert",
    "load_tracker",
    "profile",
    "report",
    "run",
    "score",
    "track",
]

# Exported name -> the module that defines it (module:name where it is called otherwise), imported when the name is
# first asked for (PEP 562).
_MODULES = {
    "InputError": "evalkit.errors",
    "Prediction": "evalkit.trackers.base",
    "ProfileRun": "stdtrack.api.profiling",
    "STDTracker": "stdtrack.tracker",
    "Scores": "stdtrack.api.scoring",
    "Tracker": "evalkit.trackers.base",
    "baseline": "evalkit.regression.front",
    "check": "evalkit.regression.front",
    "compare": "evalkit.scoring.paired",
    "complexity": "profiling.complexity.front:count",
    "compress": "stdtrack.api.compression",
    "convert": "stdtrack.api.converting",
    "load_tracker": "evalkit.trackers.spec",
    "profile": "stdtrack.api.profiling",
    "report": "stdtrack.api.reporting",
    "run": "evalkit.running.front",
    "score": "stdtrack.api.scoring",
    "track": "stdtrack.api.tracking",
}

if not TYPE_CHECKING:  # a type checker reads the imports above, and refuses names that are not there

    def __getattr__(name: str) -> object:
        from evalkit.imports import exported

        return exported(__name__, _MODULES, name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
