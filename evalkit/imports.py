"""Which code is imported: what is installed, never what happens to lie in the current folder.

The current folder counts only for a ``module:factory`` that was typed. Where the interpreter itself looks before any
line of ours runs (``sitecustomize``, ``PYTHONSTARTUP``, ``-m``) is the interpreter's business.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import sysconfig
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType

HOME = Path(__file__).resolve().parents[1]
"""The folder that holds this package."""


def exported(package: str, modules: Mapping[str, str], name: str) -> object:
    """A name that a package exports, imported when it is first asked for: the body of its ``__getattr__`` (PEP 562).

    Args:
        package: its ``__name__``.
        modules: the module that defines each exported name, as ``module:name`` where it has another name there.

    Raises:
        AttributeError: the package exports no such name.

    >>> exported("evalkit", {"Oops": "evalkit.errors:InputError"}, "InputError")
    Traceback (most recent call last):
    AttributeError: module 'evalkit' has no attribute 'InputError'
    """
    if name not in modules:
        raise AttributeError(f"module '{package}' has no attribute '{name}'")
    module, _, there = modules[name].partition(":")
    value = getattr(import_module(module), there or name)
    setattr(sys.modules[package], name, value)  # the next time it is simply there
    return value


def is_current_folder(entry: str) -> bool:
    """Whether an entry of ``sys.path`` is the folder in which the process runs; ours is never taken for it."""
    folder = os.path.realpath(entry)
    return folder == os.path.realpath(os.curdir) and folder != str(HOME)


def without_current_folder(entries: list[str]) -> list[str]:
    """Entries of ``sys.path`` besides the current folder."""
    return [entry for entry in entries if not is_current_folder(entry)]


def leave_current_folder_out() -> None:
    """Take the current folder off ``sys.path`` where ``-m``, ``-c`` or PYTHONPATH put it: before the standard library.

    Behind it are folders that were installed, an editable project's for instance.
    """
    standard = sysconfig.get_path("stdlib")
    given = next((index for index, entry in enumerate(sys.path) if entry == standard), len(sys.path))
    sys.path[:given] = without_current_folder(sys.path[:given])


def optional_module(name: str) -> ModuleType:
    """Import a module that need not be installed; it sends nothing about its use.

    Raises:
        ImportError: it is not installed; the current folder is not asked.
    """
    _silence_telemetry()
    before = sys.path[:]
    sys.path[:] = without_current_folder(before)
    try:
        module = import_module(name)
    finally:
        sys.path[:] = before
    if name == "onnxruntime":
        module.disable_telemetry_events()
    return module


def is_installed(name: str) -> bool:
    """Whether :func:`optional_module` would find a module."""
    before = sys.path[:]
    sys.path[:] = without_current_folder(before)
    try:
        return importlib.util.find_spec(name) is not None
    finally:
        sys.path[:] = before


def _silence_telemetry() -> None:
    """ONNX Runtime reads a variable when it is loaded; OpenVINO's converter does without the package that sends."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
