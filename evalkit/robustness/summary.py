"""From what is left under each variation to one row a tracker."""

from __future__ import annotations

import pandas as pd

from evalkit.robustness.columns import CONTROL, SUMMARY, spelled


def summary_table(table: pd.DataFrame) -> pd.DataFrame:
    """One row for each tracker and benchmark: clean, mean under variations, relative drop and the worst case.

    The mean weighs every variation alike, however many severities it has. The control of attacks is no part of
    the mean, nor the worst case.

    Args:
        table: of :func:`degradation_table`.

    Returns:
        :data:`SUMMARY`; ``worst`` is a variation as it is named on the command line, ``lowest`` its figure.
    """
    rows = []
    judged = table[table["variation"] != CONTROL].dropna(subset=["value"])
    for keys, group in judged.groupby(list(SUMMARY[:4]), sort=False):
        clean, mean = float(group["clean"].iloc[0]), float(group.groupby("variation")["value"].mean().mean())
        lowest = group.sort_values("value", kind="stable").iloc[0]
        drop = 1.0 - mean / clean if clean > 0 else float("nan")
        name = spelled(str(lowest["variation"]), int(lowest["level"]))
        rows.append((*keys, int(group["clips"].iloc[0]), clean, mean, drop, name, float(lowest["value"])))
    return pd.DataFrame(rows, columns=list(SUMMARY))
