"""How every figure of a report was made, in a sentence each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from evalkit.scoring.metrics import METRICS

if TYPE_CHECKING:
    from evalkit.results.store import Run
    from evalkit.scoring.scores import BenchmarkScore

METHODS: Mapping[str, str] = {
    "Parts": "A benchmark of which only a part was run is marked, such as '5 of 100 sequences'; such figures cannot be "
    "compared with those of the whole benchmark.",
    "Intervals": "95 % percentile bootstrap with {resamples} resamples of the sequences, fixed seed; it says how much "
    "the choice of sequences matters, nothing else.",
    "Speed": "FPS (1/median) is one over the median time of a frame, FPS (n/total) frames over their total time. Scope "
    "'track' is the tracker's update alone, the first frame left out. Runs with several workers give no speeds.",
    "Colours": "Colour and marker follow from a tracker's name alone and are the same in every report.",
    "Time lines": "Overlap and score of each frame, by the first protocol given, in 100 steps; gaps are frames that "
    "the protocol does not score.",
    "Frames": "Pictures are of evenly spaced frames, reduced to at most 320 pixels in width. Boxes are drawn from the "
    "raw results, in half pixels, on every frame, or on every n-th where the page would hold too many.",
}
"""Sentence by topic; ``Intervals`` takes the number of resamples."""


def metric_methods(names: Iterable[str]) -> dict[str, str]:
    """What the metrics of these names are, by label, in the order in which they are printed.

    >>> list(metric_methods(["sr50", "auc"]))
    ['AUC', 'SR0.5']
    """
    known = set(names)
    return {metric.label: metric.sentence for name, metric in METRICS.items() if name in known}


def methods(scores: Sequence[BenchmarkScore], runs: Sequence[Run]) -> dict[str, str]:
    """What a report says of its figures, a sentence by topic."""
    from evalkit.benchmarks.installed import BENCHMARKS
    from evalkit.scoring.precomputed import PRECOMPUTED
    from evalkit.scoring.protocols import rules_of_pass
    from evalkit.scoring.statistics import RESAMPLES

    reported = (name for score in scores for name, value in score.metrics.items() if value is not None)
    told = {**metric_methods(reported), **METHODS}
    told["Intervals"] = told["Intervals"].format(resamples=f"{RESAMPLES:,}")
    one_pass = [score for score in scores if score.experiment != "supervised" and score.protocol not in PRECOMPUTED]
    told |= {f"Protocol {name}": text for name, text in PRECOMPUTED.items() if name in {s.protocol for s in scores}}
    for benchmark, protocol in dict.fromkeys((score.benchmark, score.protocol) for score in one_pass):
        rules = rules_of_pass(protocol, BENCHMARKS[benchmark].family)
        told[f"Protocol {protocol} on {benchmark}"] = f"Rules read from {rules.source}."
    for benchmark, excluded in dict.fromkeys((score.benchmark, score.excluded) for score in scores):
        if excluded:
            told[f"Excluded from {benchmark}"] = f"{len(excluded)} sequences: {', '.join(excluded)}."
    for score in scores:
        if score.shortcoming:
            told[f"Annotation of {score.benchmark}, {score.protocol}"] = f"Incomplete: {score.shortcoming}."
        if score.notes:
            told[f"{score.tracker} on {score.benchmark}, {score.protocol}"] = "; ".join(score.notes)
    for run in runs:
        if run.manifest:
            finished = run.manifest.finished or "not finished"
            threads = f"{run.manifest.workers} worker(s), {run.manifest.threads} thread(s)"
            text = f"stdtrack {run.manifest.stdtrack}, {threads}, {run.manifest.started} to {finished}"
            told[f"Run of {run.tracker} on {run.benchmark}"] = text
    return told


def attribute_sources(scores: Sequence[BenchmarkScore]) -> dict[str, str]:
    """Where the attributes of each benchmark come from."""
    return {f"Attributes of {score.benchmark}": f"{score.attribute_source}." for score in scores}
