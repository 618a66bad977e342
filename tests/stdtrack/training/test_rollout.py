"""Clips through the network: given windows, and windows that follow the model's own boxes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stdtrack.configs import NANO
from stdtrack.crops import crop_window, sample_crop
from stdtrack.model.network import FrameOutput, STDTrack
from stdtrack.training.clips import CLOSE
from stdtrack.training.rollout import WIDE, ClipModel, Plan, cut_windows, draw_plan, given_windows, next_windows

FACTOR, SIDE = NANO.search_factor, NANO.search_size


@pytest.fixture(scope="module")
def net() -> ClipModel:
    torch.manual_seed(0)
    return ClipModel(STDTrack(NANO)).eval()


def test_windows_are_cut_as_crops_are() -> None:
    image = np.random.default_rng(0).integers(0, 256, size=(64, 64, 3), dtype=np.uint8)
    box = np.array([20.0, 24.0, 9.0, 7.0])
    window = crop_window(box, FACTOR)
    expected = sample_crop(image, window, 32).astype(float)
    pixels = torch.from_numpy(image).permute(2, 0, 1)[None].float()
    cut = cut_windows(pixels, torch.tensor(window / 64, dtype=torch.float32)[None], 32)[0].permute(1, 2, 0).numpy()
    assert np.abs(cut - expected).max() < 5, "up to OpenCV's fixed-point rounding"
    outside = cut_windows(pixels, torch.tensor([[2.0, 2.0, 0.5]]), 8)
    assert outside.abs().max() == 0


def test_given_windows_lie_close_to_the_target_or_wide_of_it() -> None:
    boxes = torch.tensor([0.5, 0.4, 0.1, 0.1]).expand(2000, 2, 4)
    torch.manual_seed(0)
    plan = draw_plan(2000, 2, 0.3)
    windows = given_windows(boxes, plan, FACTOR)
    offset = (windows[..., :2] - boxes[..., :2]) / 0.1
    assert 0.25 < plan.follow.float().mean() < 0.35
    assert 0.1 < offset[plan.follow].std() < 0.14
    assert 0.5 < offset[~plan.follow].std() < 0.7
    torch.testing.assert_close(windows[..., 2].median(), torch.tensor(0.1 * FACTOR), rtol=0.05, atol=0)


def output_at(cell: tuple[int, int], size: float) -> FrameOutput:
    """A confident prediction in the middle of one cell, of a square box."""
    grid = NANO.score_grid
    score = torch.full((1, 1, grid, grid), -9.0)
    score[0, 0, cell[1], cell[0]] = 9.0
    return FrameOutput(score, torch.full((1, 2, grid, grid), 0.5), torch.full((1, 2, grid, grid), size), torch.zeros(1))


def test_the_next_window_follows_the_predicted_box() -> None:
    windows, truth = torch.tensor([[0.5, 0.5, 0.4]]), torch.tensor([[0.55, 0.5, 0.1, 0.1]])
    grid = NANO.score_grid
    following = next_windows(output_at((14, 9), 0.3), windows, truth, FACTOR)[0]
    expected = [0.5 + (14.5 / grid - 0.5) * 0.4, 0.5 + (9.5 / grid - 0.5) * 0.4, FACTOR * 0.3 * 0.4]
    np.testing.assert_allclose(following.numpy(), expected, rtol=1e-5)


def test_a_lost_targets_window_is_the_true_one() -> None:
    windows, truth = torch.tensor([[0.5, 0.5, 0.4]]), torch.tensor([[0.4, 0.4, 0.05, 0.05]])
    following = next_windows(output_at((NANO.score_grid - 1, NANO.score_grid - 1), 0.3), windows, truth, FACTOR)[0]
    np.testing.assert_allclose(following.numpy(), [0.4, 0.4, 0.05 * FACTOR], rtol=1e-5)


@torch.no_grad()
def test_given_windows_are_one_pass_of_the_clip(net: ClipModel) -> None:
    templates = torch.randint(0, 256, (2, 1, 80, 80, 3), dtype=torch.uint8)
    searches = torch.randint(0, 256, (2, 2, SIDE, SIDE, 3), dtype=torch.uint8)
    boxes, visible = torch.rand(2, 2, 4), torch.ones(2, 2, dtype=torch.bool)
    output, same, shown = net(templates, searches, boxes, visible, None)
    direct = net.model.forward_clip(net.normalise(templates), net.normalise(searches))
    torch.testing.assert_close(output.score, direct.score)
    assert same is boxes
    assert shown is visible
    white = net.normalise(torch.full((1, 2, 2, 3), 255, dtype=torch.uint8))
    np.testing.assert_allclose(white[0, :, 0, 0].numpy(), (1 - np.array(NANO.mean)) / NANO.std, rtol=1e-5)


def test_a_roll_out_judges_boxes_in_the_windows_it_used(net: ClipModel) -> None:
    templates = torch.randint(0, 256, (2, 1, 80, 80, 3), dtype=torch.uint8)
    searches = torch.randint(0, 256, (2, 3, 2 * SIDE, 2 * SIDE, 3), dtype=torch.uint8)
    boxes = torch.tensor([0.5, 0.5, 0.12, 0.12]).expand(2, 3, 4)
    visible = torch.ones(2, 3, dtype=torch.bool)
    noise = torch.tensor([1.0, 0.0, 0.0]).expand(2, 3, 3)
    output, placed, shown = net(templates, searches, boxes, visible, Plan(noise, torch.tensor([True, False])))
    assert output.score.shape == (2, 3, 1, NANO.score_grid, NANO.score_grid)
    # A window that lies d target sizes to the right sees the target d / factor to the left of its middle.
    np.testing.assert_allclose(placed[0, 0].numpy(), [0.5 - CLOSE / FACTOR, 0.5, 1 / FACTOR, 1 / FACTOR], rtol=1e-4)
    np.testing.assert_allclose(placed[1].numpy(), [[0.5 - WIDE / FACTOR, 0.5, 1 / FACTOR, 1 / FACTOR]] * 3, rtol=1e-4)
    assert (placed[0, 1] - placed[0, 0]).abs().max() > 1e-3, "the first clip follows the model"
    assert shown[1].all()
    output.score[:, 2].sum().backward()
    gradient = net.model.start_11C.grad
    assert gradient is not None
    assert gradient.abs().sum() > 0, "the token of the first frames learns from the last one"
    net.zero_grad()
