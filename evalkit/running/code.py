"""Which code runs here: what must be the same on two machines, or their results differ without a word."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from evalkit.running.hardware import versions

OURS = ("evalkit", "stdtrack", "profiling")
"""The packages that can change a tracker's boxes; they lie beside each other or are installed together."""


@cache
def code_identity() -> Mapping[str, str]:
    """SHA-256 of our own code, and the versions of the libraries that decide results.

    It is kept from the first call on: files that change later are not what this process runs.
    """
    return {**versions(), "stdtrack's code": code_digest(OURS)}


def code_digest(packages: tuple[str, ...]) -> str:
    """The first 12 digits of the SHA-256 of all Python files of packages; one that is not installed has none."""
    digest = hashlib.sha256()
    for package in packages:
        for place in _places(package):
            for file in sorted(place.rglob("*.py")):
                content = file.read_bytes().replace(b"\r\n", b"\n")
                digest.update(f"{package}/{file.relative_to(place).as_posix()}/{len(content)}\n".encode() + content)
    return digest.hexdigest()[:12]


def difference(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """What differs, in words; empty if nothing does. Python's own version may.

    >>> difference({"numpy": "2.0", "python": "3.11"}, {"numpy": "2.1", "torch": "2.6", "python": "3.12"})
    'numpy is 2.1 there and 2.0 here, torch is 2.6 there and missing here'
    """
    names = [name for name in sorted(here.keys() | there.keys()) if name != "python"]
    return ", ".join(
        f"{name} is {there.get(name, 'missing')} there and {here.get(name, 'missing')} here"
        for name in names
        if here.get(name) != there.get(name)
    )


def _places(package: str) -> list[Path]:
    spec = find_spec(package)
    return [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []
