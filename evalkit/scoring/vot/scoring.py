"""Supervised VOT results under a toolkit's rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from evalkit.errors import InputError
from evalkit.results.tracker_results import TrackerResults
from evalkit.scoring.opening import Annotation, missing_sequences
from evalkit.scoring.protocols import supervised_rules
from evalkit.scoring.rules import Length, Measures, SupervisedRules
from evalkit.scoring.scores import BenchmarkScore, Curve, SequenceScore
from evalkit.scoring.vot.measures import (
    WINDOWS,
    Supervised,
    SupervisedRun,
    ar_point,
    by_pysot,
    by_toolkit,
    eao_by_pysot,
    eao_by_toolkit,
)
from evalkit.scoring.vot.overlap import uncut_regions
from evalkit.scoring.vot.trajectory import (
    INIT,
    Trajectory,
    from_regions,
    is_supervised,
    parse_trajectory,
    restarted_without_code,
)
from evalkit.types import Vector

_FAR = 1e5


_Measure = Callable[[Sequence[SupervisedRun]], Supervised]
_Eao = Callable[[Vector, tuple[int, int]], float]
_CODE: Mapping[Measures, tuple[_Measure, _Eao]] = {
    Measures.VOT_TOOLKIT: (by_toolkit, eao_by_toolkit),
    Measures.PYSOT: (by_pysot, eao_by_pysot),
}

REASONS = (
    "pixels: vot-toolkit takes a rectangle as x to x + w - 1 and rounds before it scans; pysot as the polygon of its "
    "corners, x to x + w, rounded after the move into the raster",
    "accuracy: vot-toolkit averages sequences by their length; pysot all frames together",
    "robustness: vot-toolkit gives failures a sequence, weighted by length; pysot failures in 100 frames",
    "fragments: vot-toolkit's begin at an initialisation and end before the failure; pysot's begin five frames after a "
    "failure and reach to the next start",
    "interval: vot-toolkit averages EAO over lengths low to high; pysot over low - 1 to high - 1, empty lengths as 0",
)
"""Why the two toolkits come to different figures."""


def holds_supervised(results: TrackerResults, benchmark: str) -> bool:
    """The results are of VOT's supervised experiment, not of one pass over each sequence; one such file will do."""
    files = (file for repetitions in results.files.values() for file in repetitions)
    return benchmark in WINDOWS and any(is_supervised(file.read()) for file in files)


def score_supervised(results: TrackerResults, annotation: Annotation, protocol: str = "official") -> BenchmarkScore:
    """Accuracy, robustness and EAO of one tracker.

    Raises:
        InputError: the protocol has no supervised measures, or a result is no trajectory of its sequence.
    """
    rules = supervised_rules(protocol)
    measure, eao_of = _CODE[rules.measures]
    benchmark = annotation.benchmark
    names = [name for name in annotation.inventory.present if name in results.files]
    found_runs = [_run(name, results, annotation, rules) for name in names]
    runs = [run for run, _ in found_runs]
    if not runs:
        raise InputError(f"{results.tracker} has no result on {benchmark.name}")
    measured = measure(runs)
    eao = eao_of(measured.curve, WINDOWS[benchmark.name])
    pairs = zip(runs, measured.sequence_accuracy.tolist(), measured.sequence_failures.tolist(), strict=True)
    uncut = uncut_regions(run.size for run in runs)
    notes = [f"{measured.failures:g} failures; rules of {rules.source}"]
    notes += _some([warning for _, warnings in found_runs for warning in warnings])
    if rules.measures is Measures.VOT_TOOLKIT:
        point = ar_point(measured, float(np.mean([len(run.truth) for run in runs])))
        notes.append(f"AR plot: reliability {point[0]:.4f}, accuracy {point[1]:.4f}")
    if uncut:
        notes.append(uncut)
    return BenchmarkScore(
        tracker=results.tracker,
        benchmark=benchmark.key,
        protocol=protocol,
        metrics={"accuracy": measured.accuracy, "robustness": measured.robustness, "eao": eao},
        curves={"eao": Curve(np.arange(len(measured.curve), dtype=np.float64), measured.curve)},
        sequences=tuple(_sequence_score(run, *figures) for run, *figures in pairs),
        sequences_total=annotation.inventory.total,
        missing=missing_sequences(results.files, annotation),
        notes=tuple(notes),
        total_verified=annotation.inventory.verified,
        shortcoming=uncut,
        excluded=annotation.inventory.excluded,
        experiment="supervised",
    )


def _run(
    name: str, results: TrackerResults, annotation: Annotation, rules: SupervisedRules
) -> tuple[SupervisedRun, list[str]]:
    """One sequence, and what its user should know of it."""
    sequence = annotation.sequence(name)
    truth = from_regions(sequence.native, sequence.polygons)
    files = results.files[name]
    repetitions = [parse_trajectory(file.read(), file.place, nan_is_unknown=rules.nan_is_unknown) for file in files]
    warnings = []
    for index, (file, trajectory) in enumerate(zip(files, repetitions, strict=True)):
        run_name = results.name_of_run(name, index)
        _check(trajectory, file.place, bounded=sequence.size is not None)
        row = restarted_without_code(trajectory)
        if row is not None:
            warnings.append(f"{run_name}, row {row + 1}: a region after a failure without the code 1 of a new start")
        if len(trajectory) != len(truth):
            problem = f"{len(trajectory)} rows, but {name} has {len(truth)} frames"
            if rules.length is Length.EXACT:
                raise InputError(problem, path=file.place, hint=f"{rules.source} refuses this")
            warnings.append(f"{run_name}: {problem}; cut to the shortest")
    length = min(len(truth), *map(len, repetitions))
    cut = tuple(_cut(each, length) for each in repetitions)
    return SupervisedRun(name, _cut(truth, length), cut, sequence.size), warnings


def _check(trajectory: Trajectory, place: str, *, bounded: bool) -> None:
    """Refuse what is no supervised run, and regions whose pixels nothing bounds."""
    if trajectory.codes[0] != INIT:
        hint = "results of one pass have none in any file"
        raise InputError("a supervised run begins with the code 1 of an initialisation", path=place, row=1, hint=hint)
    far = np.zeros(1, dtype=bool) if bounded else (np.abs(trajectory.numbers) > _FAR).any(axis=1)
    if far.any():
        raise InputError(
            f"a coordinate beyond {_FAR:g}, where the image size is unknown",
            path=place,
            row=int(far.argmax()) + 1,
            hint="where VOT's files `sequence` lie beside the ground truth, regions are cut at the border",
        )


def _some(warnings: list[str]) -> list[str]:
    more = f", and {len(warnings) - 1} more warnings of results" if len(warnings) > 1 else ""
    return [f"WARNING: {warnings[0]}{more}"] if warnings else []


def _cut(trajectory: Trajectory, length: int) -> Trajectory:
    return replace(trajectory, codes=trajectory.codes[:length], numbers=trajectory.numbers[:length])


def _sequence_score(run: SupervisedRun, accuracy: float, failures: float) -> SequenceScore:
    return SequenceScore(
        sequence=run.sequence,
        frames=len(run.truth),
        metrics={"accuracy": accuracy, "failures": failures},
        curves={},
        overlaps=np.empty(0),
        errors=np.empty(0),
    )
