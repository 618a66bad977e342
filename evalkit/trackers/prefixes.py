"""Prefixes of tracker specs: entry points of packages that are installed, each name once."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.metadata import EntryPoint, distributions

from evalkit.errors import InputError
from evalkit.imports import without_current_folder

ENTRY_POINT_GROUP = "stdtrack.trackers"


def installed_prefixes() -> Mapping[str, tuple[EntryPoint, ...]]:
    """Entry points by name; of several versions of one package the first on the path counts.

    A package that merely lies in the current folder is not installed.
    """
    found: dict[str, tuple[EntryPoint, ...]] = {}
    packages = set()
    for package in distributions(path=without_current_folder(sys.path)):
        points = package.entry_points.select(group=ENTRY_POINT_GROUP)
        if points and package.name not in packages:
            packages.add(package.name)
            for point in points:
                found[point.name] = (*found.get(point.name, ()), point)
    return found


def find_prefix(name: str) -> EntryPoint | None:
    """The entry point of a prefix, None where no package brings it.

    Raises:
        InputError: several packages bring it; none of them goes before the others.
    """
    points = installed_prefixes().get(name, ())
    if len(points) > 1:
        both = " and ".join(f"{point.value} of {point.dist.name if point.dist else 'unknown'}" for point in points)
        raise InputError(f"the prefix '{name}' is brought by {both}", hint="uninstall one of the packages")
    return points[0] if points else None
