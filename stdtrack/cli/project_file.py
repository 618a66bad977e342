"""``report.toml``: how a project calls its trackers and what its papers look like, kept beside its results."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit.errors import InputError
from evalkit.reading.text import is_there, read_text
from evalkit.scoring.naming import Naming
from evalkit.shown import one_line
from evalkit.suggestions import suggestion

FILE = "report.toml"
KEYS = ("names", "order", "highlight", "style", "metrics", "transpose")


@dataclass(frozen=True)
class Project:
    """What the file says; each is empty where it says nothing.

    Attributes:
        naming: labels, order and highlighted trackers.
        style: of figures and tables.
        metrics: of tables.
        transpose: tables with a column a tracker.
    """

    naming: Naming = field(default_factory=Naming)
    style: str = ""
    metrics: tuple[str, ...] = ()
    transpose: bool = False


def read_project(path: Path | None = None) -> Project:
    """What a project keeps.

    Args:
        path: the file; by default ``report.toml`` in the working folder, which may be absent.

    Raises:
        InputError: it cannot be read, has a key that there is not, or a value of another kind.
    """
    place = path or Path(FILE)
    if path is None and not is_there(place):
        return Project()
    try:
        content = tomllib.loads(read_text(place))
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a ValueError too
        raise InputError(f"cannot be read: {error}", path=place) from error
    for key in content:
        if key not in KEYS:
            raise InputError(f"has no key '{one_line(key)}'", path=place, hint=suggestion(key, KEYS))
    naming = Naming(_labels(content, place), (), _texts(content, "order", place), _texts(content, "highlight", place))
    style, transpose = content.get("style", ""), content.get("transpose", False)
    _require(isinstance(style, str), "'style' must be a word in quotes", place)
    _require(isinstance(transpose, bool), "'transpose' must be true or false", place)
    return Project(naming, style, _texts(content, "metrics", place), transpose)


def _labels(content: Mapping[str, Any], path: Path) -> dict[str, str]:
    names = content.get("names", {})
    good = isinstance(names, dict) and all(isinstance(label, str) for label in names.values())
    _require(good, '\'names\' must be a table of "tracker" = "label"', path)
    return dict(names)


def _texts(content: Mapping[str, Any], key: str, path: Path) -> tuple[str, ...]:
    texts = content.get(key, [])
    texts = [texts] if isinstance(texts, str) else texts
    good = isinstance(texts, list) and all(isinstance(text, str) for text in texts)
    _require(good, f"'{key}' must be a list of texts", path)
    return tuple(texts)


def _require(good: bool, problem: str, path: Path) -> None:
    if not good:
        raise InputError(problem, path=path)
