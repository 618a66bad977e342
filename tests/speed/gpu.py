"""What a GPU can tell of this project, in one go: its tests, and the speed of our networks and of the peers.

``make gpu``, or ``python -m tests.speed.gpu``: first the tests marked ``cuda``, then latency with one synchronisation a
frame and throughput without any, each tracker in the scope ``track`` and its network in the scope ``model`` on each
backend. Nothing new is begun after ``--seconds``; what was left out is listed. ``--device cpu`` tries all of it without
a GPU, but for the tests and for the backends that need one.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

import click
import numpy as np
import torch

from evalkit.errors import InputError, one_line
from evalkit.results.latencies import summarise
from evalkit.trackers.spec import load_tracker
from profiling import backends
from profiling.backends.module_runner import module_call
from profiling.complexity.tensors import tensors_in
from profiling.latency.cuda import require_cuda
from stdtrack.configs import VARIANTS
from stdtrack.peers.families import families
from tests.speed.suites import run

PAPER = "STDTrack (arXiv 2601.09078) reports 192 FPS on a GPU that it does not name, in a scope that it does not say."
TESTS = Path(__file__).parents[1]
OURS = tuple(f"stdtrack:{name}" for name in VARIANTS)
COMPILED = ("tensorrt", "tensorrt:bf16", "compile")
BACKENDS = ("eager", "cuda-graphs", "eager:bf16", *COMPILED)
"""Of our networks; the peers' run on the first two."""
FRAMES, FEWEST = 200, 20
LONGEST = 2.0
"""Seconds of one measurement, of which there are two a row."""

Step = Callable[[], object]


@dataclass(frozen=True)
class Row:
    """One measurement.

    Attributes:
        latency: (N,) seconds of frames that each end with a synchronisation.
        throughput: frames a second without any but the last.
        difference: of the outputs from eager's, the largest; None where nothing is compared.
    """

    spec: str
    scope: str
    backend: str
    latency: np.ndarray
    throughput: float
    difference: float | None = None

    def cells(self) -> tuple[str, ...]:
        """As the table shows it."""
        summary = summarise(self.latency)
        difference = "" if self.difference is None else f"{self.difference:.1e}"
        speeds = f"{summary.fps_median:.0f}", f"{self.throughput:.0f}"
        times = f"{1e3 * summary.p50:.2f}", f"{1e3 * summary.p99:.2f}", *speeds
        return self.spec, self.scope, self.backend, *times, difference


HEADINGS = ("tracker", "scope", "backend", "median ms", "p99 ms", "FPS", "frames/s, not synchronised", "from eager")


def measured(step: Step, synchronise: Callable[[], None]) -> tuple[np.ndarray, float]:
    """Latencies, then throughput, after a warm-up of :data:`FEWEST` steps."""
    for _ in range(FEWEST):
        step()
    synchronise()
    latency: list[float] = []
    end = perf_counter() + LONGEST
    while len(latency) < FEWEST or (len(latency) < FRAMES and perf_counter() < end):
        start = perf_counter()
        step()
        synchronise()
        latency.append(perf_counter() - start)
    start = perf_counter()
    for _ in range(len(latency)):
        step()
    synchronise()
    return np.array(latency), len(latency) / (perf_counter() - start)


def tracking(spec: str, device: str) -> Step:
    """A frame of a tracker: crop, network, box, on noise of the usual size."""
    tracker = load_tracker(f"{spec}?device={device}" + ("&backend=eager" if spec in OURS else ""))
    images = np.random.default_rng(0).integers(0, 256, (8, 480, 640, 3), dtype=np.uint8)
    tracker.init(images[0], np.array([300.0, 220.0, 60.0, 60.0]))
    turn = iter(range(sys.maxsize))
    return lambda: tracker.update(images[next(turn) % len(images)])


def network(spec: str, backend: str, device: str) -> tuple[Step, float | None]:
    """A call of a tracker's network on a backend, and its largest difference from eager on a crop of noise."""
    module, (search, *memory) = load_tracker(f"{spec}?device={device}").complexity_parts()["frame"]
    noise = torch.randn(search.shape, generator=torch.Generator().manual_seed(0)).to(search)
    part = module, (noise, *memory)
    step = module_call(part, backend, device)
    if backend == "eager":
        return step, None
    pairs = zip(tensors_in(module_call(part, "eager", device)()), tensors_in(step()), strict=True)
    return step, max(float((one.float() - other.float()).abs().max()) for one, other in pairs)


def plan(device: str) -> Iterator[tuple[str, str, str]]:
    """Tracker, scope and backend of each row: the most telling first, and last what has to be compiled for minutes."""
    kind = device.partition(":")[0]
    usable = [name for name in BACKENDS if kind in backends.BACKENDS.find(name.partition(":")[0]).devices]
    quick = [name for name in usable if name not in COMPILED]
    peers = sorted(f"{family.prefix}:{name}" for family in families() for name in family.variants)
    for spec in (*OURS, *peers):
        yield spec, "track", "eager"
        yield from ((spec, "model", backend) for backend in (quick if spec in OURS else quick[:2]))
    yield from ((spec, "model", backend) for backend in COMPILED if backend in usable for spec in OURS)


def rows(device: str, end: float, say: Callable[[str], None]) -> Iterator[Row]:
    """Each row as it is measured; what fails or is not installed is told and left out."""
    synchronise = torch.cuda.synchronize if device.startswith("cuda") else lambda: None
    left = [*plan(device)]
    while left and perf_counter() < end:
        spec, scope, backend = left.pop(0)
        try:
            difference = None
            if scope == "track":
                step = tracking(spec, device)
            else:
                step, difference = network(spec, backend, device)
            yield Row(spec, scope, backend, *measured(step, synchronise), difference)
        except InputError as error:
            say(f"{spec}, {backend}: {error}")
        except Exception as error:  # noqa: BLE001 - compilers and drivers raise what they like; the others go on
            say(f"{spec}, {backend}: failed: {one_line(error)}")
    if left:
        say(f"time was over before: {', '.join(' '.join(each) for each in left)}")


def cuda_tests(seconds: float) -> str:
    """Run the tests that need a GPU; their summary."""
    files = [str(file) for file in sorted(TESTS.rglob("test_*.py")) if "mark.cuda" in file.read_text(encoding="utf-8")]
    command = [sys.executable, "-m", "pytest", "-q", "-m", "cuda", "-p", "no:cacheprovider", *files]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return f"not done after {seconds:.0f} seconds"
    return "\n".join(done.stdout.splitlines()[-12:]) or done.stderr[-2000:]


def circumstances(device: str) -> Iterator[str]:
    """What the figures depend on."""
    if device.startswith("cuda"):
        yield f"{torch.cuda.get_device_name(device)}, CUDA {torch.version.cuda}, torch {torch.__version__}"
        tf32 = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
        yield f"TF32 in products: {tf32[0]}, in convolutions: {tf32[1]}"
    else:
        yield f"NO GPU: a trial of the script on the CPU ({torch.get_num_threads()} threads), torch {torch.__version__}"


@click.command(help=__doc__)
@click.option("--device", default="cuda", show_default=True, help="cuda, cuda:1 or cpu.")
@click.option("--seconds", type=float, default=420.0, show_default=True, help="After them nothing new is begun.")
def main(device: str, seconds: float) -> None:
    start = perf_counter()
    if device.startswith("cuda"):
        require_cuda()
        click.echo(f"tests marked cuda: {cuda_tests(seconds / 2)}")
    for line in circumstances(device):
        click.echo(line)
    say = partial(click.echo, err=True)
    lines: list[Sequence[str]] = [HEADINGS, ["---"] * len(HEADINGS)]
    for row in rows(device, start + seconds, say):
        lines.append(row.cells())
        say(" ".join(row.cells()))
    click.echo("\n" + "\n".join("| " + " | ".join(cells) + " |" for cells in lines))
    click.echo(f"\n{PAPER}\n{perf_counter() - start:.0f} seconds")


if __name__ == "__main__":
    run(lambda arguments: main(list(arguments), standalone_mode=False) or 0)
