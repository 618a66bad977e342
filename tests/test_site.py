"""The site is built without the network and without a warning, and holds all names, commands and plots."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from reports.plots import PLOTS
from stdtrack.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
BUILD = """
import socket, sys

def refuse(*arguments):
    raise OSError("the site is built without the network")

socket.socket.connect = socket.getaddrinfo = refuse
from sphinx.cmd.build import main
sys.exit(main(["-q", "-W", "--keep-going", "-d", sys.argv[2] + "/trees", sys.argv[1], sys.argv[2] + "/site"]))
"""
TESTED_BY = {
    "README.md": "tests/test_python_docs.py",
    "docs/python.md": "tests/test_python_docs.py",
    "docs/long-term.md": "tests/test_python_docs.py",
    "docs/profiling.md": "tests/test_python_docs.py",
    "docs/regression.md": "tests/test_python_docs.py",
    "docs/formats.md": "tests/test_python_docs.py",
    "docs/extending.md": "tests/test_extending.py",
}
"""Which test runs the Python blocks of a page; tutorials run by themselves."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("sphinx", reason="an environment made before sphinx was needed: make .venv/.test")
    out = tmp_path_factory.mktemp("docs")
    command = [sys.executable, "-c", BUILD, str(DOCS), str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr
    return out / "site"


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    """Links may lead anywhere; scripts, styles, pictures and fonts are the site's own."""
    loaded = re.compile(r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"([^\"]*)\"|<link\b[^>]*\bhref=\"([^\"]*)\"")
    for page in site.rglob("*.html"):
        urls = ["".join(groups) for groups in loaded.findall(page.read_text(encoding="utf-8"))]
        assert urls, page
        assert [url for url in urls if re.match(r"(?:\w+:)?//", url)] == [], page
    for style in site.rglob("*.css"):
        assert not re.search(r"(?:url\(|@import\s*)[\"']?(?:https?:)?//", style.read_text(encoding="utf-8")), style


@pytest.mark.parametrize(
    ("page", "package"),
    [("stdtrack", "stdtrack"), ("evalkit", "evalkit"), ("profiling", "profiling"), ("model", "stdtrack.model")],
)
def test_the_reference_has_every_exported_name(page: str, package: str, site: Path) -> None:
    text = (site / "reference" / f"{page}.html").read_text(encoding="utf-8")
    titles = set(re.findall(r"<h2>(\w+)<", text))
    assert titles == set(import_module(package).__all__)
    assert text.count('class="sig ') >= len(titles)


def test_the_reference_has_every_command(site: Path) -> None:
    text = (site / "reference" / "commands.html").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"<h2>stdtrack {name}<" not in text] == []
    assert "stdtrack data check" in text
    assert text.count("Usage: stdtrack") >= len(COMMANDS)


def test_schemas_can_be_had(site: Path) -> None:
    assert (site / "score-1.json").read_bytes() == (DOCS / "schemas" / "score-1.json").read_bytes()


def test_the_gallery_shows_every_plot_in_a_small_picture() -> None:
    shown = re.findall(r"images/gallery/(\w+)\.png", (DOCS / "gallery.md").read_text(encoding="utf-8"))
    figures = {"curves": "success", "latency_ranges": "latency_track"}
    assert [kind for kind in PLOTS if not any(name.startswith(figures.get(kind, kind)) for name in shown)] == []
    pictures = {path.stem: path.stat().st_size for path in (DOCS / "images" / "gallery").iterdir()}
    assert set(pictures) == set(shown)
    assert max(pictures.values()) < 50_000


def test_every_python_block_is_run_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.glob("*.md"), *(DOCS / "reference").glob("*.md")]
    with_blocks = {str(page.relative_to(ROOT)) for page in pages if "```python" in page.read_text(encoding="utf-8")}
    assert with_blocks == set(TESTED_BY)
    assert [test for page, test in TESTED_BY.items() if page not in (ROOT / test).read_text()] == []
