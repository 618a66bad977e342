"""Every figure of ``expected.json``, through the public path: loaders, importers, ``score_tracker``.

``expected.json`` was computed by the named toolkits' own code on the synthetic files in ``data`` (see README.md).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit.benchmarks.aliases import canonical_name
from evalkit.benchmarks.registry import open_benchmark
from evalkit.errors import InputError
from evalkit.results.speed import got10k_speed
from evalkit.results.tracker_results import TrackerResults
from evalkit.results.trees import read_tree
from evalkit.scoring.opening import Annotation
from evalkit.scoring.protocols import rules_for
from evalkit.scoring.rules import Grid
from evalkit.scoring.scores import BenchmarkScore
from evalkit.scoring.tracker import load_results, score_tracker

HERE = Path(__file__).parent
DATA = HERE / "data"
EXPECTED: dict[str, Any] = json.loads((HERE / "expected.json").read_text())
NAMES = {
    "OTB100": "otb100",
    "UAV123": "uav123",
    "LaSOT": "lasot",
    "LaSOT_ext": "lasot_ext",
    "TNL2K": "tnl2k",
    "NFS": "nfs30",
    "GOT-10k": "got10k",
    "TrackingNet": "trackingnet",
}
DOUBLE, SINGLE = 1e-12, 1e-6
PERCENT = {"pytracking", "ostrack"}
CURVES = {
    "success_curve": "success",
    "precision_curve": "precision",
    "normalized_precision_curve": "normalized_precision",
}
NOT_FIGURES = {"why_null"}
NUMBERS = 9071


def cells() -> Iterator[Any]:
    for dataset in NAMES:
        for tracker, protocols in EXPECTED[dataset].items():
            for protocol, cell in protocols.items():
                if protocol not in NOT_FIGURES:
                    value = protocols[cell["same_as"]] if cell and "same_as" in cell else cell
                    yield pytest.param(dataset, tracker, protocol, value, id=f"{dataset}-{tracker}-{protocol}")


@cache
def annotation(dataset: str) -> Annotation:
    folder = DATA / dataset
    root = folder / "gt.zip" if dataset == "TrackingNet" else folder
    return Annotation(open_benchmark(NAMES[dataset], annotations=root))


def results(dataset: str, tracker: str) -> TrackerResults:
    places = {
        "TrackingNet": DATA / dataset / f"{tracker}.zip",
        "GOT-10k": DATA / dataset / "results" / "GOT-10k" / tracker,
    }
    root = places.get(dataset, DATA / dataset / "results" / tracker)
    (found,) = read_tree(root, NAMES[dataset], annotation(dataset).inventory.present)
    assert found.tracker == tracker
    return found


def order(dataset: str) -> list[str]:
    """The order of ``per_sequence_auc``, by our names."""
    file = {"LaSOT": "testing_set.txt", "LaSOT_ext": "testing_set.txt", "GOT-10k": "val/list.txt"}
    listed = (DATA / dataset / file.get(dataset, "list.txt")).read_text().split()
    known = annotation(dataset).inventory.present
    return [canonical_name(NAMES[dataset], name, known) or name for name in listed]


def figure(score: BenchmarkScore, key: str, dataset: str, tracker: str) -> Any:
    """Our value of an expected key."""
    if key in CURVES:
        return score.curves[CURVES[key]].values
    if key in ("per_sequence_auc", "per_sequence_ao"):
        by_name = {each.sequence: each.metrics[key[-3:].strip("_")] for each in score.sequences}
        return np.array([by_name[name] for name in order(dataset)])
    if key == "normalized_precision_mean":
        return score.curves["normalized_precision"].values.mean()
    if key == "normalized_precision_at_020":
        return score.curves["normalized_precision"].values[20]
    if key == "auc_thresholds_k005":
        rules = rules_for("official", annotation(dataset).family)
        rules = replace(rules, success=replace(rules.success, grid=Grid.TWENTIETHS))
        return score_tracker(load_results(results(dataset, tracker)), annotation(dataset), rules=rules).metrics["auc"]
    if key == "sequences_dropped":
        return np.array([sum(not each.curves[name].any() for each in score.sequences) for name in score.curves])
    if key == "speed_fps":
        return got10k_speed(results(dataset, tracker))
    return score.metrics[key]


@pytest.mark.parametrize(("dataset", "tracker", "protocol", "cell"), list(cells()))
def test_cell(dataset: str, tracker: str, protocol: str, cell: dict[str, Any] | None) -> None:
    """Each figure of a filled cell, within float rounding of the toolkit; an error where the toolkit raises."""
    loaded = load_results(results(dataset, tracker))
    if cell is None:
        with pytest.raises(InputError):
            score_tracker(loaded, annotation(dataset), protocol)
        return
    score = score_tracker(loaded, annotation(dataset), protocol)
    scale = 100.0 if protocol in PERCENT else 1.0
    for key, value in cell.items():
        percent = dataset == "TrackingNet" and not key.endswith("_curve")
        expected = np.asarray(value, dtype=float) / (100.0 if percent else scale)
        tolerance = SINGLE if protocol in PERCENT else DOUBLE
        if key == "speed_fps":
            tolerance = 1e-9
        np.testing.assert_allclose(figure(score, key, dataset, tracker), expected, rtol=0, atol=tolerance, err_msg=key)


def test_no_figure_is_left_out() -> None:
    """The number of figures that are compared is that of the fixture."""
    sizes = [np.size(value) for cell in cells() if cell.values[3] for value in cell.values[3].values()]
    assert sum(sizes) == NUMBERS


def test_reasons_for_empty_cells_are_ours_too() -> None:
    """Where a toolkit raises for its input, our message names the file or says that the protocol does not apply."""
    for dataset, tracker, protocol, cell in (each.values for each in cells()):
        if cell is None:
            with pytest.raises(InputError) as caught:
                score_tracker(load_results(results(dataset, tracker)), annotation(dataset), protocol)
            assert caught.value.path or "does not apply" in caught.value.problem


def test_the_fixture_is_the_generators() -> None:
    """``expected.json`` names a source for each toolkit."""
    assert set(EXPECTED["_meta"]["toolkits"]) >= {
        "official",
        "pytracking",
        "ostrack",
        "pysot",
        "pysot-toolkit",
        "got10k",
    }
    assert re.fullmatch(r"0\.\d+", str(EXPECTED["OTB100"]["good"]["official"]["auc"]))
