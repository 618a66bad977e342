"""Lists that fit into a line."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice

SHOWN = 3


def some(names: Collection[str], shown: int = SHOWN, separator: str = ", ") -> str:
    """The first names and how many more there are.

    >>> some(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    text = separator.join(islice(names, shown))
    return text + (f" and {len(names) - shown} more" if len(names) > shown else "")
