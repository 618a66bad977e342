"""Real raw results against the frame counts of MATLAB and Octave and the figures that the toolkits print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit.benchmarks.aliases import canonical_name
from evalkit.benchmarks.registry import open_benchmark
from evalkit.results.trees import read_tree
from evalkit.scoring.aggregation import tally
from evalkit.scoring.frames import measure
from evalkit.scoring.opening import Annotation
from evalkit.scoring.protocols import rules_for
from evalkit.scoring.scores import BenchmarkScore
from evalkit.scoring.tracker import LoadedResults, load_results, score_tracker
from evalkit.scoring.vot.scoring import score_supervised

# data set -> (command-line name, annotation below golden/)
ROOTS = {
    "OTB100": ("otb100", "OTB100"),
    "UAV123": ("uav123", "UAV123"),
    "LaSOT": ("lasot", "LaSOT/anno_absent_test280.tar.xz"),
    "GOT10k_val": ("got10k", "GOT10k_val"),
}
RESULTS = {
    "OTB100/KCF": "OTB100/results_from_mat/KCF",
    "OTB100/Struck": "OTB100/results_from_mat/Struck",
    "OTB100/SiamFC": "OTB100/results/SiamFC",
    "OTB100/SiamRPN": "OTB100/results/SiamRPN",
    "OTB100/SiamFC_mao": "OTB100/results/SiamFC_mao",
    "UAV123/SiamFC_mao": "UAV123/results/SiamFC_mao",
    "LaSOT/ATOM": "LaSOT/results_ATOM.tar.xz",
    "LaSOT/SiamFC_mao": "LaSOT/results_SiamFC_mao.tar.xz",
}
COUNTS = {
    "OTB100/KCF": ("OTB100/matlab_perfmat_counts.json", "KCF"),
    "OTB100/Struck": ("OTB100/matlab_perfmat_counts.json", "Struck"),
    "LaSOT/SiamFC_mao": ("LaSOT/octave_official_counts.json", "SiamFCmao"),
}
CURVES = {"success": "success_counts", "precision": "error_counts", "normalized_precision": "norm_error_counts"}
_PYSOT = {"auc": "auc", "precision": "p20", "normalized_precision": "np20", "sr50": "sr50"}
_PYTRACKING = {**_PYSOT, "sr50": "op50"}
_GOT10K = {
    "auc": "success_score",
    "precision": "precision_score",
    "normalized_precision": "normalized_precision_score",
    "sr50": "success_rate",
}
# Protocol -> reference block, scale, tolerance, and the names of its figures.
TOOLKITS = {
    "official": ("official_MATLAB_code_in_Octave", 1.0, 1e-12, {**_PYSOT, "auc": "auc_matlab_thr"}),
    "got10k": ("got10k_toolkit@956e728", 1.0, 1e-12, _GOT10K),
    "pysot": ("pysot@d04028f", 1.0, 1e-12, _PYSOT),
    "pysot-toolkit": ("pysot-toolkit@8b5ced3", 1.0, 1e-12, _PYSOT),
    "pytracking": ("pytracking@7eb9e74", 100.0, 1e-6, _PYTRACKING),
    "ostrack": ("OSTrack_lib_test_analysis", 100.0, 1e-6, _PYTRACKING),
}


class Golden:
    """Annotation and results, each read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reference: dict[str, Any] = json.loads((folder / "reference_numbers.json").read_text())
        self._annotations: dict[str, Annotation] = {}
        self._results: dict[str, LoadedResults] = {}

    def annotation(self, dataset: str) -> Annotation:
        if dataset not in self._annotations:
            name, root = ROOTS[dataset]
            self._annotations[dataset] = Annotation(open_benchmark(name, annotations=self.folder / root))
        return self._annotations[dataset]

    def results(self, entry: str) -> LoadedResults:
        if entry not in self._results:
            annotation = self.annotation(entry.partition("/")[0])
            root = self.folder / RESULTS[entry]
            (found,) = read_tree(root, annotation.benchmark.name, annotation.inventory.present)
            self._results[entry] = load_results(found)
        return self._results[entry]

    def score(self, entry: str, protocol: str) -> BenchmarkScore:
        return score_tracker(self.results(entry), self.annotation(entry.partition("/")[0]), protocol)


@pytest.fixture(scope="module")
def golden(shared: Path) -> Golden:
    return Golden(shared / "golden")


@pytest.mark.parametrize("entry", RESULTS)
def test_frame_counts_of_every_curve(golden: Golden, entry: str) -> None:
    """Every sequence's counts at every threshold are those that MATLAB or Octave stored."""
    dataset, _, tracker = entry.partition("/")
    file, key = COUNTS.get(entry, (f"{dataset}/octave_official_counts.json", tracker))
    stored = json.loads((golden.folder / file).read_text())
    annotation, results = golden.annotation(dataset), golden.results(entry)
    rules = rules_for("official", annotation.family)
    compared = 0
    for index, theirs in enumerate(stored["sequences"]):
        name = canonical_name(annotation.benchmark.name, theirs) or theirs
        boxes, place = results.boxes[name][0]
        ours = tally(measure(annotation.sequence(name), boxes, rules, place), rules)
        assert ours.frames == stored["len"][index], name
        for curve, counts in ours.counts.items():
            np.testing.assert_array_equal(
                counts, stored["trackers"][key][CURVES[curve]][index], err_msg=f"{name} {curve}"
            )
            compared += 1
    assert compared == len(annotation.inventory.present) * len(ours.counts)


@pytest.mark.parametrize("protocol", TOOLKITS)
@pytest.mark.parametrize("entry", RESULTS)
def test_figures_of_the_toolkits(golden: Golden, entry: str, protocol: str) -> None:
    """AUC, precision and normalised precision as each toolkit prints them."""
    block, scale, tolerance, names = TOOLKITS[protocol]
    published = golden.reference[block]
    printed = published.get(entry) or published.get(entry.replace("FC_mao", "FCmao"))
    if printed is None:  # KCF and Struck: MATLAB's counts, above, are their reference
        assert entry in ("OTB100/KCF", "OTB100/Struck")
        return
    metrics = golden.score(entry, protocol).metrics
    for ours, theirs in names.items():
        if theirs in printed:
            assert metrics[ours] == pytest.approx(printed[theirs] / scale, abs=tolerance), ours


@pytest.mark.parametrize("entry", ["OTB100/KCF", "OTB100/Struck"])
def test_figures_of_real_matlab(golden: Golden, entry: str) -> None:
    printed = golden.reference["OTB100_true_MATLAB_perfMat"][entry.partition("/")[2]]
    metrics = golden.score(entry, "official").metrics
    assert metrics["auc"] == pytest.approx(printed["auc"], abs=1e-12)
    assert metrics["precision"] == pytest.approx(printed["p20"], abs=1e-12)


def test_got10k_report(golden: Golden) -> None:
    annotation = golden.annotation("GOT10k_val")
    (found,) = read_tree(golden.folder / "GOT10k_val" / "results", "got10k", annotation.inventory.present)
    metrics = score_tracker(load_results(found), annotation).metrics
    printed = golden.reference["GOT10k_val_got10k_toolkit"]["hsu0612_20210612"]
    for name in ("ao", "sr50", "sr75"):
        assert metrics[name] == pytest.approx(printed[name], abs=1e-12)


def test_trackingnet_dummy(golden: Golden) -> None:
    folder = golden.folder / "TrackingNet_dummy"
    annotation = Annotation(open_benchmark("trackingnet", annotations=folder / "dummy_GT.zip"))
    (found,) = read_tree(folder / "dummy_subm.zip", "trackingnet", annotation.inventory.present)
    metrics = score_tracker(load_results(found), annotation).metrics
    printed = golden.reference["TrackingNet_devkit_metrics.py@79783f2"]["dummy_subm.zip"]
    names = {
        "auc": "Success",
        "precision": "Precision",
        "normalized_precision": "Normalized Precision",
        "coverage": "Coverage",
    }
    for ours, theirs in names.items():
        assert metrics[ours] == pytest.approx(printed[theirs] / 100, abs=1e-11)


@pytest.mark.parametrize("protocol", ["vot-toolkit", "pysot"])
def test_vot2018(golden: Golden, protocol: str) -> None:
    """A, R and EAO to the printed digits."""
    root = golden.folder / "VOT" / "VOT2018"
    annotation = Annotation(open_benchmark("vot2018", annotations=root))
    (found,) = read_tree(root / "results", "vot2018", annotation.inventory.present)
    metrics = score_supervised(found, annotation, protocol).metrics
    printed = golden.reference["VOT"]
    if protocol == "pysot":
        figures = printed["pysot@d04028f"]["VOT2018/Ocean-online"]
        expected, tolerance = (figures["A"], figures["R"], figures["EAO"]), 5e-7
    else:
        figures = printed["vot-toolkit 0.9.0 (vot.analysis.supervised)"]["VOT2018/Ocean-online"]
        expected, tolerance = (figures["A_weighted"], figures["R_weighted"], figures["EAO"]), 5e-8
    found_metrics = (metrics["accuracy"], metrics["robustness"], metrics["eao"])
    assert found_metrics == pytest.approx(expected, abs=tolerance)
