"""The site: `make docs` builds it from these pages and the docstrings, without the network."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stdtrack import __version__  # the path above comes first
from stdtrack.cli.main import cli

project = "STDTrack"
author = "The STDTrack toolkit's maintainers"
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = f"STDTrack {__version__}"
html_static_path: list[str] = []
html_extra_path = ["schemas"]
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
exclude_patterns = ["schemas", "images"]
pygments_style = "default"

myst_heading_anchors = 4
suppress_warnings = ["ref.python"]  # a short name, such as Scores, that two packages export

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
napoleon_numpy_docstring = False

PACKAGES = ("stdtrack", "evalkit", "profiling", "stdtrack.model")
"""Packages whose exported names have a page of reference."""


def exported(package: str) -> dict[str, object]:
    """What a package exports, by name."""
    module = importlib.import_module(package)
    return {name: getattr(module, name) for name in module.__all__}


def exported_names(package: str) -> str:
    """Directives for all names that a package exports; what an earlier package has too is indexed there."""
    earlier = [value for name in PACKAGES[: PACKAGES.index(package)] for value in exported(name).values()]
    parts = []
    for name, value in exported(package).items():
        directive, options = ("autoclass", "   :members:\n") if isinstance(value, type) else ("autofunction", "")
        options += "   :no-index:\n" if any(value is other for other in earlier) else ""
        parts.append(f"## {name}\n\n```{{eval-rst}}\n.. {directive}:: {package}.{name}\n{options}```")
    return "\n\n".join(parts)


def commands(group: click.Group = cli, parents: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command with its whole name, those of groups behind the group."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if command is not None:
            yield " ".join(("stdtrack", *parents, name)), command
            if isinstance(command, click.Group):
                yield from commands(command, (*parents, name))


def command_pages() -> str:
    """What `--help` says of each command."""
    parts = []
    for name, command in commands():
        context = click.Context(command, info_name=name, max_content_width=100, terminal_width=100)
        parts.append(f"## {name}\n\n```text\n{command.get_help(context)}\n```")
    return "\n\n".join(parts)


def generated(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put the reference where a page says `<!-- names: PACKAGE -->` or `<!-- commands -->`; keep links on the site."""
    source[0] = source[0].replace("](../CONTRIBUTING.md)", "](contributing.md)")
    for package in PACKAGES:
        mark = f"<!-- names: {package} -->"
        if mark in source[0]:
            source[0] = source[0].replace(mark, exported_names(package))
    if "<!-- commands -->" in source[0]:
        source[0] = source[0].replace("<!-- commands -->", command_pages())


def setup(app: Sphinx) -> None:
    """Tell Sphinx of the above."""
    app.connect("source-read", generated)
