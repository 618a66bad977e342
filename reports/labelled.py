"""A report's tables under the labels of its trackers, in the order that a user asks for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from evalkit.scoring.naming import Named, Naming, base_name, settle
from reports.inputs import TABLES, ReportTables


def with_labels(tables: ReportTables, naming: Naming, others: Iterable[str] = ()) -> ReportTables:
    """The same tables with trackers called and ordered as a user asks; what is drawn of them keeps its colours.

    Args:
        others: trackers that are known and have no row, such as those that cannot be scored.

    Raises:
        InputError: a tracker is not there, or two would be called alike.
    """
    trackers = dict.fromkeys([*tables.trackers, *map(base_name, tables.profiled), *others])
    named = settle(naming, trackers)
    return replace(_renamed(tables, named), named=named)


def without_labels(tables: ReportTables) -> ReportTables:
    """The same tables under the names that results have, for what trackers are known by."""
    return replace(_renamed(tables, Named(tables.named.former)), named=Named())


def _renamed(tables: ReportTables, named: Named) -> ReportTables:
    frames: dict[str, Any] = {name: _labelled(getattr(tables, name), named) for name in TABLES if name != "published"}
    profiles = {name: _labelled(table, named) for name, table in tables.profiles.items()}
    return replace(tables, **frames, profiles=profiles)


def _labelled(table: pd.DataFrame, named: Named) -> pd.DataFrame:
    """A table whose columns of trackers hold labels, rows in the order that is asked for."""
    columns = [name for name in ("tracker", "reference") if named.labels and name in table]
    table = table.assign(**{name: table[name].map(partial(_label, named)) for name in columns})
    if not named.order or "tracker" not in table:
        return table
    places = {label: place for place, label in enumerate(named.arranged(map(str, table["tracker"].unique())))}
    return table.iloc[np.argsort(table["tracker"].map(places), kind="stable")]


def _label(named: Named, value: Any) -> Any:
    return named.label(value) if isinstance(value, str) else value
