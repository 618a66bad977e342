"""How trackers are called: ``--name``, ``--order``, ``--highlight`` and the ``report.toml`` of a project."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stdtrack.cli.messages import echo_line
from stdtrack.cli.options import Function, comma_list

if TYPE_CHECKING:
    from evalkit.scoring.naming import Naming
    from stdtrack.cli.project_file import Project

SUBJECT = "names"


def naming_options(command: Function) -> Function:
    """``--name``, ``--order``, ``--highlight``, ``--config``; the command gets ``names, order, highlight, config``."""
    command = click.option(
        "--config", type=click.Path(path_type=Path), help="A report.toml. [default: that of the working folder]"
    )(command)
    command = click.option("--highlight", multiple=True, metavar="TRACKER|LABEL",
                           help="Drawn bold, first in legends; may be repeated.")(command)  # fmt: skip
    command = comma_list("--order", metavar="TRACKER|LABEL[,...]", help="Who stands first, in this order.")(command)
    text = "What a tracker is called in all that is shown; may be repeated."
    return click.option("--name", "names", multiple=True, metavar="TRACKER=LABEL", help=text)(command)


def project_of(config: Path | None) -> Project:
    """What the project keeps, read before anything is computed."""
    from stdtrack.cli.project_file import read_project

    return read_project(config)


def naming_of(names: tuple[str, ...], order: tuple[str, ...], highlight: tuple[str, ...], project: Project) -> Naming:
    """What the command line and the project ask for together."""
    from evalkit.scoring.naming import Naming

    return Naming({}, names, order, highlight, project.naming)


def is_wanted(naming: Naming) -> bool:
    """Something is asked for."""
    from evalkit.scoring.naming import Naming

    return naming != Naming(project=Naming())


def tell_remarks(remarks: Iterable[str]) -> None:
    """What was perhaps meant otherwise, a line each."""
    for remark in remarks:
        echo_line(f"{SUBJECT}: {remark}")
