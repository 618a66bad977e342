"""``stdtrack.complexity``: :func:`profiling.count` under the name that the command has."""

from profiling.complexity.front import count as complexity

__all__ = ["complexity"]
