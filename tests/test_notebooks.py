"""The notebooks are the tutorials' pages, were run by the tool, are small, and run again."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_tutorials import FASTER

ROOT = Path(__file__).resolve().parents[1]
TUTORIALS = ROOT / "docs" / "tutorials"
MOST_BYTES = 60_000
RUN_AGAIN = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import nbformat, notebooks
notebooks.environment()
notebooks.execute(nbformat.read(sys.argv[2], 4), Path.cwd())
"""
nbformat = pytest.importorskip("nbformat", reason="an environment made before it was needed: make .venv/.test")
pytest.importorskip("nbclient", reason="an environment made before it was needed: make .venv/.test")
pytest.importorskip("ipykernel", reason="an environment made before it was needed: make .venv/.test")
PAGES = ("first-comparison", "own-tracker")


@pytest.fixture(scope="module")
def notebooks() -> object:
    """``docs/notebooks.py`` as a module."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("notebooks", ROOT / "docs" / "notebooks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", PAGES)
def test_a_notebook_is_its_page(page: str, notebooks) -> None:
    assert notebooks.PAGES == PAGES
    book = nbformat.read(TUTORIALS / f"{page}.ipynb", 4)
    nbformat.validate(book)
    wanted = list(notebooks.cells_of((TUTORIALS / f"{page}.md").read_text(encoding="utf-8")))
    hint = "`python docs/notebooks.py` makes it anew"
    assert [(cell.cell_type, cell.source) for cell in book.cells] == wanted, hint


@pytest.mark.parametrize("page", PAGES)
def test_a_notebook_was_run_whole_and_is_small(page: str) -> None:
    file = TUTORIALS / f"{page}.ipynb"
    assert file.stat().st_size < MOST_BYTES
    code = [cell for cell in nbformat.read(file, 4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    assert any("opencv:kcf" in output.get("text", "") for output in outputs)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_a_notebook_runs(page: str, tmp_path: Path) -> None:
    text = (TUTORIALS / f"{page}.ipynb").read_text(encoding="utf-8")
    book = nbformat.reads(text, 4)
    for cell in book.cells:
        for pattern, replacement in FASTER:
            cell.source = re.sub(pattern, replacement, cell.source)
    file = tmp_path / "book.ipynb"
    nbformat.write(book, file)
    place = tmp_path / "place"
    place.mkdir()
    settings = os.environ | {"STDTRACK_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-c", RUN_AGAIN, str(ROOT / "docs"), str(file)]
    done = subprocess.run(command, cwd=place, env=settings, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    assert (place / "report" / "report.html").is_file()
