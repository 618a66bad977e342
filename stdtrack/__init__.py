"""STDTrack: the tracker, and the command line that joins it with evaluation, profiling and reports.

The names below are imported when they are first asked for: ``import stdtrack`` alone loads nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evalkit.errors import InputError
    from evalkit.trackers.base import Prediction, Tracker
    from evalkit.trackers.spec import load_tracker
    from stdtrack.api.counting import complexity
    from stdtrack.tracker import STDTracker

__version__ = "0.1.0"
__all__ = ["InputError", "Prediction", "STDTracker", "Tracker", "complexity", "load_tracker"]

# Exported name -> the module that defines it, imported when the name is first asked for (PEP 562).
_MODULES = {
    "load_tracker": "evalkit.trackers.spec",
    "complexity": "stdtrack.api.counting",
    "Tracker": "evalkit.trackers.base",
    "STDTracker": "stdtrack.tracker",
    "Prediction": "evalkit.trackers.base",
    "InputError": "evalkit.errors",
}

if not TYPE_CHECKING:  # a type checker reads the imports above, and refuses names that are not there

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
        value = getattr(import_module(_MODULES[name]), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
