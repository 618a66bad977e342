"""From a folder of results to the tables of a report; the only place where reports and images meet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.scoring.caveats import Told
from evalkit.scoring.front import score_benchmark
from evalkit.suggestions import some

if TYPE_CHECKING:
    import pandas as pd

    from evalkit.results.store import Run
    from evalkit.scoring.evaluate import Refused
    from evalkit.scoring.scored import Scored
    from evalkit.scoring.scores import BenchmarkScore
    from reports.inputs import ReportTables, StripFrame


@dataclass
class Gathered:
    """What scoring gave, over all benchmarks, and what other toolkits had computed."""

    parts: list[Scored] = field(default_factory=list)
    scores: list[BenchmarkScore] = field(default_factory=list)
    framed: list[BenchmarkScore] = field(default_factory=list)
    by_attribute: list[BenchmarkScore] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def collect(
    results: Path,
    profiles: Sequence[Path] = (),
    *,
    benchmarks: Sequence[str] = (),
    data: str | Path | None = None,
    annotations: str | Path | None = None,
    protocols: Sequence[str] = (),
    exclude: Sequence[str] = (),
    pictures: bool = True,
    cached: bool = True,
    told: Told,
) -> tuple[ReportTables, list[Refused]]:
    """Score everything in ``results`` and gather what a report shows of it.

    Args:
        results: our runs, or other people's tree.
        profiles: folders that ``stdtrack profile`` wrote.
        benchmarks: names with options; empty for all that our runs hold.
        protocols: empty for each benchmark's own.
        exclude: shell patterns of sequences that are left out.
        pictures: hand frames over, for the HTML page.
        cached: keep the scores for the next time.
        told: notes what there is to know.

    Returns:
        The tables, and the trackers that are not in them because they cannot be scored.

    Raises:
        InputError: no results, no annotation, or what either is wrong with.
    """
    from evalkit.scoring.opening import runs_by_pair
    from reports.profile_file import read_profile

    read = [read_profile(folder) for folder in profiles]  # first: what is wrong there is said before the scoring
    scored = _score_all(results, benchmarks, (data, annotations), protocols, exclude, told, cached=cached)
    pairs = dict.fromkeys((score.tracker, score.benchmark) for score in scored.scores)
    runs = [run for pair, run in runs_by_pair(results).items() if pair in pairs]
    _tell_empty(results, runs, told)
    robustness = _apart(scored, results)
    runs = [run for run in runs if any(score.benchmark == run.benchmark for score in scored.scores)]
    tables = replace(
        _tables(scored, runs, _strips(scored, told) if pictures else {}),
        robustness=robustness,
        examples=_examples(scored, told) if pictures else {},
        facts=_facts([tracker for tracker, _ in pairs], runs, read),
        profiles=_joined_profiles(read),
        hardware=_hardware(runs, read),
    )
    return tables, scored.refused


def _apart(scored: Gathered, results: Path) -> pd.DataFrame:
    """What is left under variations; the scores on these are taken out where those of their benchmark are there."""
    from evalkit.robustness.degradation import degradation_table, varied_benchmarks

    table = degradation_table(scored.parts, results)
    shown = varied_benchmarks(scored.parts, table)
    for name in ("scores", "framed", "by_attribute"):
        setattr(scored, name, [score for score in getattr(scored, name) if score.benchmark not in shown])
    return table


def _examples(scored: Gathered, told: Told) -> dict[tuple[str, str], StripFrame]:
    """A frame of the first clip under every corruption."""
    from evalkit.robustness.degradation import corruptions_in
    from stdtrack.api.thumbnails import examples

    return examples(corruptions_in(scored.parts), told)


def _score_all(
    results: Path,
    benchmarks: Sequence[str],
    roots: tuple[str | Path | None, str | Path | None],
    protocols: Sequence[str],
    exclude: Sequence[str],
    told: Told,
    *,
    cached: bool,
) -> Gathered:
    """Score all benchmarks; ``roots`` are those of data and of annotations."""
    from evalkit.scoring import opening

    scored = Gathered()
    data, annotations = map(opening.as_path, roots)
    for benchmark in opening.chosen_benchmarks(benchmarks) or opening.benchmarks_present(results):
        if _take_precomputed(scored, results, benchmark, exclude, told):
            annotation = opening.open_annotation(results, benchmark, data, annotations, exclude)
            one = score_benchmark(
                results, annotation, tuple(protocols), told, partial=True, keep_frames=True, cached=cached
            )
            _add(scored, one)
    opening.require_excluded(exclude, [part.annotation for part in scored.parts])
    opening.tell_refused(scored.refused, scored.scores, told)
    return scored


def _tables(
    scored: Gathered, runs: Sequence[Run], strips: Mapping[tuple[str, str], tuple[StripFrame, ...]]
) -> ReportTables:
    """What scores and runs fill of a report's tables; boxes are of the frames shown alone."""
    from evalkit.results.speed import latency_table, speed_table
    from evalkit.scoring.columns import SHOWN_BOXES, SHOWN_FRAMES
    from evalkit.scoring.quality.tables import quality_table, reliability_table, risk_table
    from evalkit.scoring.statistics import interval_table
    from evalkit.scoring.tables import attribute_table, coverage_table, curve_table, frame_table, score_table
    from reports.inputs import ReportTables
    from stdtrack.api.report_methods import attribute_sources, methods

    shown = {place: [each.frame for each in strip] for place, strip in strips.items()}
    qualities = [quality for part in scored.parts for quality in part.quality()]
    return ReportTables(
        score_table(scored.scores),
        coverage_table(scored.scores),
        curves=curve_table([replace(score, sequences=()) for score in scored.scores]),
        frames=frame_table(scored.framed, SHOWN_FRAMES, categories=True),
        boxes=frame_table(scored.framed, SHOWN_BOXES, shown),
        speeds=_with_models(speed_table(runs), runs),
        intervals=interval_table(scored.scores),
        attributes=attribute_table(scored.by_attribute),
        latencies=latency_table(runs, categories=True),
        strips=strips,
        quality=quality_table(qualities),
        reliability=reliability_table(qualities),
        risks=risk_table(qualities),
        methods=methods(scored.scores, runs) | attribute_sources(scored.by_attribute),
    )


def _take_precomputed(scored: Gathered, results: Path, benchmark: str, exclude: Sequence[str], told: Told) -> bool:
    """Add what other toolkits computed; returns whether there are results to score."""
    from evalkit.benchmarks.registry import parse_spec
    from evalkit.scoring.opening import require_results
    from evalkit.scoring.precomputed import read_precomputed

    require_results(results)
    scores, holds_results = read_precomputed(results, parse_spec(benchmark).name)
    for score in scores:
        (scored.scores if score.attribute is None else scored.by_attribute).append(score)
    if scores:
        names = some(list(dict.fromkeys(score.tracker for score in scores)))
        said = "curves of another toolkit, taken as published" + ("; --exclude is no part of them" if exclude else "")
        told.add(f"{names} on {scores[0].benchmark}", (said,))
    return holds_results


def _add(scored: Gathered, part: Scored) -> None:
    scored.parts.append(part)
    scored.refused += part.refused
    scored.scores += part.scores
    # Boxes are the same under every protocol; the frames shown are scored by the first one.
    scored.framed += [score for score in part.scores if score.protocol == part.scores[0].protocol]
    scored.by_attribute += [group for score in part.scores for group in part.attributes(score)]


def _with_models(speeds: pd.DataFrame, runs: Iterable[Run]) -> pd.DataFrame:
    """Speeds with the processor's model for ``cpu``, which alone says nothing in a caption."""
    models = {(run.tracker, run.benchmark): run.manifest.hardware.get("cpu") for run in runs if run.manifest}
    keys = zip(speeds["tracker"], speeds["benchmark"], speeds["device"], strict=True)
    devices = [models.get((tracker, name)) or device if device == "cpu" else device for tracker, name, device in keys]
    return speeds.assign(device=devices)


def _tell_empty(results: Path, runs: Iterable[Run], told: Told) -> None:
    """Name the runs that were begun and have no result, which the report cannot show."""
    shown = {run.folder for run in runs}
    for manifest in sorted(results.glob("*/*/run.json")) if results.is_dir() else ():
        if manifest.parent not in shown and not any(manifest.parent.glob("*.txt")):
            told.add(str(manifest.parent), ("left out, it has no result",))


def _joined_profiles(profiles: Sequence[Mapping[str, Any]]) -> dict[str, pd.DataFrame]:
    """Tables of one name under each other, over all profiles."""
    import pandas as pd

    names = dict.fromkeys(name for profile in profiles for name in profile["tables"])
    joined = {name: [row for profile in profiles for row in profile["tables"].get(name, [])] for name in names}
    return {name: pd.DataFrame(rows) for name, rows in joined.items()}


def _facts(trackers: Sequence[str], runs: Iterable[Run], profiles: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """What is known of each tracker: its note from the run, its size from a profile."""
    import pandas as pd

    notes = {run.tracker: run.manifest.tracker.get("note", "") for run in runs if run.manifest}
    resources = [row for profile in profiles for row in profile["tables"].get("resources", [])]
    sizes = {row["tracker"]: row for row in resources}
    rows = [
        (name, notes.get(name, ""), sizes.get(name, {}).get("parameters"), sizes.get(name, {}).get("frame_macs"))
        for name in dict.fromkeys(trackers)
    ]
    return pd.DataFrame(rows, columns=["tracker", "note", "parameters", "macs"])


def _hardware(runs: Sequence[Run], profiles: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """One entry a fact; where runs were made on different machines, all their values."""
    cards = [run.manifest.hardware for run in runs if run.manifest]
    cards += [profile["machine"] for profile in profiles]
    versions = [run.manifest.versions for run in runs if run.manifest]
    found: dict[str, dict[str, None]] = {}
    for card in cards:
        for name, value in card.items():
            if value is not None and not isinstance(value, dict):
                found.setdefault(name.replace("_", " "), {})[str(value)] = None
    for name, value in (item for table in versions for item in table.items()):
        found.setdefault(f"version of {name}", {})[str(value)] = None
    return {name: "; ".join(values) for name, values in found.items()}


def _strips(scored: Gathered, told: Told) -> dict[tuple[str, str], tuple[StripFrame, ...]]:
    from stdtrack.api.thumbnails import strips

    shown = {(score.benchmark, each.sequence) for score in scored.framed for each in score.sequences}
    found = {}
    for annotation in (part.annotation for part in scored.parts):
        key = annotation.benchmark.key
        names = [name for name in annotation.inventory.present if (key, name) in shown]
        found.update(strips([annotation.sequence(name) for name in names], key, total=len(shown), told=told))
    return found
