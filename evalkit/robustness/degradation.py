"""What is left of a score: a benchmark's figures under variations beside those of the benchmark itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Sequence as Many
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.benchmarks.installed import BENCHMARKS
from evalkit.benchmarks.varied import Varied
from evalkit.errors import InputError
from evalkit.reading.tables import read_table
from evalkit.results.store import measure_path
from evalkit.robustness.columns import DEGRADATION, MEASURES
from evalkit.robustness.quality import SAME
from evalkit.robustness.suites import KINDS
from evalkit.scoring.aggregation import combine
from evalkit.scoring.metrics import headline_of
from evalkit.scoring.protocols import rules_for
from evalkit.scoring.scored import Scored
from evalkit.scoring.scores import BenchmarkScore
from evalkit.sequences.sequence import Sequence
from evalkit.trackers.folders import folder_name


def degradation_table(parts: Iterable[Scored], results: Path | None = None) -> pd.DataFrame:
    """One row for each tracker on each varied benchmark: its headline figure, and that on the benchmark itself.

    Both are over the same clips: those of which the tracker has results under all of the variations that it has
    results on, and on the benchmark itself.

    Args:
        parts: scores, among them those of the unvaried benchmark; trackers without one have no row.
        results: ``RUNS``, for what attacks wrote beside results.

    Returns:
        :data:`DEGRADATION`; ``psnr``, ``ssim``, ``queries``: means over attacked frames, NaN without an attack.
    """
    cells: dict[tuple[str, str, str], list[_Score]] = {}
    for part in parts:
        kind = BENCHMARKS[part.annotation.benchmark.name]
        base = kind.base if issubclass(kind, Varied) else kind
        if issubclass(base, Varied):  # varied twice: no benchmark of its own that it is compared with
            continue
        for score in part.scores:
            if score.experiment == "ope" and score.attribute is None:
                cells.setdefault((score.tracker, base.name, score.protocol), []).append(_Score(part, score))
    rows = [row for (_, base, _), scores in cells.items() for row in _rows(base, scores, results)]
    return pd.DataFrame(rows, columns=list(DEGRADATION))


@dataclass(frozen=True)
class _Score:
    part: Scored
    score: BenchmarkScore

    @property
    def clips(self) -> frozenset[str]:
        clip_of = self.part.annotation.benchmark.clip_of
        return frozenset(clip_of(each.sequence) for each in self.score.sequences)

    def on(self, clips: frozenset[str]) -> dict[str, float | None]:
        """The figures on some of the clips."""
        benchmark, score = self.part.annotation.benchmark, self.score
        if clips == self.clips:
            return dict(score.metrics)
        chosen = [each for each in score.sequences if benchmark.clip_of(each.sequence) in clips]
        part = combine(
            chosen,
            rules_for(score.protocol, benchmark.family),
            tracker=score.tracker,
            benchmark=score.benchmark,
            protocol=score.protocol,
            total=len(chosen),
            clip_of=benchmark.clip_of,
        )
        return dict(part.metrics)


def _rows(base: str, scores: Many[_Score], results: Path | None) -> Iterator[dict[str, object]]:
    clean = next((each for each in scores if each.score.benchmark == base), None)
    varied = [each for each in scores if each is not clean]
    if clean is None or not varied:
        return
    clips = frozenset.intersection(*(each.clips for each in scores))
    if not clips:
        raise InputError(f"the results of {clean.score.tracker} on {base} and its variations share no clip")
    reference = clean.on(clips)
    metric = str(headline_of([name for name, value in reference.items() if value is not None], base))
    for each in varied:
        kind = BENCHMARKS[each.score.benchmark]
        assert issubclass(kind, Varied)
        yield {
            "tracker": each.score.tracker,
            "benchmark": base,
            "protocol": each.score.protocol,
            "metric": metric,
            "kind": kind.variation.kind,
            "variation": kind.variation.name,
            "level": kind.level,
            "value": each.on(clips).get(metric),
            "clean": reference[metric],
            "clips": len(clips),
            **_measures(results, each, clips),
        }


def _measures(results: Path | None, part: _Score, clips: frozenset[str]) -> dict[str, float]:
    """Means of what an attack wrote, over the frames that it attacked."""
    if results is None:
        return dict.fromkeys(MEASURES, float("nan"))
    score, clip_of = part.score, part.part.annotation.benchmark.clip_of
    folder = results / folder_name(score.tracker) / score.benchmark
    names = [each.sequence for each in score.sequences if clip_of(each.sequence) in clips]
    attacked = np.concatenate([np.empty((0, len(MEASURES))), *(attacked_frames(folder, name) for name in names)])
    means = attacked.mean(axis=0) if len(attacked) else np.full(len(MEASURES), np.nan)
    return dict(zip(MEASURES, means.tolist(), strict=True))


def attacked_frames(folder: Path, sequence: str) -> NDArray[np.float64]:
    """(N, 3) what an attack wrote of the frames that it changed or asked the tracker about, in order of ``MEASURES``.

    Most attacks leave the first frame alone, attacks on the template all others. A measure without a file is NaN.

    Raises:
        InputError: the files are of different lengths, or a row is no number.
    """
    paths = [measure_path(folder, sequence, measure) for measure in MEASURES]
    columns = {path: read_table(path, columns=(1,)).ravel() for path in paths if path.is_file()}
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        rows = " and ".join(f"{path.name} {len(column)}" for path, column in columns.items())
        raise InputError(f"rows of one sequence differ: {rows}", path=folder, hint="run the sequence again")
    unknown = np.full(max(lengths, default=0), np.nan)
    table = np.stack([columns.get(path, unknown) for path in paths], axis=1)
    ratio, similarity, queries = table.T
    attacked: NDArray[np.float64] = table[(ratio < SAME) | (similarity < 1.0) | (queries > 0)]
    return attacked


def varied_benchmarks(parts: Iterable[Scored], table: pd.DataFrame) -> frozenset[str]:
    """The varied benchmarks among the parts that a table of :func:`degradation_table` speaks of."""
    known = frozenset(table["benchmark"])
    kinds = (BENCHMARKS[part.annotation.benchmark.name] for part in parts)
    return frozenset(kind.name for kind in kinds if issubclass(kind, Varied) and kind.base.name in known)


def corruptions_in(parts: Iterable[Scored]) -> list[tuple[str, str, Sequence]]:
    """(benchmark, corruption, its first clip that was scored) for every benchmark that is varied by a corruption."""
    found = []
    for part in parts:
        benchmark, kind = part.annotation.benchmark, BENCHMARKS[part.annotation.benchmark.name]
        if issubclass(kind, Varied) and kind.variation.kind not in KINDS and part.scores:
            name = part.scores[0].sequences[0].sequence
            found.append((kind.base.name, kind.variation.spelled(kind.level), benchmark.sequence(name)))
    return found
