"""All families of peers that are installed with this package."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from evalkit.trackers.prefixes import installed_prefixes
from stdtrack.peers.checkpoint import Named
from stdtrack.peers.family import Family

PACKAGE = "stdtrack.peers."


def families() -> Iterator[Family[Any]]:
    """The families behind the entry points of this package, by prefix."""
    for points in installed_prefixes().values():
        for point in points:
            if point.module.startswith(PACKAGE):
                yield import_module(point.module).FAMILY


def fitting_spec(found: Named) -> str:
    """The spec of the first peer whose network takes these tensors; empty if none does."""
    return next(filter(None, (family.fitting_variant(found) for family in families())), "")
