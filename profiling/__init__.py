"""Parameters, operations, latency, memory and energy of any tracker, on any backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evalkit.errors import InputError
    from profiling.complexity.front import count
    from profiling.complexity.report import ComplexityReport
    from profiling.front import ProfileRun, profile

__all__ = ["ComplexityReport", "InputError", "ProfileRun", "count", "profile"]

# Exported name -> the module that defines it, imported when the name is first asked for (PEP 562).
_MODULES = {
    "ProfileRun": "profiling.front",
    "profile": "profiling.front",
    "ComplexityReport": "profiling.complexity.report",
    "InputError": "evalkit.errors",
    "count": "profiling.complexity.front",
}

if not TYPE_CHECKING:  # a type checker reads the imports above, and refuses names that are not there

    def __getattr__(name: str) -> object:
        from evalkit.imports import exported

        return exported(__name__, _MODULES, name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
