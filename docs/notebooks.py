"""The first two tutorials as notebooks: ``python docs/notebooks.py`` makes them from the pages, and runs them.

The page is the one source: its text becomes text, its blocks become cells, and what the cells print is what the tool
printed. A file's block is written with ``%%writefile``, commands are run with ``%%bash``.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient

TUTORIALS = Path(__file__).resolve().parent / "tutorials"
PAGES = ("first-comparison", "own-tracker")
_BLOCK = re.compile(r"(?:^`([\w./]+)`\n\n)?^```(\w+)\n(.*?)^```\n?", re.MULTILINE | re.DOTALL)
_SECONDS = 900
"""For one cell, on a busy machine."""


def cells_of(page: str) -> Iterator[tuple[str, str]]:
    """(kind, source) of the cells that a page's Markdown makes: ``markdown`` or ``code``."""
    end = 0
    for block in _BLOCK.finditer(page):
        yield from _text(page[end : block.start()])
        name, language, source = block.groups()
        end = block.end()
        source = source.rstrip("\n")
        if name:
            yield "code", f"%%writefile {name}\n{source}"
        elif language == "python":
            yield "code", source
        elif language == "sh":
            yield "code", f"%%bash -e\n{source}"
        else:
            yield from _text(block[0])  # something to read, such as what a command says
    yield from _text(page[end:])


def _text(text: str) -> Iterator[tuple[str, str]]:
    """One cell of text, unless there is none."""
    if text.strip():
        yield "markdown", text.strip()


def notebook(cells: Iterable[tuple[str, str]]) -> nbformat.NotebookNode:
    """A notebook of these cells, not run yet."""
    made = []
    for number, (kind, source) in enumerate(cells):
        make = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
        made.append(make(source, id=f"cell-{number}"))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel})


def execute(book: nbformat.NotebookNode, folder: Path) -> None:
    """Run every cell in a folder; raises CellExecutionError at the first that fails, of commands as well."""
    place = {"metadata": {"path": str(folder)}}
    NotebookClient(book, timeout=_SECONDS, resources=place, coalesce_streams=True).execute()
    book.metadata.pop("language_info", None)  # of the Python that ran it
    for cell in book.cells:
        cell.metadata.pop("execution", None)  # when it ran


def environment() -> None:
    """Commands of this Python, lines of a page's width, and no data of the user's."""
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    os.environ |= {"COLUMNS": "120", "NO_COLOR": "1"}
    os.environ.pop("STDTRACK_DATA", None)


def main() -> None:
    """Write ``docs/tutorials/<page>.ipynb`` of each page."""
    environment()
    for name in PAGES:
        book = notebook(cells_of((TUTORIALS / f"{name}.md").read_text(encoding="utf-8")))
        with tempfile.TemporaryDirectory() as folder:
            os.environ["STDTRACK_CACHE"] = f"{folder}/.cache"
            execute(book, Path(folder))
        nbformat.validate(book)
        (TUTORIALS / f"{name}.ipynb").write_text(nbformat.writes(book) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
