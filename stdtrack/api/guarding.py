"""Comparing trackers and guarding their accuracy: evalkit's calls, the program's version in what is kept."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from evalkit.regression import front
from evalkit.regression.front import check as check
from evalkit.scoring.caveats import Tell
from evalkit.scoring.paired import compare as compare
from stdtrack import __version__


def baseline(
    results: str | Path,
    *,
    out: str | Path | None = None,
    on: str | Iterable[str] = (),
    data: str | Path | None = None,
    annotations: str | Path | None = None,
    protocols: str | Iterable[str] = (),
    tell: Tell | None = None,
) -> front.Recorded:
    """Keep what a later run is compared with: scores of all sequences, curves, and fingerprints.

    Args:
        results: as :func:`stdtrack.score` takes them; parts of a benchmark are kept as they are.
        out: the file to write, if any.
        on: benchmarks; all that our own runs have results on if empty.
        data, annotations, protocols, tell: as :func:`stdtrack.score` takes them.

    Raises:
        InputError: no results, no annotation, no tracker that can be scored, or a file that cannot be written.

    Example:
        >>> import stdtrack as st
        >>> kept = st.baseline("results", on="folder", data="clips")
        >>> [record.tracker for record in kept.baseline.records]
        ['mine', 'theirs']
        >>> st.check("results", kept.baseline, on="folder", data="clips").verdict.value
        'same'
    """
    return front.baseline(
        results, out=out, on=on, data=data, annotations=annotations, protocols=protocols, version=__version__,
        tell=tell,
    )  # fmt: skip
