"""``stdtrack run``: trackers on benchmarks, resumed by default."""

from __future__ import annotations

import shlex
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from evalkit.shown import counted
from stdtrack.cli.completion import TrackerText
from stdtrack.cli.main import EXIT_SEQUENCES_FAILED
from stdtrack.cli.messages import echo_line, example
from stdtrack.cli.naming import naming_of, naming_options, project_of, tell_remarks
from stdtrack.cli.options import benchmark_option, find_own_modules, running_options, untrained_option
from stdtrack.cli.progress import Label, make_progress

if TYPE_CHECKING:
    from evalkit.running.progress import RunSummary
    from evalkit.scoring.naming import Named

Result = TypeVar("Result")
EXIT_INTERRUPTED = 130
NAMED = 10


class Shard(click.ParamType[tuple[int, int]]):
    """``i/n``: the i-th of n parts, counted from 1."""

    name = "I/N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Parse and check the range."""
        if isinstance(value, tuple):
            return value
        index, _, count = str(value).partition("/")
        if not (index.isdecimal() and count.isdecimal() and 1 <= int(index) <= int(count)):
            self.fail(f"'{value}' is no part such as 1/4", param, ctx)
        return int(index), int(count)


@click.command(
    epilog=example("stdtrack run stdtrack:nano opencv:csrt --on otb100,dtb70 --data ~/data --out runs --workers 4")
)
@click.argument("trackers", nargs=-1, required=True, metavar="TRACKER...", type=TrackerText())
@benchmark_option("Benchmarks, such as otb100,dtb70.", required=True)
@click.option("--data", type=click.Path(path_type=Path), help="Root of several benchmarks, or of one. [STDTRACK_DATA]")
@click.option("--out", "-o", type=click.Path(path_type=Path), required=True, help="Folder of results.")
@running_options
@click.option("--fresh", is_flag=True, help="Delete the results of these trackers on these benchmarks first.")
@click.option("--scheduler", metavar="ADDRESS", help="Run on the Dask cluster whose scheduler is there.")
@click.option("--shard", type=Shard(), default=(1, 1), help="The i-th of n parts of the work: 1/4.")
@untrained_option
@naming_options
def run(
    trackers: tuple[str, ...], benchmarks: tuple[str, ...], data: Path | None, out: Path, sequences: tuple[str, ...],
    exclude: tuple[str, ...], workers: int, threads: int, timeout: float, max_failures: int | None,
    retry_failed: bool, fresh: bool, scheduler: str | None, shard: tuple[int, int], allow_untrained: bool,
    names: tuple[str, ...], order: tuple[str, ...], highlight: tuple[str, ...], config: Path | None,
) -> None:  # fmt: skip
    """Run trackers on benchmarks; what is finished is not run again.

    A TRACKER is PREFIX:NAME, such as stdtrack:nano or opencv:csrt, or module:factory?option=value. Labels change what
    is shown here; results keep the trackers' own names. Trackers run in the order that is asked for.
    """
    from evalkit.scoring.naming import settle

    find_own_modules(trackers)
    named = settle(naming_of(names, order, highlight, project_of(config)), trackers)
    tell_remarks(named.remarks)
    if not allow_untrained:
        refuse_random_weights(trackers)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a batch system's warning is as good as Ctrl-C
    summary = run_watched(
        _ordered(trackers, named), named.label, on=benchmarks, data=data, out=out, sequences=sequences,
        exclude=exclude, workers=workers, threads=threads, timeout=timeout, max_failures=max_failures,
        retry_failed=retry_failed, fresh=fresh, scheduler=scheduler, shard=shard,
    )  # fmt: skip
    tell(summary, out, named.label)


def _ordered(trackers: Sequence[str], named: Named) -> tuple[str, ...]:
    """Trackers in the order of labels that is asked for, the highlighted ones first; each once."""
    of_label = {named.label(tracker): tracker for tracker in trackers}
    return tuple(of_label[label] for label in named.legend(of_label))


def refuse_random_weights(trackers: tuple[str, ...]) -> None:
    """Raise InputError for a published network that is given no weights: its results would pass for its authors'."""
    from evalkit.errors import InputError
    from evalkit.trackers.spec import TrackerSpec
    from stdtrack.peers.prefixes import is_peer

    for text in trackers:
        spec = TrackerSpec.parse(text)
        if spec.prefix == "redetect":  # options stand behind the tracker that it wraps
            spec = replace(TrackerSpec.parse(spec.name), options=spec.options)
        if is_peer(str(spec)) and not {"weights", "path"} & spec.options.keys():
            hint = f"give them by '{text}{'&' if spec.options else '?'}weights=FILE', or --allow-untrained"
            raise InputError(f"'{text}' has random weights", hint=hint)


def run_watched(trackers: tuple[str, ...], label: Label = str, **settings: Any) -> RunSummary:
    """:func:`evalkit.run` as :func:`watched` runs it."""
    import evalkit

    return watched(evalkit.run, trackers, label, **settings)


def watched(work: Callable[..., Result], trackers: tuple[str, ...], label: Label = str, **settings: Any) -> Result:
    """Run trackers with progress on stderr; Ctrl-C ends the workers, keeps what is finished, says how to go on.

    Args:
        work: :func:`evalkit.run`, or what takes the same arguments.
        label: what a tracker is called.
        settings: its arguments.
    """
    from evalkit.running.tasks import LostClusterError

    progress = make_progress(label)
    try:
        with progress:
            return work(trackers, progress=progress, **settings)
    except KeyboardInterrupt:
        stop("interrupted", begun=progress.begun)
    except LostClusterError as error:
        stop(f"interrupted: {error}", begun=progress.begun)


def stop(reason: str, *, begun: bool) -> NoReturn:
    """Say how to go on, and exit with 130.

    Args:
        begun: what ``--fresh`` deletes is gone.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave workers behind
    command = resume_command(sys.argv, begun=begun)
    click.echo(f"\n{reason}; what is finished is kept. To go on:\n  {command}", err=True)
    sys.exit(EXIT_INTERRUPTED)


def resume_command(arguments: Sequence[str], *, begun: bool) -> str:
    """The same command again; without ``--fresh``, which would delete what is finished, once the run has begun."""
    kept = [argument for argument in arguments[1:] if not (begun and argument == "--fresh")]
    return shlex.join(["stdtrack", *kept])


def tell(summary: RunSummary, out: Path, label: Label = str) -> None:
    """Say what came of it, with each tracker under its label; exits 3 when sequences failed."""
    echo_line(f"{counted(summary.finished)} run, {summary.resumed} finished before: {out}")
    if summary.stopped:
        click.echo("stopped: more failures than --max-failures; the same command goes on with the others", err=True)
    if summary.failures:
        failed = counted(len(summary.failures))
        echo_line(f"{failed} failed (see failures/; run again with --retry-failed):")
        for line in failure_lines(summary, label):
            echo_line(f"  {line}")
        sys.exit(EXIT_SEQUENCES_FAILED)


def failure_lines(summary: RunSummary, label: Label = str) -> list[str]:
    """One line for all sequences of a tracker that failed for the same reason."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for failure in summary.failures:
        tracker, benchmark, sequence = failure
        alike.setdefault((tracker, benchmark, summary.reasons[failure]), []).append(sequence)
    lines = []
    for (tracker, benchmark, reason), sequences in alike.items():
        more = f" and {len(sequences) - NAMED} more" if len(sequences) > NAMED else ""
        lines.append(f"{label(tracker)} {benchmark} {', '.join(sequences[:NAMED])}{more}: {reason}")
    return lines
