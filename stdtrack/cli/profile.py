"""``stdtrack profile``: latency, memory and energy of trackers, interleaved, beside their accuracy."""

from __future__ import annotations

import sys
from collections import Counter
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.errors import InputError
from evalkit.suggestions import suggestion
from evalkit.trackers.spec import TrackerSpec
from stdtrack.cli.main import EXIT_SEQUENCES_FAILED
from stdtrack.cli.messages import echo_line
from stdtrack.cli.options import FRAME_TIMEOUT, Positive, Word, comma_list, find_own_modules

if TYPE_CHECKING:
    from profiling.latency.clips import ClipName
    from profiling.latency.results import ProfileTarget
    from reports.tables import Table

# These take device and backend as options of their spec; the others run on the CPU with the one backend they have.
WITH_OPTIONS = ("stdtrack",)
WITHOUT_OPTIONS = ("opencv", "onnx", "trax", "process")
ON_TERMINAL = ("latency", "ratios", "resources", "accuracy")


@click.command()
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@click.option(
    "--out",
    "-o",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder of tables, plots and JSON.",
)
@click.option("--data", type=click.Path(path_type=Path), help="Root of benchmarks; rendered scenes without. "
              "[STDTRACK_DATA]")  # fmt: skip
@comma_list("--on", "benchmarks", metavar="BENCHMARK[,...]", help="Only these benchmarks under the root.")
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
def profile(
    specs: tuple[str, ...], out: Path, data: Path | None, benchmarks: tuple[str, ...], device: str,
    threads: tuple[str, ...], backends: tuple[str, ...], scopes: tuple[str, ...], min_time: float, timeout: float,
) -> None:  # fmt: skip
    """Measure trackers side by side: latency in three scopes, memory, energy, accuracy on the same frames.

    A SPEC is a tracker (stdtrack:nano, opencv:csrt, module:factory), or a module:factory that returns (module,
    example_inputs), which has the scope model alone. Exit code 3 when a tracker failed; the others are kept.
    """
    from profiling.latency.profiler import profile_targets
    from profiling.latency.steps import SCOPES
    from stdtrack.cli.profile_files import circumstances, write_profile
    from stdtrack.cli.progress import tell_remark

    find_own_modules(specs)
    wrong = sorted(set(scopes) - set(SCOPES))
    if wrong:
        raise InputError(f"unknown scope '{wrong[0]}'", hint=suggestion(wrong[0], SCOPES))
    if device == "cuda":
        from profiling.latency.cuda import require_cuda

        require_cuda()
    targets = targets_of(specs, _numbers(threads), backends, device)
    clips = _clips(data, benchmarks, out)
    _make(out)
    comparison = profile_targets(targets, clips, min_time=min_time, timeout=timeout, note=echo_line, remark=tell_remark)
    shown = write_profile(comparison, scopes or SCOPES, out, echo_line)
    _print(circumstances(comparison), [table for table in shown if table.name in ON_TERMINAL], out)
    for label, problem in comparison.failures.items():
        echo_line(f"failed: {label}: {problem}")
    if comparison.failures:
        sys.exit(EXIT_SEQUENCES_FAILED)


def targets_of(
    specs: tuple[str, ...], threads: tuple[int, ...], backends: tuple[str, ...], device: str
) -> list[ProfileTarget]:
    """Every spec with every number of threads and every backend that it can have."""
    parsed = [TrackerSpec.parse(text) for text in dict.fromkeys(specs)]
    plain = Counter(f"{spec.prefix}:{spec.name}" for spec in parsed)
    targets: dict[str, ProfileTarget] = {}
    for spec in parsed:
        short = f"{spec.prefix}:{spec.name}"
        name = short if plain[short] == 1 else str(spec)  # options are shown where they tell specs apart
        own = spec.prefix in WITHOUT_OPTIONS
        for backend, count in product(("",) if own else backends or ("",), threads):
            target = _target(spec, name, count, backend, "cpu" if own else device)
            targets[target.label] = target
    return list(targets.values())


def _target(spec: TrackerSpec, name: str, threads: int, backend: str, device: str) -> ProfileTarget:
    from profiling.backends.module_runner import split_backend
    from profiling.latency.results import ProfileTarget

    engine, precision = split_backend(backend, device) if backend else ("", "")
    if spec.prefix not in WITH_OPTIONS:
        return ProfileTarget(str(spec), threads, device, backend, name)
    options = dict(spec.options) | ({"backend": engine, "precision": precision} if backend else {})
    if device != "cpu":
        options["device"] = device
    return ProfileTarget(str(TrackerSpec(spec.prefix, spec.name, options)), threads, device, backend, name)


def _clips(data: Path | None, benchmarks: tuple[str, ...], out: Path) -> tuple[ClipName, ...]:
    from evalkit.benchmarks.synthetic.writer import render
    from evalkit.paths import data_root
    from profiling.latency.clips import choose_clips
    from profiling.latency.steps import SHORTEST_CLIP

    root = data_root(data)
    if root is None:
        root = out / "data"
        echo_line(f"no --data: rendering scenes into {root}")
        render(root, 0)
    return choose_clips(root, SHORTEST_CLIP, benchmarks)


def _make(folder: Path) -> None:
    """Make the folder of the results now: after the measurement would be too late to hear that it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"the folder cannot be made: {error.strerror}", path=folder, hint="choose another --out"
        ) from error


def _numbers(threads: tuple[str, ...]) -> tuple[int, ...]:
    for text in threads:
        if not (text.isdecimal() and int(text) > 0):
            raise InputError(f"--threads {text} is no positive number")
    return tuple(int(text) for text in threads) or (1,)


def _print(lines: list[str], tables: list[Table], out: Path) -> None:
    from rich.console import Console
    from rich.text import Text

    from evalkit.shown import one_line
    from stdtrack.cli.terminal import print_table

    console = Console()
    for line in lines:
        console.print(Text(one_line(line, folded=True)))
    for table in tables:
        console.print()
        print_table(table, console)
    console.print(Text(one_line(f"all tables: {out / 'profile.md'}; CSV, LaTeX and plots beside it", folded=True)))
