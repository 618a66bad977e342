"""``stdtrack profile``: latency, memory and energy of trackers, interleaved, beside their accuracy."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.errors import InputError
from evalkit.running.heartbeat import FRAME_TIMEOUT
from stdtrack.cli.bars import late_bar
from stdtrack.cli.completion import TrackerText
from stdtrack.cli.main import EXIT_SEQUENCES_FAILED
from stdtrack.cli.messages import echo_line, example
from stdtrack.cli.naming import naming_of, naming_options, project_of, tell_remarks
from stdtrack.cli.options import Positive, Word, benchmark_option, comma_list, find_own_modules

if TYPE_CHECKING:
    from reports.tables import Table

ON_TERMINAL = ("latency", "ratios", "resources", "accuracy", "published")
PEERS = "peers"


@click.command(epilog=example("stdtrack profile stdtrack:nano opencv:csrt --min-time 5 --out profile"))
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...", type=TrackerText())
@click.option(
    "--out",
    "-o",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder of tables, plots and JSON.",
)
@click.option("--only", type=Word("lightweight"), help="Of the set `peers`: at most 10 GMACs a frame.")
@click.option("--data", type=click.Path(path_type=Path), help="Root of benchmarks; rendered scenes without. "
              "[STDTRACK_DATA]")  # fmt: skip
@benchmark_option("Only these benchmarks under the root.")
@click.option("--device", type=Word("cpu", "cuda"), default="cpu", show_default=True)
@comma_list("--threads", metavar="N[,...]", help="Numbers of threads. [default: 1]")
@comma_list(
    "--backend", "backends", metavar="NAME[:PRECISION][,...]", help="Backends of the networks. [default: their own]"
)
@comma_list(
    "--scope",
    "scopes",
    words=("model", "track", "pipeline"),
    metavar="model|track|pipeline",
    help="What to report. [default: all three]",
)
@click.option("--min-time", type=Positive(), default=10.0, show_default=True,
              help="Seconds measured of each tracker.")  # fmt: skip
@click.option("--timeout", type=Positive(), default=FRAME_TIMEOUT, show_default=True,
              help="Seconds a frame may take.")  # fmt: skip
@naming_options
def profile(
    specs: tuple[str, ...], out: Path, only: str | None, data: Path | None, benchmarks: tuple[str, ...], device: str,
    threads: tuple[str, ...], backends: tuple[str, ...], scopes: tuple[str, ...], min_time: float, timeout: float,
    names: tuple[str, ...], order: tuple[str, ...], highlight: tuple[str, ...], config: Path | None,
) -> None:  # fmt: skip
    """Measure trackers side by side: latency in three scopes, memory, energy, accuracy on the same frames.

    A SPEC is a tracker (stdtrack:nano, opencv:csrt, module:factory), or a module:factory that returns (module,
    example_inputs), which has the scope model alone. `peers` is a set: our own networks, the published trackers that
    are built here, and OpenCV's, with measured beside published speeds. Exit code 3 when a tracker failed; the others
    are kept.
    """
    from functools import partial

    import stdtrack
    from evalkit.scoring.naming import settle
    from profiling.front import check_scopes
    from profiling.latency.steps import SCOPES
    from profiling.latency.targets import spec_names
    from stdtrack.api.profile_files import circumstances
    from stdtrack.api.profiling import make_folder
    from stdtrack.cli.progress import tell_remark

    specs = _with_sets(specs, only)
    find_own_modules(specs)
    check_scopes(scopes)
    shorts = spec_names(specs)
    named = settle(naming_of(names, order, highlight, project_of(config)), dict.fromkeys(shorts.values()), shorts)
    tell_remarks(named.remarks)
    with late_bar(background=False):
        comparison = stdtrack.profile(
            list(specs), data=data, on=benchmarks, threads=_numbers(threads), device=device, backends=backends,
            min_time=min_time, timeout=timeout, note=echo_line, remark=tell_remark, scenes=out / "data",
            ready=partial(make_folder, out),
        ).named(named.as_project())  # fmt: skip
        shown = comparison.save(out, scopes or SCOPES, echo_line)
    _print(circumstances(comparison), [table for table in shown if table.name in ON_TERMINAL], out)
    for label, problem in comparison.failures.items():
        echo_line(f"failed: {label}: {problem}")
    if comparison.failures:
        sys.exit(EXIT_SEQUENCES_FAILED)


def _with_sets(specs: tuple[str, ...], only: str | None) -> tuple[str, ...]:
    """The specs, with those of the set in its place; each once."""
    if PEERS not in specs:
        if only:
            raise InputError(f"--only {only} chooses among a set", hint=f"write stdtrack profile {PEERS}")
        return specs
    from stdtrack.peers.families import specs as peer_specs

    listed = [spec for text in specs for spec in (peer_specs(only or "") if text == PEERS else [text])]
    return tuple(dict.fromkeys(listed))


def _numbers(threads: tuple[str, ...]) -> tuple[int, ...]:
    for text in threads:
        if not (text.isdecimal() and int(text) > 0):
            raise InputError(f"--threads {text} is no positive number")
    return tuple(int(text) for text in threads) or (1,)


def _print(lines: list[str], tables: list[Table], out: Path) -> None:
    from rich.console import Console
    from rich.text import Text

    from evalkit.shown import one_line
    from reports.terminal import print_table

    console = Console()
    for line in lines:
        console.print(Text(one_line(line, folded=True)))
    for table in tables:
        console.print()
        print_table(table, console)
    console.print(Text(one_line(f"all tables: {out / 'profile.md'}; CSV, LaTeX and plots beside it", folded=True)))
