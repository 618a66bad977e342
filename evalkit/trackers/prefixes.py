"""Prefixes of tracker specs: entry points ``prefix = "module:factory"`` of installed packages."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import EntryPoint

from evalkit.entry_points import installed, the_only

ENTRY_POINT_GROUP = "stdtrack.trackers"


def installed_prefixes() -> Mapping[str, tuple[EntryPoint, ...]]:
    """Entry points by name; see :func:`evalkit.entry_points.installed`."""
    return installed(ENTRY_POINT_GROUP)


def names_of(prefix: str) -> tuple[str, ...]:
    """What may stand behind a prefix, by the ``NAMES`` in its module; empty where that names none, or is no module.

    >>> names_of("opencv")[:2]
    ('csrt', 'kcf')
    """
    point, *_ = installed_prefixes().get(prefix, (None,))
    if point is None:
        return ()
    try:
        return tuple(getattr(import_module(point.module), "NAMES", ()))
    except ImportError:  # told to whoever uses that prefix
        return ()


def find_prefix(name: str) -> EntryPoint | None:
    """The entry point of a prefix, None where no package brings it.

    Raises:
        InputError: several packages bring it; none of them goes before the others.
    """
    points = installed_prefixes().get(name)
    return None if points is None else the_only(points, f"the prefix '{name}'")
