"""``stdtrack complexity``: parameters, MACs and FLOPs of any tracker or module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from evalkit.shown import one_line
from stdtrack.cli.completion import TrackerText
from stdtrack.cli.messages import echo_line, example
from stdtrack.cli.options import Word, find_own_modules

if TYPE_CHECKING:
    from rich.table import Table

    from profiling.complexity.by_module import ModuleCount
    from profiling.complexity.count import Complexity
    from profiling.complexity.report import ComplexityReport

MODULES_SHOWN = 40


@click.command(epilog=example("stdtrack complexity stdtrack:base"))
@click.argument("spec", type=TrackerText(), metavar="SPEC")
@click.option("--format", "form", type=Word("text", "json"), default="text", show_default=True)
@click.option("--allow-uncounted", is_flag=True, help="Count the rest where an operator is unknown, and list it.")
@click.option("--depth", type=click.IntRange(0), default=2, show_default=True, help="Levels of modules in the text.")
def complexity(spec: str, form: str, allow_uncounted: bool, depth: int) -> None:
    """Count parameters, MACs and FLOPs (= 2 MACs) of SPEC, a tracker or module:factory.

    A factory returns (module, example_inputs). Exit code 1 if two independent counters differ by more than 1 %.
    """
    import json

    from stdtrack import complexity as count

    find_own_modules([spec])
    report = count(spec, allow_uncounted=allow_uncounted)
    if form == "json":
        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        _print(report, depth)
    for part, opinion in report.opinions.items():
        if opinion.problem:
            echo_line(f"{part}: no second opinion: {opinion.problem}")
    if report.disagreement and not allow_uncounted:
        raise _CountersDisagree(report.disagreement)


class _CountersDisagree(click.ClickException):
    exit_code = 1


def _print(report: ComplexityReport, depth: int) -> None:
    from rich.console import Console
    from rich.text import Text

    from profiling.complexity.report import part_line

    console = Console()
    console.print(Text(report.heading))
    for part, result in report.parts.items():
        console.print()
        console.print(Text(part_line(part, result)))
        rows = [row for row in result.by_module if row.module and row.module.count(".") < depth]
        if rows:
            console.print(_grid(rows[:MODULES_SHOWN], result.macs))
        if result.unsplit:
            names = ", ".join(name or "the whole" for name in result.unsplit)
            console.print(Text(one_line(f"scripted, so their parts are not known: {names}", folded=True)))
        if len(rows) > MODULES_SHOWN:
            console.print(Text(f"and {len(rows) - MODULES_SHOWN} more modules; --format json has all"))
        if part in report.opinions and report.opinions[part].macs is not None:
            console.print(Text(f"second opinion (fvcore, contractions): {report.opinions[part].macs:,} MACs"))
        console.print(Text(one_line(f"without MACs: {_uncounted(result)}", folded=True)))


def _grid(rows: Sequence[ModuleCount], total: int) -> Table:
    """Modules under their parents; the indented name is the last part of the whole one."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    grid.add_column("module", overflow="fold")
    for title in ("parameters", "MACs", "FLOPs", "share"):
        grid.add_column(title, justify="right", no_wrap=True)
    shown: set[str] = set()
    for row in rows:
        parent, _, name = row.module.rpartition(".")
        known = parent in shown
        shown.add(row.module)
        label = Text("  " * row.module.count(".") + one_line(name if known else row.module, folded=True))
        share = f"{row.macs / total:.1%}" if total else ""
        grid.add_row(label, f"{row.parameters:,}", f"{row.macs:,}", f"{row.flops:,}", share)
    return grid


def _uncounted(result: Complexity) -> str:
    by_reason: dict[str, list[str]] = {}
    for entry in result.uncounted:
        by_reason.setdefault(entry.reason or "UNKNOWN", []).append(entry.operator.removeprefix("aten."))
    return "; ".join(f"{why}: {', '.join(names)}" for why, names in by_reason.items()) or "none"
