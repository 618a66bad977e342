"""What packages bring by entry points, a name and ``module:object`` each: of installed packages, each name once."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping
from importlib.metadata import EntryPoint, distributions

from evalkit.errors import InputError
from evalkit.imports import HOME, without_current_folder


def installed(group: str) -> Mapping[str, tuple[EntryPoint, ...]]:
    """Entry points of a group by name; of several versions of one package the first on the path counts.

    A package that merely lies in the current folder is not installed.
    """
    found: dict[str, tuple[EntryPoint, ...]] = {}
    packages = set()
    for package in distributions(path=without_current_folder(sys.path)):
        points = package.entry_points.select(group=group)
        if points and package.name not in packages:
            packages.add(package.name)
            for point in points:
                found[point.name] = (*found.get(point.name, ()), point)
    return found


def the_only(points: tuple[EntryPoint, ...], what: str) -> EntryPoint:
    """The one entry point of a name; ``what`` is named in errors, as "the prefix 'opencv'".

    Raises:
        InputError: several packages bring it; none of them goes before the others.
    """
    if len(points) > 1:
        both = " and ".join(f"{point.value} of {point.dist.name if point.dist else 'unknown'}" for point in points)
        raise InputError(f"{what} is brought by {both}", hint="uninstall one of the packages")
    return points[0]


def not_installed(group: str) -> tuple[str, ...]:
    """Names that this package's source tree brings and that were added after it was installed."""
    file = HOME / "pyproject.toml"
    if not file.is_file():
        return ()
    groups = tomllib.loads(file.read_text(encoding="utf-8")).get("project", {}).get("entry-points", {})
    return tuple(name for name in groups.get(group, {}) if name not in installed(group))


def reinstall_hint(group: str, name: str = "") -> str:
    """What to do where the metadata lack a name of the source tree, or any if none is given; else empty."""
    lacking = tuple(lack for lack in not_installed(group) if name in ("", lack))
    what = f"{', '.join(lacking)} came after this package was installed"
    return f"{what}: run `pip install -e {HOME}` again" if lacking else ""
