"""The speed that GOT-10k's toolkit reports for a results tree."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from evalkit.importers.trees import TrackerResults
from evalkit.reading import read_table
from evalkit.results import TIME_SUFFIX


def got10k_speed(results: TrackerResults) -> float | None:
    """Mean of 1 / t over all frames and repetitions with t > 0, as ``ExperimentGOT10k.report`` has it.

    Fast frames weigh more in it than in frames divided by seconds; None where no times lie beside the results.

    Raises:
        InputError: a time file has a field that is no number.
    """
    places = (
        file.source.with_name(f"{sequence}{TIME_SUFFIX}")
        for sequence, files in results.files.items()
        for file in files[:1]
        if isinstance(file.source, Path)
    )
    times = np.concatenate([np.empty(0), *(read_table(place).ravel() for place in places if place.is_file())])
    measured = times[times > 0]
    return float((1.0 / measured).mean()) if len(measured) else None
