"""``stdtrack data``: looks at data sets on disk."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.errors import InputError
from stdtrack.cli.main import EXIT_CHECK_FAILED, Group
from stdtrack.cli.messages import example
from stdtrack.cli.options import Word

if TYPE_CHECKING:
    from evalkit.benchmarks.checking import BenchmarkCheck

_NAMED = 5  # names or problems printed before "and 88 more"


@click.group(cls=Group)
def data() -> None:
    """Look at data sets on disk."""


@data.command(epilog=example("stdtrack data check ~/data"))
@click.argument("root", type=click.Path(path_type=Path))
@click.option("--format", "form", type=Word("table", "json"), default="table", show_default=True)
def check(root: Path, form: str) -> None:
    """List the benchmarks under ROOT, their frames against ground truth, and what is missing.

    ROOT is a folder of several benchmarks, one benchmark's folder, or annotations (a folder or an archive). A part of a
    benchmark is no error. Exits 1 when something is inconsistent or refused by `run`, 2 when nothing is recognised.
    """
    from evalkit.benchmarks.checking import check as check_benchmark
    from evalkit.benchmarks.installed import BENCHMARKS, ENTRY_POINT_GROUP
    from evalkit.benchmarks.registry import recognise
    from evalkit.entry_points import reinstall_hint

    found = recognise(root)
    if not found:
        known = f"known are {', '.join(BENCHMARKS)}"
        stale = reinstall_hint(ENTRY_POINT_GROUP)
        raise InputError("no benchmark recognised", path=root, hint=f"{known}; {stale}" if stale else known)
    checks = [check_benchmark(benchmark) for benchmark in found]
    if form == "json":
        click.echo(json.dumps([asdict(each) for each in checks], indent=2))
    else:
        _print_table(checks, root)
    if any(each.problems for each in checks):
        sys.exit(EXIT_CHECK_FAILED)


def _print_table(checks: Sequence[BenchmarkCheck], root: Path) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from evalkit.shown import one_line

    table = Table("benchmark", "sequences", "with images", "rows", "problems")
    table.add_column("where", overflow="fold")
    for each in checks:
        total = f"{each.sequences} of {each.total}" + ("" if each.verified else " (unverified)")
        numbers = (total, str(each.with_frames), str(each.rows), str(len(each.problems)))
        where = each.root.removeprefix(str(root)).strip("/") or "."
        table.add_row(each.benchmark, *numbers, Text(one_line(where)), style="red" if each.problems else None)
    console = Console(soft_wrap=True)
    console.print(table)
    for each in checks:
        remarks = (f"{remark}: {_shortened(names)}" for remark, names in each.remarks.items())
        lines = [*each.notes, *remarks, *each.problems[:_NAMED]]
        if len(each.problems) > _NAMED:
            lines.append(f"... and {len(each.problems) - _NAMED} more problems")
        if each.missing:
            lines.append(f"{len(each.missing)} missing: {_shortened(each.missing)}")
        for line in lines:
            console.print(one_line(f"{each.benchmark}: {line}"), markup=False, highlight=False)


def _shortened(names: Sequence[str]) -> str:
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
