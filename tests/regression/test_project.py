"""The project's own regression test: two trackers on the demo benchmark against a committed baseline.

After a change that is meant to change accuracy, such as new weights, write the baseline anew and commit it::

    pytest tests/regression/test_project.py --tracking-update
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evalkit.benchmarks.base import Benchmark
from evalkit.benchmarks.registry import open_benchmark
from evalkit.benchmarks.synthetic.writer import render
from evalkit.regression.compare import compare
from evalkit.regression.file import read_baseline
from evalkit.regression.from_scores import record_results
from evalkit.regression.verdicts import Limits, Verdict
from evalkit.running.tracking import track
from evalkit.scoring.opening import Annotation
from evalkit.scoring.tracker import LoadedResults
from evalkit.trackers.spec import load_tracker
from evalkit.types import Boxes
from stdtrack.pytest_plugin import TrackingAccuracy

BASELINE = Path(__file__).with_name("baseline.json")


@pytest.mark.parametrize("tracker", ["opencv:csrt", "stdtrack:nano"])
def test_no_tracker_is_worse_than_its_baseline(tracking_accuracy: TrackingAccuracy, tracker: str) -> None:
    tracking_accuracy(tracker, "demo", baseline="baseline.json")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Benchmark:
    """The demo benchmark on disk."""
    root = tmp_path_factory.mktemp("demo")
    render(root)
    return open_benchmark("demo", data=root)


@pytest.fixture(scope="module")
def csrt(demo: Benchmark) -> dict[str, Boxes]:
    """Boxes of opencv:csrt on it, native coordinates."""
    tracker, boxes = load_tracker("opencv:csrt"), {}
    for name in demo.inventory().present:
        sequence = demo.sequence(name)
        assert sequence.frames is not None
        found = track(tracker, sequence.frames, sequence.initial_box).boxes
        boxes[name] = found + np.array([sequence.origin, sequence.origin, 0, 0])
    return boxes


@pytest.mark.slow
@pytest.mark.parametrize(("pixels", "verdict"), [(0.0, Verdict.SAME), (1e-6, Verdict.SAME), (3.0, Verdict.WORSE)])
def test_the_committed_baseline_finds_shifted_boxes(
    demo: Benchmark, csrt: dict[str, Boxes], pixels: float, verdict: Verdict
) -> None:
    shifted = {
        name: np.vstack([boxes[:1], boxes[1:] + np.array([pixels, pixels, 0, 0])]) for name, boxes in csrt.items()
    }
    results = LoadedResults("opencv:csrt", {name: ((boxes, ""),) for name, boxes in shifted.items()})
    (known,) = read_baseline(BASELINE).select("opencv:csrt", "demo")
    now = record_results(results, Annotation(demo), known.protocol)
    assert compare(known, now, Limits()).verdict is verdict
