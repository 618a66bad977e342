"""Eight bits for an ONNX file that no adapter knows: ranges from given inputs, judged by the outputs on others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import InputError, one_line
from evalkit.shown import escape_markdown
from evalkit.trackers.onnx import Session
from profiling.backends.onnx_int8 import Arrays, Quantiser, input_shapes, input_types, relative_error
from profiling.latency.interleave import interleave
from profiling.latency.statistics import Ratio, paired_ratio
from profiling.machine.hardware import machine, machine_lines, machine_state
from reports.cells import Table
from reports.markup import markdown
from stdtrack.compression.card import COMPRESSED, ORIGINAL, interval, side_by_side, write_card
from stdtrack.compression.int8 import SAMPLES, Quantised, most_in_eight_bits, spread
from stdtrack.compression.onnx_inputs import read_samples

ROUNDS = 20
"""At least so many, of all judging samples each."""


@dataclass(frozen=True)
class FileCard:
    """An ONNX file and what was made of it.

    Attributes:
        file: the original.
        made: the file in eight bits.
        quantised: what became of its layers.
        agreement: 1 - squared difference / square of each output, mean over the samples that judge.
        bytes: of both files.
        p50_ms: median of one call, of both, in one interleaved run.
        ratio: made / original; from the fast calls of each.
        samples: how many gave ranges, and how many judge.
        circumstances: machine, load and versions.
        threads: of ONNX Runtime while it was timed.
    """

    file: str
    made: str
    quantised: Quantised
    agreement: Mapping[str, float]
    bytes: tuple[int, int]
    p50_ms: tuple[float, float]
    ratio: Ratio
    samples: tuple[int, int]
    circumstances: Sequence[str]
    threads: int

    def write(self, folder: Path) -> None:
        """Write ``card.json`` and ``card.md``; raises InputError where the folder cannot be written."""
        write_card(folder, asdict(self), self.markdown())

    def table(self) -> Table:
        """Both side by side."""
        rows = [
            ("file", self.file, self.made),
            ("size of the file", *(f"{size / 1e6:.2f} MB" for size in self.bytes)),
            ("median of a call", *(f"{time:.3f} ms" for time in self.p50_ms)),
        ]
        return side_by_side(rows, self.threads)

    def markdown(self) -> str:
        """The card as a page."""
        below = [
            f"A call takes {self.ratio.value:.3f} times the original's{interval(self.ratio)}.",
            *(f"Agreement of {name}: {value:.4f}." for name, value in self.agreement.items()),
            f"Ranges are of {self.samples[0]} samples of the inputs given, figures of {self.samples[1]} others.",
            *self.circumstances,
        ]
        lines = [f"# {escape_markdown(self.file)}, compressed", "", f"* {escape_markdown(self.quantised.described())}"]
        return "\n".join([*lines, "", markdown(self.table()), *(f"{escape_markdown(line)}\n" for line in below)])


def quantise_file(
    path: Path,
    inputs: Path,
    target: Path,
    work: Path,
    *,
    agreement: float,
    threads: int,
    min_time: float,
    tell: Callable[[str], None],
) -> FileCard:
    """Write a network in eight bits into the folder ``target``, under its own name, and compare the two.

    Every other sample gives ranges, and says which layers stay in float where the outputs' agreement is below
    ``agreement``; the others judge.

    Args:
        inputs: see :func:`read_samples`.
        work: a folder for files that are needed meanwhile.

    Raises:
        InputError: the file or the inputs cannot be used, or ONNX Runtime cannot quantise the network.
    """
    samples = read_samples(inputs, input_shapes(path), input_types(path))
    shown, judging = spread(samples[::2], SAMPLES), samples[1::2]
    quantiser = Quantiser.of(path, shown, work)
    original = Session(path, threads)
    try:
        truth = [original(**sample) for sample in shown]
    except Exception as error:  # ONNX Runtime's errors have no class in common
        raise InputError(f"does not run on these inputs: {one_line(error)}", path=path) from error

    def agreed(trial: Path) -> float:
        changed = Session(trial / path.name, threads)
        errors = [relative_error(changed(**sample), right) for sample, right in zip(shown, truth, strict=True)]
        return 1.0 - float(np.mean(errors))

    best, quantised = most_in_eight_bits({path.name: quantiser}, agreed, work, agreement=agreement, tell=tell)
    made = target / path.name
    (best / path.name).rename(made)
    tell("comparing both")
    compressed, before = Session(made, threads), machine_state()
    times, ratio = _timed({ORIGINAL: original, COMPRESSED: compressed}, judging, min_time)
    return FileCard(
        file=str(path),
        made=str(made),
        quantised=quantised,
        agreement=_agreement(original, compressed, judging),
        bytes=(path.stat().st_size, made.stat().st_size),
        p50_ms=times,
        ratio=ratio,
        samples=(len(shown), len(judging)),
        circumstances=[f"{line}." for line in machine_lines(machine(), before, machine_state())],
        threads=threads,
    )


def _timed(
    sessions: Mapping[str, Session], samples: Sequence[Arrays], min_time: float
) -> tuple[tuple[float, float], Ratio]:
    """Median milliseconds of each, and how many times longer the second one takes."""

    def one_round(name: str, _: int) -> NDArray[np.float64]:
        session, seconds = sessions[name], []
        for sample in samples:
            start = perf_counter()
            session(**sample)
            seconds.append(perf_counter() - start)
        return np.array(seconds)

    slowest = max(one_round(name, 0).sum() for name in sessions)
    rounds = max(ROUNDS, int(np.ceil(min_time / slowest)))
    results = interleave([*sessions], one_round, rounds, failure=RuntimeError).results
    first, second = (float(1e3 * np.median(np.concatenate(results[name]))) for name in (ORIGINAL, COMPRESSED))
    return (first, second), paired_ratio(results[COMPRESSED], results[ORIGINAL])


def _agreement(original: Session, compressed: Session, samples: Sequence[Arrays]) -> dict[str, float]:
    """By output of floating-point numbers: 1 - squared difference / square, mean over samples."""
    pairs = [(original.by_name(**sample), compressed.by_name(**sample)) for sample in samples]
    floating = [name for name, output in pairs[0][0].items() if np.issubdtype(output.dtype, np.floating)]
    return {
        name: 1.0 - float(np.mean([relative_error([changed[name]], [right[name]]) for right, changed in pairs]))
        for name in floating
    }
