"""Results files and annotation under a protocol: from a tracker's files to its figures on a benchmark."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace

import numpy as np
from numpy.typing import NDArray

from evalkit.benchmarks.base import Benchmark, Inventory, without
from evalkit.errors import InputError
from evalkit.results.files import ResultFile
from evalkit.results.formats.result_file import parse_result, rows_without_box
from evalkit.results.formats.values import read_confidence, read_said_visible
from evalkit.results.tracker_results import TrackerResults
from evalkit.scoring.aggregation import combine, score_sequence
from evalkit.scoring.digests import digest_of
from evalkit.scoring.protocols import AnyRules, rules_for
from evalkit.scoring.rules import Absent, Repair, Rules
from evalkit.scoring.sanity import describe_mistakes, likely_mistake
from evalkit.scoring.scores import BenchmarkScore, FrameDetail
from evalkit.sequences.sequence import Sequence
from evalkit.types import Boxes

# Rules that look at a benchmark's flags of absent or uncovered targets.
_BY_FLAGS = frozenset({Absent.DELETED, Absent.INVISIBLE, Absent.COVERED})
# All of a sequence but what it has for trackers and for messages alone.
_SCORED = tuple(item.name for item in fields(Sequence) if item.name not in ("frames", "source", "start", "adversary"))


class Annotation:
    """A benchmark's ground truth: each sequence is read once, however many trackers and protocols are scored."""

    def __init__(self, benchmark: Benchmark, exclude: Iterable[str] = ()) -> None:
        """The ground truth of a benchmark, without the sequences whose names match any of the patterns ``exclude``."""
        self.benchmark = benchmark
        self.inventory: Inventory = without(benchmark.inventory(), exclude, benchmark.clip_of)
        self._loaded: dict[str, Sequence] = {}
        self._digests: dict[str, bytes] = {}

    def digest(self, names: Iterable[str]) -> bytes:
        """SHA-256 of everything here that scores of these sequences can depend on; no path and no image is part of it.

        Raises:
            InputError: see :meth:`sequence`.
        """
        benchmark, inventory, scored = self.benchmark, self.inventory, tuple(names)
        listed = (inventory.present, inventory.missing, inventory.verified)
        clips = tuple(map(benchmark.clip_of, scored))
        facts = (benchmark.name, benchmark.key, benchmark.options, benchmark.shortcoming(), *listed, clips)
        return digest_of(*facts, *map(self._digest_of, scored))

    @property
    def family(self) -> str:
        """The family of rules, see :mod:`evalkit.scoring.protocols`."""
        return self.benchmark.family

    def sequence(self, name: str) -> Sequence:
        """One sequence.

        Raises:
            InputError: with file and row, or because its ground truth is on an evaluation server alone.
        """
        if name not in self._loaded:
            sequence = self.benchmark.sequence(name)
            if self.benchmark.submission is not None and not np.isfinite(sequence.native[1:]).any():
                raise InputError(
                    f"holds the first frame's box alone: {self.benchmark.title} keeps the ground truth of its test set",
                    path=sequence.source,
                    hint=f"`stdtrack pack {self.benchmark.name}` writes what its server takes",
                )
            self._loaded[name] = sequence
        return self._loaded[name]

    def _digest_of(self, name: str) -> bytes:
        if name not in self._digests:
            sequence = self.sequence(name)
            self._digests[name] = digest_of(*(getattr(sequence, field) for field in _SCORED))
        return self._digests[name]


@dataclass(frozen=True)
class LoadedResults:
    """A tracker's results, parsed.

    Attributes:
        boxes: sequence -> (boxes, file) of each repetition.
        notes: what the files' content told, for the user: first their forms, where there are any.
        unrepaired: sequences to whose rows without a size no repair applies.
        ambiguous: see :class:`evalkit.results.trees.TrackerResults`.
        confidences, visible: sequence -> the files beside the first repetition, where it has them.
    """

    tracker: str
    boxes: Mapping[str, tuple[tuple[Boxes, str], ...]]
    notes: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    unrepaired: frozenset[str] = frozenset()
    confidences: Mapping[str, ResultFile] = field(default_factory=dict)
    visible: Mapping[str, ResultFile] = field(default_factory=dict)


def load_results(results: TrackerResults) -> LoadedResults:
    """Parse a tracker's files; raises InputError with file and row."""
    if results.fault is not None:
        raise results.fault
    boxes, forms, odd = {}, set(), []
    said: dict[str, list[str]] = defaultdict(list)
    unrepaired = set()
    for sequence, files in results.files.items():
        runs = []
        for index, file in enumerate(files):
            result = parse_result(file.read(), file.place)
            run_name = results.name_of_run(sequence, index)
            forms.add(result.form)
            runs.append((result.boxes, file.place))
            if result.note:
                said[result.note].append(run_name)
            if not result.repaired:
                unrepaired.add(sequence)
            rows = rows_without_box(result.boxes)
            if len(rows):
                odd.append((run_name, rows))
        boxes[sequence] = tuple(runs)
    notes = [f"delimiter: {' and '.join(sorted(forms))}"] if forms else []
    notes += [f"{note}: {len(names)} files, such as {names[0]}" for note, names in said.items()]
    if odd:
        (run_name, rows), count = odd[0], sum(len(rows) for _, rows in odd)
        notes.append(
            f"{count} rows are no box (NaN, infinite, or without a size), left to the protocol's rule; "
            f"the first: {run_name}, row {rows[0] + 1}"
        )
    return LoadedResults(
        results.tracker,
        boxes,
        tuple(notes),
        results.ambiguous,
        frozenset(unrepaired),
        *(_of_first(several) for several in (results.confidences, results.visible)),
    )


def _of_first(several: Mapping[str, tuple[ResultFile | None, ...]]) -> dict[str, ResultFile]:
    return {sequence: files[0] for sequence, files in several.items() if files[0] is not None}


def scored_sequences(have: Container[str], annotation: Annotation, rules: AnyRules) -> tuple[str, ...]:
    """Sequences that a score averages over, in official order.

    Args:
        have: sequences with a result.
    """
    every = isinstance(rules, Rules) and rules.missing_is_zero
    return tuple(name for name in annotation.inventory.present if every or name in have)


def missing_sequences(results: TrackerResults | LoadedResults, annotation: Annotation) -> tuple[str, ...]:
    """Sequences of the benchmark without a result, or without an annotation to score it on; in official order."""
    have = results.files if isinstance(results, TrackerResults) else results.boxes
    without = tuple(name for name in annotation.inventory.present if name not in have)
    return without + annotation.inventory.missing


def odd_annotations(annotation: Annotation, names: Iterable[str]) -> tuple[str, ...]:
    """A warning where sequences have other lengths than the official list says: it may be another benchmark's data."""
    odd = []
    for name in names:
        have, wanted = len(annotation.sequence(name)), annotation.benchmark.official_length(name)
        if wanted not in (None, have):
            odd.append(f"{name} has {have} rows, {wanted} in the official list")
    more = f", and {len(odd) - 1} more of another length" if len(odd) > 1 else ""
    return (f"WARNING: the annotation of {odd[0]}{more}",) if odd else ()


def score_tracker(
    results: LoadedResults,
    annotation: Annotation,
    protocol: str = "official",
    *,
    keep_frames: bool = False,
    rules: Rules | None = None,
) -> BenchmarkScore:
    """Score one tracker on what is there of a benchmark; see ``missing`` and ``sequences_total`` of the result.

    Args:
        keep_frames: keep per-frame overlaps and errors, for :func:`evalkit.scoring.tables.frame_table`.
        rules: take these instead of the protocol's own.

    Raises:
        InputError: the protocol does not apply, there is nothing to score, or its toolkit would raise.
    """
    rules = rules or rules_for(protocol, annotation.family)
    present = annotation.inventory.present
    unrepaired = results.unrepaired if rules.repair is Repair.OTB else frozenset()
    scores, mistakes, lengths = [], [], []
    for name in scored_sequences(results.boxes, annotation, rules):
        runs = results.boxes.get(name)
        sequence = annotation.sequence(name)
        if runs is None:
            runs = ((_zeros(sequence), ""),)
        else:
            if sequence.offsets.get(len(runs[0][0]), 0) == 0:  # else its first row is of a frame that is not evaluated
                mistakes.append((name, likely_mistake(runs[0][0], sequence.native)))
            rows = (len(boxes) for boxes, _ in runs if len(sequence.evaluated(boxes)) != len(sequence))
            lengths += [f"{have} rows for {len(sequence)} frames of {name}" for have in rows]
        own = replace(rules, repair=Repair.NONE) if name in unrepaired else rules
        score = score_sequence(sequence, runs, own, keep_frames=keep_frames)
        scores.append(replace(score, detail=_detail(sequence, results, len(score.overlaps))) if keep_frames else score)
    if not scores or not any(name in results.boxes for name in present):
        raise InputError(f"{results.tracker or 'the tracker'} has no result on {annotation.benchmark.name}")
    missing = missing_sequences(results, annotation)
    zero = tuple(name for name in missing if name in present) if rules.missing_is_zero else ()
    notes = list(describe_mistakes(mistakes))
    if lengths:
        more = f", and {len(lengths) - 1} more of another length" if len(lengths) > 1 else ""
        notes.append(f"WARNING: {lengths[0]}{more}: {rules.length.value}")
    if zero:
        notes.append(f"{len(zero)} missing results count as zero boxes")
    if rules.remark:
        notes.append(rules.remark)
    found = combine(
        scores,
        rules,
        tracker=results.tracker,
        benchmark=annotation.benchmark.key,
        protocol=protocol,
        total=annotation.inventory.total,
        missing=missing,
        notes=tuple(notes),
        total_verified=annotation.inventory.verified,
        clip_of=annotation.benchmark.clip_of,
    )
    lacking = annotation.benchmark.shortcoming() if rules.absent in _BY_FLAGS else None
    return replace(found, shortcoming=lacking or "", excluded=annotation.inventory.excluded)


def _detail(sequence: Sequence, results: LoadedResults, length: int) -> FrameDetail:
    """The boxes behind ``length`` scored frames, 0-based, with what the tracker said of itself beside the result."""
    name = sequence.name
    truth = sequence.full_native if length > len(sequence) else sequence.native
    prediction = results.boxes[name][0][0] if name in results.boxes else _zeros(sequence)
    confidence, visible = read_confidence(results.confidences.get(name)), read_said_visible(results.visible.get(name))
    if length == len(sequence):
        prediction, confidence, visible = map(sequence.evaluated, (prediction, confidence, visible))
    corner = np.array([sequence.origin, sequence.origin, 0.0, 0.0])
    absent = np.zeros(length, dtype=bool) if sequence.absent is None else sequence.absent
    return FrameDetail(
        prediction=_fitted(prediction, length) - corner,
        truth=_fitted(truth, length) - corner,
        absent=_fitted(absent.astype(np.float64), length) > 0,
        confidence=_fitted(confidence, length),
        visible=_fitted(visible, length),
    )


def _fitted(values: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """The first ``length`` rows; NaN where there are fewer."""
    fitted = np.full((length, *values.shape[1:]), np.nan)
    fitted[: len(values)] = values[:length]
    return fitted


def _zeros(sequence: Sequence) -> Boxes:
    """(N, 4) what TrackingNet's ``metrics.py`` takes for a missing result."""
    return np.zeros((len(sequence), 4))
