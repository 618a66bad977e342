"""Which specs name a peer; torch is not imported for it."""

from __future__ import annotations

from evalkit.trackers.prefixes import installed_prefixes

PACKAGE = "stdtrack.peers."
"""Begins the names of the modules behind the prefixes of peers."""


def is_peer(spec: str) -> bool:
    """Whether a spec's prefix is one of a family of this package.

    >>> is_peer("hit:tiny?cached=false"), is_peer("stdtrack:nano"), is_peer("my_module:create")
    (True, False, False)
    """
    points = installed_prefixes().get(spec.partition(":")[0], ())
    return any(point.module.startswith(PACKAGE) for point in points)
