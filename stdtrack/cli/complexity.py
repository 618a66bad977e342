"""``stdtrack complexity``: parameters, MACs and FLOPs of any tracker or module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from profiling.complexity_report import ComplexityReport

MODULES_SHOWN = 40


@click.command()
@click.argument("spec")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--allow-uncounted", is_flag=True, help="Count the rest where an operator is unknown, and list it.")
@click.option("--depth", type=click.IntRange(0), default=2, show_default=True, help="Levels of modules in the text.")
def complexity(spec: str, form: str, allow_uncounted: bool, depth: int) -> None:
    """Count parameters, MACs and FLOPs (= 2 MACs) of SPEC, a tracker or module:factory.

    A factory returns (module, example_inputs). Exit code 1 if two independent counters differ by more than 1 %.
    """
    import json
    import os
    import sys

    from profiling.complexity_report import report_complexity

    sys.path.append(os.getcwd())  # module:factory may lie in the working folder, as with python -m
    report = report_complexity(spec, allow_uncounted=allow_uncounted)
    if form == "json":
        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        _print(report, depth)
    for part, opinion in report.opinions.items():
        if opinion.problem:
            click.echo(f"{part}: no second opinion: {opinion.problem}", err=True)
    if report.disagreement and not allow_uncounted:
        raise _CountersDisagree(report.disagreement)


class _CountersDisagree(click.ClickException):
    exit_code = 1


def _print(report: ComplexityReport, depth: int) -> None:
    click.echo(f"{report.spec}: {report.parameters:,} parameters")
    for part, result in report.parts.items():
        click.echo(f"\n{part}: {result.macs:,} MACs = {result.flops:,} FLOPs ({result.counter})")
        rows = [row for row in result.by_module if row.module and row.module.count(".") < depth]
        for row in rows[:MODULES_SHOWN]:
            indent = "  " * (row.module.count(".") + 1)
            click.echo(f"{indent}{row.module:<36} {row.parameters:>12,} parameters {row.macs:>16,} MACs")
        if len(rows) > MODULES_SHOWN:
            click.echo(f"  and {len(rows) - MODULES_SHOWN} more modules; --format json has all")
        if part in report.opinions and report.opinions[part].macs is not None:
            click.echo(f"  second opinion (fvcore, contractions): {report.opinions[part].macs:,} MACs")
        by_reason: dict[str, list[str]] = {}
        for entry in result.uncounted:
            by_reason.setdefault(entry.reason or "UNKNOWN", []).append(entry.operator.removeprefix("aten."))
        click.echo("  without MACs: " + "; ".join(f"{why}: {', '.join(names)}" for why, names in by_reason.items()))
