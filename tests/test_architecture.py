"""The house stays a house: few rooms at a wing's top, functions that fit a screen, a short way through ``score``."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trip import OWN_SIDE, PACKAGES, ROOT

LONGEST_FUNCTION = 70
"""Lines, the docstring included."""


def rooms(package: Path) -> set[str]:
    """Modules and packages right below a package."""
    inside = (path for path in package.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file())
    return {path.stem for path in inside} - {"__init__", "__main__"}


@pytest.mark.parametrize(("package", "most"), [("evalkit", 18), ("profiling", 8)])
def test_a_wing_has_few_rooms_at_its_top(package: str, most: int) -> None:
    assert len(rooms(ROOT / package)) <= most, sorted(rooms(ROOT / package))


def sources() -> list[Path]:
    """Every source file of the packages."""
    return sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))


def long_functions() -> Iterator[tuple[str, int]]:
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    yield f"{path.relative_to(ROOT)}::{node.name}", lines


def test_no_function_is_longer_than_a_screen() -> None:
    assert dict(long_functions()) == {}


def undocumented(name: str, node: ast.Module | ast.ClassDef | ast.FunctionDef) -> Iterator[str]:
    """Public modules, classes, functions and methods without a docstring."""
    if ast.get_docstring(node) is None:
        yield name
    if isinstance(node, ast.Module | ast.ClassDef):
        for inner in node.body:
            if isinstance(inner, ast.ClassDef | ast.FunctionDef) and not inner.name.startswith("_"):
                yield from undocumented(f"{name}::{inner.name}", inner)


def test_every_public_name_is_documented() -> None:
    trees = ((str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))) for path in sources())
    assert [name for path, tree in trees for name in undocumented(path, tree)] == []


def test_the_trip_of_a_results_folder(tmp_path: Path) -> None:
    """Two trackers on three of OTB100's sequences: few files handle results and scores."""
    for name, frames in (("Biker", 142), ("Bolt", 350), ("Car4", 659)):
        for folder in ("annotations", "results/KCF", "results/MOSSE"):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / f"{name}.txt").write_text("10,20,30,40\n" * frames)
    options = ("--on", "otb100", "--annotations", str(tmp_path / "annotations"), "--partial")
    command = [sys.executable, "-m", "tests.trip", str(tmp_path / "results"), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=600)
    *files, summary = done.stdout.splitlines()[-1:0:-1][::-1]
    assert "handle results and scores" in summary
    visited = [line for line in files if line[:2] in ("  ", ". ")]
    own = [line[2:] for line in visited if line.startswith("  ")]
    assert own[:2] == ["stdtrack/cli/score.py", "evalkit/scoring/front.py"]
    assert all(file.startswith(OWN_SIDE) for file in own)
    assert len(own) <= 19, own
    assert not [line for line in visited if line[2:].startswith("profiling/")]
