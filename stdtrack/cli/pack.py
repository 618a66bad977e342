"""``stdtrack pack``: submissions to the servers of GOT-10k, TrackingNet and OxUvA, written and checked."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.errors import InputError
from evalkit.suggestions import some
from stdtrack.cli.main import EXIT_CHECK_FAILED, Group
from stdtrack.cli.messages import echo_line, example
from stdtrack.cli.options import data_options
from stdtrack.cli.results import say

if TYPE_CHECKING:
    from evalkit.benchmarks.base import Benchmark

_SHOWN = 50
_RUNS = click.Path(path_type=Path, exists=True)
_OUT = click.option("--out", "-o", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The zip file.")


@click.group(cls=Group)
def pack() -> None:
    """Write and check what the servers of GOT-10k, TrackingNet and OxUvA take."""


@pack.command(epilog=example("stdtrack pack got10k runs --data ~/data --out got10k.zip"))
@click.argument("runs", type=_RUNS)
@data_options
@_OUT
def got10k(runs: Path, data: Path | None, annotations: Path | None, out: Path) -> None:
    """Pack results on GOT-10k's test split, with the time of every frame."""
    write("got10k", runs, data, annotations, out)


@pack.command(epilog=example("stdtrack pack trackingnet runs --data ~/data --out trackingnet.zip"))
@click.argument("runs", type=_RUNS)
@data_options
@_OUT
def trackingnet(runs: Path, data: Path | None, annotations: Path | None, out: Path) -> None:
    """Pack results on TrackingNet's test set."""
    write("trackingnet", runs, data, annotations, out)


@pack.command(epilog=example("stdtrack pack oxuva runs --data ~/data --out oxuva.zip"))
@click.argument("runs", type=_RUNS)
@data_options
@_OUT
@click.option("--split", type=click.Choice(("test", "dev")), default="test", show_default=True, help="Of its sets.")
def oxuva(runs: Path, data: Path | None, annotations: Path | None, out: Path, split: str) -> None:
    """Pack results on OxUvA as its own CSV tables, which its server and its authors' code take."""
    write("oxuva", runs, data, annotations, out, {"split": split})


@pack.command(epilog=example("stdtrack pack verify got10k.zip --data ~/data"))
@click.argument("archive", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="ZIP")
@data_options
def verify(archive: Path, data: Path | None, annotations: Path | None) -> None:
    """Check a submission line by line, whoever wrote it; exits 1 if the server would refuse it."""
    from evalkit.results.submission import check_members, kind_of, read_submission

    members, problems = read_submission(archive)
    kind = kind_of(members)
    names, lengths = expected(kind, open_if_given(kind, data, annotations))
    problems += check_members(members, kind, names, lengths)
    for problem in problems[:_SHOWN]:
        echo_line(f"{archive.name}: {problem}", err=False)
    if len(problems) > _SHOWN:
        echo_line(f"{archive.name}: and {len(problems) - _SHOWN} more", err=False)
    if problems:
        echo_line(f"{len(problems)} problems, as a submission to {kind}")
        sys.exit(EXIT_CHECK_FAILED)
    unchecked = "" if lengths else "; row counts not checked: give --data"
    echo_line(f"{archive.name}: {len(members)} files, a submission to {kind} without problems{unchecked}", err=False)


def write(
    kind: str,
    runs: Path,
    data: Path | None,
    annotations: Path | None,
    out: Path,
    options: Mapping[str, str] | None = None,
) -> None:
    """Pack the one tracker whose results lie in ``runs``; ``options`` are the benchmark's, else of its test set."""
    from evalkit.results.manifest import recorded_benchmark
    from evalkit.results.packing import pack as pack_results
    from evalkit.results.trees import own_form, read_tree

    benchmark = open_if_given(kind, data, annotations, options)
    recorded = recorded_benchmark(runs, kind) if benchmark is None else None
    if recorded is not None and recorded[1].exists():
        benchmark = open_if_given(kind, recorded[1], None, options)
    names, lengths = expected(kind, benchmark)
    known = names or sequence_names(runs)
    trackers = read_tree(runs, kind, known, own_form(benchmark))
    if len(trackers) > 1:
        found = some([tracker.tracker for tracker in trackers])
        raise InputError(f"results of several trackers: {found}", path=runs, hint="give the folder of one")
    if trackers[0].fault is not None:
        raise trackers[0].fault
    say(kind, [trackers[0].strays] if trackers[0].strays else [])
    count = pack_results(trackers[0], kind, out, names, lengths, benchmark)
    echo_line(f"{out}: {count} sequences of {trackers[0].tracker} for {kind}", err=False)


def sequence_names(runs: Path) -> tuple[str, ...]:
    """Names that the result files have, where no list says which sequences there are."""
    from evalkit.results.files import lies_beside, list_tree, stem

    return tuple(sorted({stem(path) for path in list_tree(runs).files if not lies_beside(path)}))


def open_if_given(
    kind: str, data: Path | None, annotations: Path | None, options: Mapping[str, str] | None = None
) -> Benchmark | None:
    """The test set, or the part with these options, where the user says it lies."""
    from evalkit.benchmarks.base import BenchmarkSpec
    from evalkit.benchmarks.registry import open_benchmark
    from evalkit.results.submission import rules_of

    if data is None and annotations is None:
        return None
    spec = BenchmarkSpec(kind, options or rules_of(kind).options)
    return open_benchmark(str(spec), data=data, annotations=annotations)


def expected(kind: str, benchmark: Benchmark | None) -> tuple[tuple[str, ...], dict[str, int]]:
    """Names of the sequences that the server expects and their lengths, as far as known."""
    from evalkit.results.submission import rules_of

    if benchmark is None:
        return rules_of(kind).names, {}
    inventory = benchmark.inventory()
    lengths = {name: len(benchmark.sequence(name)) for name in inventory.present}
    return (*inventory.present, *inventory.missing), {name: count for name, count in lengths.items() if count > 1}
