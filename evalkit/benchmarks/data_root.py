"""Where data lie: a flag, then STDTRACK_DATA, then ``stdtrack.toml`` in the working folder."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from evalkit.errors import InputError
from evalkit.reading.text import is_there, read_text

CONFIG_NAME = "stdtrack.toml"
DATA_VARIABLE = "STDTRACK_DATA"


def data_root(flag: Path | None = None, folder: Path | None = None) -> Path | None:
    """The root of the benchmarks, or None where nothing names one.

    Args:
        flag: what ``--data`` said.
        folder: where ``stdtrack.toml`` is looked for; the working folder by default. A relative path in it is
            relative to it.

    Raises:
        InputError: the root does not exist, or the file is no TOML with a path under ``data``.
    """
    source = "--data"
    root = flag
    if root is None and (variable := os.environ.get(DATA_VARIABLE)):
        source, root = DATA_VARIABLE, Path(variable)
    if root is None:
        source, root = CONFIG_NAME, configured((folder or Path.cwd()) / CONFIG_NAME)
    if root is not None and not (is_there(root) and root.is_dir()):
        raise InputError("there is no such folder", path=root, hint=f"{source} named it")
    return root


def configured(path: Path) -> Path | None:
    """The key ``data`` of a ``stdtrack.toml``; None without file or key."""
    if not is_there(path):
        return None
    text = read_text(path)
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a ValueError too
        raise InputError(f"cannot be read: {error}", path=path) from error
    value = content.get("data")
    if value is None:
        return None
    if not isinstance(value, str):
        raise InputError("'data' must be a path in quotes", path=path)
    return path.parent / value
