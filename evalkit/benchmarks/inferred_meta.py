"""``inferred_meta.json``: what the GOT-10k scores need of the meta files, for annotations that came without them.

``{"seqs": {name: {"resolution_inferred": [width, height] or null, "dropped_frames_1based": [...]}}}``; dropped frames
are those whose cover is 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable

import numpy as np

from evalkit.errors import InputError
from evalkit.reading.text import read_json


@dataclass(frozen=True)
class InferredMeta:
    """Image size, if known, and the 1-based frames in which nothing of the target is visible."""

    size: tuple[int, int] | None
    uncovered: tuple[int, ...]

    def cover(self, length: int) -> np.ndarray:
        """(length,) 0 where the target is covered, 1 elsewhere: only ``cover > 0`` is ever used."""
        return np.isin(np.arange(1, length + 1), self.uncovered, invert=True).astype(np.float64)


def read_inferred_meta(file: Traversable) -> Mapping[str, InferredMeta]:
    """Facts by sequence, empty where there is no such file; raises InputError if it has another form."""
    if not file.is_file():
        return {}
    content = read_json(file)
    try:
        return {name: _parse(facts) for name, facts in content["seqs"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise InputError(f"does not describe GOT-10k sequences: {error!r}", path=str(file)) from error


def _parse(facts: Mapping[str, object]) -> InferredMeta:
    size, dropped = facts["resolution_inferred"], facts["dropped_frames_1based"]
    if not isinstance(dropped, list) or not (size is None or (isinstance(size, list) and len(size) == 2)):
        raise TypeError("a list, and null or a list of two, expected")
    return InferredMeta(None if size is None else (int(size[0]), int(size[1])), tuple(map(int, dropped)))
