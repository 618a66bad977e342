"""Every peer beside the official code: names and shapes of its state, parameters, crops and boxes."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest

from profiling.complexity.report import count_parts
from stdtrack.peers import geometry
from tests.stdtrack.peers.reference import (
    VARIANTS,
    Variant,
    crop_cases,
    crossing,
    marked,
    online_frames,
    state_entries,
    template_sum,
)

every_variant = pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.spec)


@every_variant
def test_state_is_the_official_one_in_names_shapes_types_and_order(variant: Variant, shared: Path) -> None:
    network = variant.family.empty(variant.family.variants[variant.name])
    own = [
        (key, tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."))
        for key, tensor in network.state_dict().items()
    ]
    assert own == state_entries(shared, variant)


@every_variant
def test_parameters_are_counted_to_the_last_digit(variant: Variant) -> None:
    network = variant.family.empty(variant.family.variants[variant.name])
    assert sum(parameter.numel() for parameter in network.parameters()) == variant.parameters


@every_variant
def test_crops_equal_those_of_the_official_code_bit_for_bit(variant: Variant, shared: Path) -> None:
    image = crossing(shared, 1)
    for case in crop_cases(shared, variant):
        crop, scale = geometry.cut_window(image, case.box, case.factor, case.size)
        assert zlib.crc32(np.ascontiguousarray(crop).tobytes()) == case.crc32, case
        assert scale == case.scale
    config, (first, _) = variant.family.variants[variant.name], online_frames(shared, variant)
    crop, _ = geometry.cut_window(image, first, config.template_factor, config.template_size)
    assert int(crop.sum()) == template_sum(shared, variant)


@pytest.mark.parametrize("variant", marked(VARIANTS))
@pytest.mark.parametrize("count", [2, pytest.param(11, marks=pytest.mark.slow)])
def test_boxes_equal_those_of_the_official_tracker(
    variant: Variant, count: int, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sums: list[int] = []
    placed: list[np.ndarray] = []
    cut_window, placed_in_image = geometry.cut_window, geometry.placed_in_image

    def summed(*arguments: object) -> object:
        crop, scale = cut_window(*arguments)  # type: ignore[arg-type]
        sums.append(int(crop.sum()))
        return crop, scale

    def kept(*arguments: object) -> object:
        placed.append(placed_in_image(*arguments))  # type: ignore[arg-type]
        return placed[-1]

    monkeypatch.setattr("stdtrack.peers.online.cut_window", summed)
    monkeypatch.setattr("stdtrack.peers.online.placed_in_image", kept)
    first, frames = online_frames(shared, variant)
    tracker = variant.family.create(variant.name, {})
    tracker.init(crossing(shared, 1), first)
    for frame in frames[:count]:
        tracker.box = frame.state
        box = tracker.update(crossing(shared, frame.frame)).box
        assert frame.crop_sum in sums
        np.testing.assert_allclose(placed[-1], frame.before_clip, rtol=0, atol=1e-3)
        np.testing.assert_allclose(box, frame.box, rtol=0, atol=1e-3)


SMALLEST = ("asymtrack:t", "hit:tiny")


@pytest.mark.parametrize(
    "variant",
    [pytest.param(each, id=each.spec, marks=() if each.spec in SMALLEST else pytest.mark.slow) for each in VARIANTS],
)
@pytest.mark.parametrize("cached", [True, False])
def test_two_counters_agree(variant: Variant, cached: bool) -> None:
    tracker = variant.family.create(variant.name, {"cached": str(cached).lower()})
    report = count_parts(variant.spec, tracker.complexity_parts())
    assert report.disagreement == ""
    keeps_features = variant.spec.startswith(("asymtrack:", "litetrack:", "smat:"))  # as the official trackers do
    assert set(report.parts) == ({"init", "frame"} if cached or keeps_features else {"frame"})
