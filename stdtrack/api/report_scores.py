"""What a report scores: every benchmark of a folder of results, and what is left of it under its variations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.scoring.front import score_benchmark, tell_refused
from evalkit.suggestions import some

if TYPE_CHECKING:
    import pandas as pd

    from evalkit.scoring.evaluate import Refused, Told
    from evalkit.scoring.opening import Annotation
    from evalkit.scoring.scored import Scored
    from evalkit.scoring.scores import BenchmarkScore


@dataclass(frozen=True)
class ReportScores:
    """Scores over all benchmarks.

    Attributes:
        parts: benchmarks that are shown, in the order in which they were asked for.
        varied: benchmarks under a variation, of which ``robustness`` alone speaks; their frames were not kept.
        precomputed: what other toolkits had computed, over all sequences and on those of an attribute.
        robustness: what is left under variations (:mod:`evalkit.robustness.degradation`).
    """

    parts: tuple[Scored, ...]
    varied: tuple[Scored, ...]
    precomputed: tuple[BenchmarkScore, ...]
    robustness: pd.DataFrame

    @property
    def every(self) -> tuple[Scored, ...]:
        """All parts."""
        return (*self.parts, *self.varied)

    @property
    def refused(self) -> list[Refused]:
        """Trackers that could not be scored."""
        return [one for part in self.every for one in part.refused]

    @property
    def scores(self) -> list[BenchmarkScore]:
        """Over all sequences of the benchmarks that are shown, benchmark by benchmark."""
        known = [score for score in self.precomputed if score.attribute is None]
        scores = [score for part in self.parts for score in part.scores]
        order = {name: at for at, name in enumerate(dict.fromkeys(score.benchmark for score in (*scores, *known)))}
        return sorted((*known, *scores), key=lambda score: order[score.benchmark])

    @property
    def framed(self) -> list[BenchmarkScore]:
        """Those whose frames are shown: boxes are the same under every protocol, the first one scores the frames."""
        return [score for part in self.parts for score in part.scores if score.protocol == part.scores[0].protocol]

    @property
    def by_attribute(self) -> list[BenchmarkScore]:
        """On the sequences of each attribute."""
        own = (group for part in self.parts for score in part.scores for group in part.attributes(score))
        return [*(score for score in self.precomputed if score.attribute is not None), *own]


def score_all(
    results: Path,
    benchmarks: Sequence[str],
    roots: tuple[str | Path | None, str | Path | None],
    protocols: Sequence[str],
    exclude: Sequence[str],
    told: Told,
    *,
    frames: bool,
    cached: bool,
) -> ReportScores:
    """Score all benchmarks.

    Args:
        roots: of data and of annotations.
        frames: keep them of the benchmarks that are shown; not of their variations, whose scores the cache may hold.
    """
    from evalkit.robustness.degradation import degradation_table, varied_benchmarks
    from evalkit.scoring import opening
    from evalkit.scoring.evaluate import Told

    precomputed: list[BenchmarkScore] = []
    opened: list[Annotation] = []
    data, annotations = map(opening.as_path, roots)
    for benchmark in opening.chosen_benchmarks(benchmarks) or opening.benchmarks_present(results):
        known, holds_results = _precomputed(results, benchmark, exclude, told)
        precomputed += known
        if holds_results:
            opened.append(opening.open_annotation(results, benchmark, data, annotations, exclude))
    score = partial(score_benchmark, results, protocols=tuple(protocols), partial=True, cached=cached)
    beside = [_is_variation_of_one(annotation, opened) for annotation in opened]
    parts = [
        score(annotation, told=told, keep_frames=frames and not apart)
        for annotation, apart in zip(opened, beside, strict=True)
    ]
    opening.require_excluded(exclude, opened)
    robustness = degradation_table(parts, results)
    names = varied_benchmarks(parts, robustness)
    shown = []
    for part, apart in zip(parts, beside, strict=True):
        if part.annotation.benchmark.key in names:
            continue
        again = frames and apart  # no tracker has results on both, so that it is a benchmark like any other
        shown.append(score(part.annotation, told=Told(), keep_frames=True) if again else part)
    varied = tuple(part for part in parts if part.annotation.benchmark.key in names)
    gathered = ReportScores(tuple(shown), varied, tuple(precomputed), robustness)
    tell_refused(gathered.refused, gathered.scores, told)
    return gathered


def _is_variation_of_one(annotation: Annotation, others: Sequence[Annotation]) -> bool:
    """Whether the benchmark is one of the others under a variation."""
    from evalkit.benchmarks.installed import BENCHMARKS
    from evalkit.benchmarks.varied import Varied

    kind = BENCHMARKS[annotation.benchmark.name]
    return issubclass(kind, Varied) and any(other.benchmark.name == kind.base.name for other in others)


def _precomputed(
    results: Path, benchmark: str, exclude: Sequence[str], told: Told
) -> tuple[list[BenchmarkScore], bool]:
    """What other toolkits computed, and whether there are results to score."""
    from evalkit.benchmarks.registry import parse_spec
    from evalkit.scoring.opening import require_results
    from evalkit.scoring.precomputed import read_precomputed

    require_results(results)
    scores, holds_results = read_precomputed(results, parse_spec(benchmark).name)
    if scores:
        names = some(list(dict.fromkeys(score.tracker for score in scores)))
        said = "curves of another toolkit, taken as published" + ("; --exclude is no part of them" if exclude else "")
        told.add(f"{names} on {scores[0].benchmark}", (said,))
    return list(scores), holds_results
