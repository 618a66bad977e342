"""Pixels as the network takes them: the same numbers, bit for bit, in both orders of memory."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stdtrack.configs import VARIANTS
from stdtrack.normalising import Normaliser


@pytest.mark.parametrize("variant", VARIANTS)
def test_planes_hold_the_numbers_of_rows(variant: str) -> None:
    config = VARIANTS[variant]
    normaliser = Normaliser(config, torch.device("cpu"))
    crop = np.random.default_rng(0).integers(0, 256, (config.search_size, config.search_size, 3), dtype=np.uint8)
    rows = normaliser(crop)
    normaliser.planar = True
    planes = normaliser(crop)
    assert rows.is_contiguous(memory_format=torch.channels_last)
    assert planes.is_contiguous()
    assert torch.equal(rows, planes)
    mean, std = (np.array(values)[:, None, None] for values in (config.mean, config.std))
    np.testing.assert_allclose(planes[0].numpy(), (crop.transpose(2, 0, 1) / 255.0 - mean) / std, atol=1e-5)


def test_a_crop_that_is_smaller_than_both() -> None:
    normaliser = Normaliser(VARIANTS["nano"], torch.device("cpu"))
    assert normaliser(np.zeros((5, 7, 3), np.uint8)).shape == (1, 3, 5, 7)
