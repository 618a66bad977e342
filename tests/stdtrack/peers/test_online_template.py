"""When the MixFormers exchange their online template, beside the official online trackers."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from evalkit.errors import InputError
from evalkit.types import Image
from stdtrack.peers import geometry
from stdtrack.peers.mixformerv2 import MixFormerV2Tracker
from stdtrack.peers.network import Answer
from stdtrack.peers.online_template import OnlineTemplateTracker
from tests.stdtrack.peers.reference import VARIANTS, Variant, crossing, peers

SPEC = "mixformerv2:s"
UPDATING = [
    pytest.param(variant, id=variant.spec, marks=() if variant.spec == SPEC else pytest.mark.slow)
    for variant in VARIANTS
    if variant.spec.startswith("mixformer")
]


def updating(variant: Variant, interval: int = 4) -> OnlineTemplateTracker[Any]:
    tracker = variant.family.create(variant.name, {"update_interval": str(interval)})
    assert isinstance(tracker, OnlineTemplateTracker)
    if isinstance(tracker, MixFormerV2Tracker):  # so that scores pass the threshold with random weights
        tracker.network.get_parameter("score_head.layers.1.bias").data.add_(2.0)
    return tracker


@pytest.mark.parametrize("variant", UPDATING)
def test_a_run_with_updates_equals_the_official_trackers(
    variant: Variant, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = json.loads((peers(shared, variant) / "boxes.json").read_text())["online_update_run"]
    tracker, crops = updating(variant), []
    cut_window = geometry.cut_window

    def kept(*arguments: Any) -> Any:
        crop, scale = cut_window(*arguments)
        crops.append(zlib.crc32(np.ascontiguousarray(crop).tobytes()))
        return crop, scale

    monkeypatch.setattr("stdtrack.peers.online.cut_window", kept)
    tracker.init(crossing(shared, 1), np.array(run["init_box"]))
    assert crops == [run["template_crop"]["crc32"]]
    for frame in run["frames"]:
        tracker.box, crops[:] = np.array(frame["forced_state"]), []
        prediction = tracker.update(crossing(shared, frame["frame"]))
        np.testing.assert_allclose(prediction.box, frame["box"], rtol=0, atol=1e-3)
        assert prediction.score == pytest.approx(frame.get("score", 1.0), abs=1e-5)
        templates = [frame["template_update_crop"]["crc32"]] if "template_update_crop" in frame else []
        assert crops == [frame["search_crop"]["crc32"], *templates]
        assert (tracker.online is tracker.template[0]) == frame["online_is_initial"]
        if "max_pred_score_after" in frame:
            assert tracker.best == pytest.approx(frame["max_pred_score_after"], abs=1e-5)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def tracker() -> MixFormerV2Tracker:
    (variant,) = (variant for variant in VARIANTS if variant.spec == SPEC)
    return updating(variant, 3)  # type: ignore[return-value]


def grey(level: int) -> Image:
    return np.full((100, 120, 3), level, dtype=np.uint8)


def shown(tracker: MixFormerV2Tracker) -> int:
    """The grey level of the online template."""
    red = tracker.online[0, 0]
    assert red.std() < 1e-6
    return round(255 * (float(red.mean()) * tracker.config.std[0] + tracker.config.mean[0]))


@pytest.mark.parametrize(
    ("scores", "templates"),
    [
        ([0.6, 0.9, 0.7, 0.6, 0.8, 0.8], [0, 0, 2, 2, 2, 5]),  # the best of an interval; the earlier of equals
        ([0.6, 0.6, 0.9, 0.1, 0.5, 0.2], [0, 0, 3, 3, 3, 0]),  # 0.5 is not above 0.5: back to the first frame
        ([0.9, 0.2, 0.2, 0.51, 0.2, 0.2], [0, 0, 1, 1, 1, 4]),  # an interval forgets the scores of the one before
    ],
)
def test_the_online_template_is_the_intervals_best_frame(
    tracker: MixFormerV2Tracker, scores: list[float], templates: list[int]
) -> None:
    tracker.init(grey(0), np.array([40.0, 30.0, 30.0, 30.0]))
    seen = []
    for frame, score in enumerate(scores, 1):
        with torch.inference_mode():
            tracker.after_frame(grey(frame), Answer(np.full(4, 0.5, np.float32), score))
        seen.append(shown(tracker))
    assert seen == templates


def test_a_new_target_starts_anew(tracker: MixFormerV2Tracker) -> None:
    fresh = updating(next(variant for variant in VARIANTS if variant.spec == SPEC), 3)
    images = [np.random.default_rng(seed).integers(0, 255, (100, 120, 3), dtype=np.uint8) for seed in range(6)]
    tracker.init(images[5], np.array([10.0, 10.0, 20.0, 20.0]))
    for image in images[:4]:
        tracker.update(image)
    boxes = []
    for one in (tracker, fresh):
        one.init(images[0], np.array([40.0, 30.0, 30.0, 30.0]))
        boxes.append([one.update(image).box for image in images[1:]])
    np.testing.assert_array_equal(*boxes)


@pytest.mark.parametrize(
    ("option", "problem"),
    [
        ({"update_interval": "0"}, "update_interval=0 is no positive number of frames"),
        ({"update_interval": "often"}, "update_interval"),
        ({"search_factor": "nan"}, "search_factor=nan is not between 1 and 100"),
        ({"search_factor": "-4"}, "search_factor=-4 is not between 1 and 100"),
        ({"update_score": "0.5"}, "update_score"),
    ],
)
@pytest.mark.parametrize("spec", [SPEC, "mixformer:cvt21"])
def test_a_wrong_setting_is_one_line(spec: str, option: dict[str, str], problem: str) -> None:
    (variant,) = (variant for variant in VARIANTS if variant.spec == spec)
    with pytest.raises(InputError, match=problem):
        variant.family.create(variant.name, option)
