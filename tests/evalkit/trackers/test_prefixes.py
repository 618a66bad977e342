"""Prefixes: each is brought by one installed package."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from evalkit.errors import InputError
from evalkit.trackers.prefixes import find_prefix, installed_prefixes
from evalkit.trackers.spec import load_tracker, names_module
from tests.installed import install

OWN = {"opencv", "onnx", "process", "stdtrack", "trax"}


def bring(site: Path, package: str, prefix: str, version: str = "1.0") -> None:
    """A package that brings a prefix."""
    install(site, package, f"[stdtrack.trackers]\n{prefix} = {package}_code:create\n", version=version)


def test_our_own() -> None:
    assert set(installed_prefixes()) >= OWN
    assert not any(names_module(f"{name}:x") for name in OWN)
    assert names_module("module:factory")


def test_a_second_package_with_a_prefix_is_an_error_that_names_both(site: Path) -> None:
    bring(site, "evil", "opencv")
    with pytest.raises(InputError) as caught:
        load_tracker("opencv:mosse")
    for part in ("evalkit.trackers.opencv:create of stdtrack", "evil_code:create of evil", "uninstall one"):
        assert part in str(caught.value)
    point = find_prefix("stdtrack")
    assert point is not None
    assert point.value == "stdtrack.factory:create", "others are as they were"


def test_a_prefix_that_cannot_be_loaded_is_one_line(site: Path) -> None:
    bring(site, "absent", "mine")  # its module is not there
    with pytest.raises(InputError, match="the prefix 'mine', absent_code:create, cannot be imported: No module named"):
        load_tracker("mine:x")


def test_a_prefix_that_came_after_the_installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project.entry-points."stdtrack.trackers"]\nnewest = "a:B"\n')
    monkeypatch.setattr("evalkit.entry_points.HOME", tmp_path)
    with pytest.raises(InputError, match=r"no prefix or module 'newest' \(newest came after .* run `pip install -e "):
        load_tracker("newest:x")


def test_a_plug_in_of_its_own_name_is_taken_once(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(site, "plug", "mine")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "older")])
    bring(tmp_path / "older", "plug", "mine", "0.9")  # the same package further down the path
    point = find_prefix("mine")
    assert point is not None
    assert point.value == "plug_code:create"


def test_a_package_in_the_current_folder_is_not_installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(site, "evil", "opencv")
    bring(site, "stdtrack", "stdtrack", "9.9")
    monkeypatch.chdir(site)
    for entry in ("", ".", str(site)):
        monkeypatch.setattr(sys, "path", [entry, *sys.path])
        for name in ("opencv", "stdtrack"):
            point = find_prefix(name)
            assert point is not None
            assert "evil" not in point.value
            assert "code" not in point.value
