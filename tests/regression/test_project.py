"""The project's own regression test: two trackers on the demo benchmark against a committed baseline.

After a change that is meant to change accuracy, such as new weights, write the baseline anew and commit it::

    pytest tests/regression/test_project.py --tracking-update
"""

from __future__ import annotations

import pytest

from evalkit.pytest_plugin import TrackingAccuracy


@pytest.mark.parametrize("tracker", ["opencv:csrt", "stdtrack:nano"])
def test_no_tracker_is_worse_than_its_baseline(tracking_accuracy: TrackingAccuracy, tracker: str) -> None:
    tracking_accuracy(tracker, "demo", baseline="baseline.json")
