"""Tidy tables out of many parts, joined column by column: a data frame a part costs more than the numbers in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def stacked(
    parts: Sequence[tuple[Sequence[object], Mapping[str, NDArray[Any]]]],
    labels: Sequence[str],
    columns: Sequence[str],
    *,
    categories: bool = False,
) -> pd.DataFrame:
    """Rows of all parts under each other.

    Args:
        parts: of each, the value of every label and an array a column, all of one length.
        labels, columns: names of the result's columns, in this order.
        categories: make labels categorical: a byte or two a row, where text takes about sixteen.

    >>> stacked([(["a"], {"x": np.array([1, 2])}), (["b"], {"x": np.array([3])})], ["name"], ["x"]).values.tolist()
    [['a', 1], ['a', 2], ['b', 3]]
    >>> table = stacked([(["a"], {"x": np.array([1, 2])})], ["name"], ["x"], categories=True)
    >>> table["name"].tolist(), table["name"].cat.codes.dtype
    (['a', 'a'], dtype('int8'))
    """
    if not parts:
        return pd.DataFrame(columns=[*labels, *columns])
    lengths = [len(arrays[columns[0]]) for _, arrays in parts]
    values = zip(*(names for names, _ in parts), strict=True)
    repeat = _repeated_categories if categories else _repeated
    table = {label: repeat(column, lengths) for label, column in zip(labels, values, strict=True)}
    return pd.DataFrame(table | {name: np.concatenate([arrays[name] for _, arrays in parts]) for name in columns})


def _repeated(values: Sequence[object], lengths: Sequence[int]) -> NDArray[np.object_]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return np.repeat(column, lengths)


def _repeated_categories(values: Sequence[Any], lengths: Sequence[int]) -> pd.Categorical:
    codes = {value: code for code, value in enumerate(dict.fromkeys(values))}
    repeated = np.repeat([codes[value] for value in values], lengths)
    return pd.Categorical.from_codes(repeated, categories=pd.Index([*codes]))
