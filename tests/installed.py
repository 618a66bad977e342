"""A package as pip leaves one, for tests of what packages bring by entry points."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

NOTHING: Mapping[str, str] = MappingProxyType({})


def install(site: Path, package: str, points: str, files: Mapping[str, str] = NOTHING, *, version: str = "1.0") -> None:
    """Write a package into a folder of packages.

    Args:
        site: the folder; it is made where there is none.
        points: content of ``entry_points.txt``: ``[group]``, then a line ``name = module:object`` for each.
        files: text by path in the folder.
    """
    info = site / f"{package}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(points)
    for path, content in files.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(content)
