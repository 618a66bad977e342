"""One answer as numbers, bit for bit beside the network's own decoding of batches."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stdtrack.decoding import on_host, peak_box
from stdtrack.model import FrameOutput, STDTrack


def answer(side: int, seed: int) -> FrameOutput:
    generator = torch.Generator().manual_seed(seed)
    score, offset, size = (torch.randn(1, maps, side, side, generator=generator) for maps in (1, 2, 2))
    return FrameOutput(4 * score - 4, 3 * offset.sigmoid() - 1, size.sigmoid(), torch.randn(1, generator=generator))


@pytest.mark.parametrize("side", [3, 13, 16])
def test_the_peaks_box_is_that_of_the_network(side: int) -> None:
    window = torch.rand(side, side, generator=torch.Generator().manual_seed(1))
    for seed in range(50):
        output = answer(side, seed)
        boxes, _ = STDTrack.decode(output, window)
        np.testing.assert_array_equal(peak_box(output, window), boxes[0].double().numpy())


def test_of_equal_peaks_the_first_is_taken_as_the_network_does() -> None:
    output = FrameOutput(torch.zeros(1, 1, 4, 4), torch.rand(1, 2, 4, 4), torch.rand(1, 2, 4, 4), torch.zeros(1))
    boxes, _ = STDTrack.decode(output, torch.ones(4, 4))
    np.testing.assert_array_equal(peak_box(output, torch.ones(4, 4)), boxes[0].double().numpy())


def test_an_answer_on_the_host_is_left_as_it_is() -> None:
    output = answer(4, 0)
    assert on_host(output) is output


def test_an_answer_elsewhere_is_copied_at_once() -> None:
    class Elsewhere(torch.Tensor):
        """What seems to lie on a device."""

        copies = 0

        @property
        def device(self) -> torch.device:  # type: ignore[override]
            return torch.device("cuda")

        def cpu(self) -> torch.Tensor:
            Elsewhere.copies += 1
            return self.as_subclass(torch.Tensor)

    here = answer(4, 0)
    there = FrameOutput(*(tensor.as_subclass(Elsewhere) for tensor in vars(here).values()))
    copied = on_host(there)
    assert Elsewhere.copies == 1
    assert all(torch.equal(one, other) for one, other in zip(vars(here).values(), vars(copied).values(), strict=True))
