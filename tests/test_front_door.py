"""What the packages export: every name is there, typed, documented with an example, and costs nothing until used."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGES = ("evalkit", "profiling", "stdtrack")
HEAVY = ("numpy", "pandas", "torch", "matplotlib", "cv2", "scipy", "click")
NAMES = [(package, name) for package in PACKAGES for name in importlib.import_module(package).__all__]

VERBS = [(package, name) for package, name in NAMES if name.islower()]


def exported(package: str, name: str) -> object:
    return getattr(importlib.import_module(package), name)


def loaded_after(code: str) -> set[str]:
    """The heavy modules that a fresh interpreter has after some code."""
    script = f"import sys\n{code}\nprint(*(name for name in {HEAVY} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=300)
    return set(done.stdout.split())


@pytest.mark.parametrize("package", PACKAGES)
def test_mapping_and_all_agree(package: str) -> None:
    module = importlib.import_module(package)
    assert sorted(module.__all__) == sorted(module._MODULES)
    assert set(module.__all__) <= set(dir(module))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = module.nonsense


@pytest.mark.parametrize(("package", "name"), NAMES)
def test_name_is_of_the_module_that_defines_it(package: str, name: str) -> None:
    module, _, there = importlib.import_module(package)._MODULES[name].partition(":")
    assert exported(package, name) is getattr(importlib.import_module(module), there or name)


@pytest.mark.parametrize(("package", "name"), NAMES)
def test_no_module_bears_an_exported_name(package: str, name: str) -> None:
    assert importlib.util.find_spec(f"{package}.{name}") is None


@pytest.mark.parametrize(("package", "name"), NAMES)
def test_every_name_is_documented(package: str, name: str) -> None:
    assert len(inspect.getdoc(exported(package, name)) or "") > 20


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_loads_nothing_heavy(package: str) -> None:
    assert loaded_after(f"import {package}; {package}.InputError") == set()


@pytest.mark.parametrize("package", ["evalkit", "stdtrack"])
def test_scoring_loads_no_torch(package: str, examples: Path, tmp_path: Path) -> None:
    code = f"""
import os, {package}
os.environ["STDTRACK_CACHE"] = {str(tmp_path)!r}
{package}.score({str(examples / "results")!r}, on="folder", data={str(examples / "clips")!r})
"""
    assert loaded_after(code) <= {"numpy"}


@pytest.mark.parametrize(("package", "name"), VERBS)
def test_every_verb_is_typed(package: str, name: str) -> None:
    verb = exported(package, name)
    assert callable(verb)
    signature = inspect.signature(verb)
    assert signature.return_annotation is not inspect.Signature.empty
    assert all(one.annotation is not inspect.Parameter.empty for one in signature.parameters.values())


@pytest.mark.parametrize(("package", "name"), VERBS)
def test_every_verb_says_what_it_takes_and_raises_and_shows_an_example(package: str, name: str) -> None:
    """The examples are run as doctests of the modules that define the verbs."""
    text = inspect.getdoc(exported(package, name)) or ""
    assert {"Args:", "Raises:"} <= set(text.splitlines())
    assert ">>> " in text


@pytest.mark.parametrize(("package", "name"), VERBS)
def test_every_argument_is_described(package: str, name: str) -> None:
    verb = exported(package, name)
    assert callable(verb)
    arguments = (inspect.getdoc(verb) or "").partition("Args:")[2].partition("Raises:")[0]
    described = {word for line in arguments.splitlines() for word in line.partition(":")[0].replace(",", " ").split()}
    assert set(inspect.signature(verb).parameters) <= described
