"""The table of agreements: the original first, each other one beside it."""

from __future__ import annotations

import numpy as np
import pytest

from evalkit.boxes import iou_continuous
from profiling.latency.clips import Clip
from tests.speed.box_agreement import table
from tests.stdtrack.compression.test_agreement import FRAMES, Drift, Noise


def test_every_tracker_stands_beside_the_first() -> None:
    clip = Clip("noise", Noise(), np.tile([30.0, 20.0, 24.0, 16.0], (FRAMES, 1)))
    rows = [line.split("|")[1:-1] for line in table([("still", Drift(0.0)), ("moving", Drift(3.0))], [clip])[2:]]
    assert [row[0].strip() for row in rows] == ["`still`", "`moving`"]
    one = iou_continuous(np.array([[3.0, 0.0, 24.0, 16.0]]), np.array([[0.0, 0.0, 24.0, 16.0]]))[0]
    assert [float(row[1]) for row in rows] == [1.0, pytest.approx(one, abs=1e-4)]
    assert float(rows[0][2]) > float(rows[1][2])
