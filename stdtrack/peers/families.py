"""All families of peers that are installed with this package."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from evalkit.trackers import opencv
from evalkit.trackers.prefixes import installed_prefixes
from stdtrack.configs import VARIANTS
from stdtrack.peers.checkpoint import Named
from stdtrack.peers.family import Family
from stdtrack.peers.prefixes import PACKAGE

HEAVY = frozenset({"litetrack:b6", "litetrack:b8", "litetrack:b9", "mixformer:cvt21", "mixformerv2:b", "ostrack:256"})
"""Peers of more than 10 GMACs a frame."""
LIGHTWEIGHT = "lightweight"


def families() -> Iterator[Family[Any]]:
    """The families behind the entry points of this package, by prefix."""
    for points in installed_prefixes().values():
        for point in points:
            if point.module.startswith(PACKAGE):
                yield import_module(point.module).FAMILY


def specs(only: str = "") -> list[str]:
    """What ``peers`` stands for: our own networks, the peers by prefix, and OpenCV's trackers.

    Args:
        only: ``lightweight`` leaves out what takes more than 10 GMACs a frame; empty for all.
    """
    peers = [f"{family.prefix}:{name}" for family in families() for name in family.variants]
    kept = [spec for spec in sorted(peers) if only != LIGHTWEIGHT or spec not in HEAVY]
    return [*(f"stdtrack:{name}" for name in VARIANTS), *kept, *(f"opencv:{name}" for name in opencv.NAMES)]


def fitting_spec(found: Named) -> str:
    """The spec of the first peer whose network takes these tensors; empty if none does."""
    return next(filter(None, (family.fitting_variant(found) for family in families())), "")
