"""From a folder of results to the tables of a report; the only place where reports and images meet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stdtrack.api.report_scores import score_all
from stdtrack.api.reporting import PARTS

if TYPE_CHECKING:
    import pandas as pd

    from evalkit.results.store import Run
    from evalkit.scoring.evaluate import Refused, Told
    from evalkit.scoring.scores import BenchmarkScore
    from reports.inputs import ReportTables, StripFrame
    from stdtrack.api.report_scores import ReportScores

_MODELS = {"cpu": "cpu", "cuda": "gpu"}
"""The fact of a machine that names a device's model."""
MOST_BOXES = 200_000
"""In a page, over all trackers: about half a megabyte."""


def collect(
    results: Path,
    profiles: Sequence[Path] = (),
    *,
    benchmarks: Sequence[str] = (),
    data: str | Path | None = None,
    annotations: str | Path | None = None,
    protocols: Sequence[str] = (),
    exclude: Sequence[str] = (),
    parts: Collection[str] = PARTS,
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
        parts: of the report; figures of every frame are for the plots and the page, images and boxes for the page.
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
    roots, frames, pictures = (data, annotations), set(parts) != {"tables"}, "html" in parts
    scored = score_all(results, benchmarks, roots, protocols, exclude, told, frames=frames, cached=cached)
    shown = dict.fromkeys((score.tracker, score.benchmark) for score in scored.scores)
    pairs = shown | dict.fromkeys((score.tracker, score.benchmark) for part in scored.varied for score in part.scores)
    runs = [run for pair, run in runs_by_pair(results).items() if pair in pairs]
    _tell_empty(results, runs, told)
    runs = [run for run in runs if (run.tracker, run.benchmark) in shown]
    tables = replace(
        _tables(scored, runs, _strips(scored, told) if pictures else {}, boxes=pictures),
        robustness=scored.robustness,
        examples=_examples(scored, told) if pictures else {},
        facts=_facts([tracker for tracker, _ in pairs], runs, read),
        profiles=joined_profiles(read),
        hardware=_hardware(runs, read),
    )
    return tables, scored.refused


def _examples(scored: ReportScores, told: Told) -> dict[tuple[str, str], StripFrame]:
    """A frame of the first clip under every corruption."""
    from evalkit.robustness.degradation import corruptions_in
    from stdtrack.api.thumbnails import examples

    return examples(corruptions_in(scored.every), told)


def _tables(
    scored: ReportScores,
    runs: Sequence[Run],
    strips: Mapping[tuple[str, str], tuple[StripFrame, ...]],
    *,
    boxes: bool,
) -> ReportTables:
    """What scores and runs fill of a report's tables; boxes are of the frames that are played alone."""
    from evalkit.results.speed import latency_table, speed_table
    from evalkit.scoring.columns import SHOWN_BOXES, SHOWN_FRAMES
    from evalkit.scoring.quality.tables import quality_table, reliability_table, risk_table
    from evalkit.scoring.statistics import interval_table
    from evalkit.scoring.tables import attribute_table, coverage_table, curve_table, frame_table, score_table
    from reports.inputs import ReportTables
    from stdtrack.api.report_methods import attribute_sources, methods

    scores, framed, by_attribute = scored.scores, scored.framed, scored.by_attribute
    played = played_frames(framed, strips) if boxes else {}
    qualities = [quality for part in scored.parts for quality in part.quality()]
    return ReportTables(
        score_table(scores),
        coverage_table(scores),
        curves=curve_table([replace(score, sequences=()) for score in scores]),
        frames=frame_table(framed, SHOWN_FRAMES, categories=True),
        boxes=frame_table(framed, SHOWN_BOXES, played),
        speeds=_with_models(speed_table(runs), runs),
        intervals=interval_table(scores),
        attributes=attribute_table(by_attribute),
        latencies=latency_table(runs, categories=True),
        strips=strips,
        quality=quality_table(qualities),
        reliability=reliability_table(qualities),
        risks=risk_table(qualities),
        methods=methods(scores, runs) | attribute_sources(by_attribute),
    )


def played_frames(
    scores: Iterable[BenchmarkScore], strips: Mapping[tuple[str, str], Sequence[StripFrame]]
) -> dict[tuple[str, str], list[int]]:
    """Frames by (benchmark, sequence): all, or every n-th where all would be more boxes than :data:`MOST_BOXES`.

    Args:
        scores: whose frames were kept.
        strips: the frames that the page has pictures of, all of which are played.
    """
    lengths: dict[tuple[str, str], int] = {}
    boxes = 0
    for score in scores:
        for each in score.sequences:
            if each.detail is not None:
                lengths[score.benchmark, each.sequence] = len(each.detail.prediction)
                boxes += len(each.detail.prediction)
    step = -(-boxes // MOST_BOXES) or 1
    return {
        place: sorted({*range(0, length, step), length - 1, *(each.frame for each in strips.get(place, ()))})
        for place, length in lengths.items()
    }


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


def joined_profiles(profiles: Sequence[Mapping[str, Any]]) -> dict[str, pd.DataFrame]:
    """Tables of one name under each other, over all profiles.

    Where these are of several machines, ``cpu`` and ``cuda`` become their models: figures of different devices are not
    drawn beside each other.

    Args:
        profiles: as :func:`reports.profile_file.read_profile` returns them.
    """
    import pandas as pd

    several = {device for device, fact in _MODELS.items() if len({str(p["machine"].get(fact)) for p in profiles}) > 1}
    joined: dict[str, list[Mapping[str, Any]]] = {}
    for profile in profiles:
        models = {device: str(profile["machine"].get(_MODELS[device], device)) for device in several}
        for name, rows in profile["tables"].items():
            named = ({**row, "device": models[row["device"]]} if row.get("device") in models else row for row in rows)
            joined.setdefault(name, []).extend(named)
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


def _strips(scored: ReportScores, told: Told) -> dict[tuple[str, str], tuple[StripFrame, ...]]:
    from stdtrack.api.thumbnails import strips

    shown = {(score.benchmark, each.sequence) for score in scored.framed for each in score.sequences}
    found = {}
    for annotation in (part.annotation for part in scored.parts):
        key = annotation.benchmark.key
        names = [name for name in annotation.inventory.present if (key, name) in shown]
        found.update(strips([annotation.sequence(name) for name in names], key, total=len(shown), told=told))
    return found
