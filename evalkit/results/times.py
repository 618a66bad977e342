"""The speed that GOT-10k's toolkit reports for a results tree."""

from __future__ import annotations

import numpy as np

from evalkit.reading.tables import parse_table
from evalkit.results.trees import TrackerResults


def got10k_speed(results: TrackerResults) -> float | None:
    """Mean of 1 / t over all frames and repetitions with t > 0, as ``ExperimentGOT10k.report`` has it.

    Fast frames weigh more in it than in frames divided by seconds; None where no times lie beside the results.

    Raises:
        InputError: a time file has a field that is no number.
    """
    tables = (parse_table(file.read(), file.place).ravel() for file in results.times.values())
    times = np.concatenate([np.empty(0), *tables])
    measured = times[times > 0]
    return float((1.0 / measured).mean()) if len(measured) else None
