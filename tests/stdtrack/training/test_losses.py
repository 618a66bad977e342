"""Losses against numbers worked out by hand or by evalkit."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from evalkit.boxes import iou_continuous
from stdtrack.model.network import FrameOutput, STDTrack
from stdtrack.training.config import LossConfig
from stdtrack.training.losses import box_weights, clip_losses, dense_boxes, focal_loss, gaussian_map, iou_and_giou

GRID = 20
BOX = torch.tensor([0.52, 0.31, 0.2, 0.3])


def perfect(boxes: torch.Tensor, sharp: float = 12.0) -> FrameOutput:
    """Predictions (1, T, ...) that are exactly right."""
    frames = len(boxes)
    score = torch.full((1, frames, 1, GRID, GRID), -sharp)
    offset = torch.zeros(1, frames, 2, GRID, GRID)
    size = boxes[None, :, 2:, None, None].expand(1, frames, 2, GRID, GRID).clone()
    corners = torch.stack(torch.meshgrid(torch.arange(GRID), torch.arange(GRID), indexing="xy")).float()
    for index, box in enumerate(boxes):
        offset[0, index] = box[:2, None, None] * GRID - corners
        x, y = (box[:2] * GRID).long().tolist()
        score[0, index, 0, y, x] = sharp
    return FrameOutput(score, offset, size, torch.full((1, frames), sharp))


box_values = st.tuples(*[st.floats(0.1, 0.9)] * 2, *[st.floats(0.05, 0.6)] * 2)


@given(box_values, box_values)
def test_iou_is_evalkits(first: tuple[float, ...], second: tuple[float, ...]) -> None:
    boxes = np.array([first, second])
    corners = np.concatenate([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, 2:]], axis=1)
    iou, giou = iou_and_giou(*torch.tensor(boxes))
    np.testing.assert_allclose(float(iou), iou_continuous(corners[:1], corners[1:])[0], atol=1e-6)
    assert -1 <= float(giou) <= float(iou) + 1e-9


def test_giou_of_separate_boxes_by_hand() -> None:
    # Two unit squares, one unit of space between them: hull 3, union 2.
    iou, giou = iou_and_giou(torch.tensor([0.5, 0.5, 1, 1]), torch.tensor([2.5, 0.5, 1, 1]))
    assert float(iou) == 0
    assert np.isclose(float(giou), -1 / 3)


def test_the_map_is_one_at_the_centres_cell_and_zero_without_target() -> None:
    target = gaussian_map(BOX.expand(2, 4), torch.tensor([True, False]), GRID)
    y, x = divmod(int(target[0].argmax()), GRID)
    assert (x, y) == (10, 6)
    assert float(target[0, y, x]) == 1
    assert (target[0] == 1).sum() == 1
    assert target[1].sum() == 0
    assert target[0, y + 1, x] > target[0, y, x + 1], "taller than wide"


def test_focal_loss_by_hand() -> None:
    logits, target = torch.zeros(1, 1, 2), torch.tensor([[[1.0, 0.5]]])
    # At probability 1/2: hit 0.25 ln 2, miss 0.25 ln 2 (1 - 0.5)^4.
    np.testing.assert_allclose(float(focal_loss(logits, target)), 0.25 * np.log(2) * (1 + 1 / 16), rtol=1e-5)


def test_perfect_predictions_cost_nothing() -> None:
    boxes = torch.stack([BOX, torch.tensor([0.7, 0.62, 0.1, 0.15])])
    losses = clip_losses(perfect(boxes), boxes[None], torch.ones(1, 2, dtype=torch.bool), LossConfig())
    assert float(losses.iou) > 0.999
    assert float(losses.total) < 0.01


def test_the_box_a_cell_predicts_is_the_one_that_tracking_decodes() -> None:
    torch.manual_seed(0)
    output = FrameOutput(
        torch.randn(3, 1, GRID, GRID), torch.rand(3, 2, GRID, GRID), torch.rand(3, 2, GRID, GRID), torch.zeros(3)
    )
    boxes, _ = STDTrack.decode(output)
    peaks = output.score.flatten(1).argmax(1)
    cells = dense_boxes(output.offset, output.size).flatten(1, 2)
    np.testing.assert_allclose(cells[torch.arange(3), peaks].numpy(), boxes.numpy(), atol=1e-6)


def test_only_cells_near_the_centre_learn_the_box() -> None:
    weight = box_weights(BOX[None], torch.tensor([True]), GRID)[0]
    np.testing.assert_allclose(float(weight.sum()), 1, atol=1e-5)
    y, x = np.nonzero(weight.numpy())
    assert (np.hypot(x + 0.5 - 10.4, y + 0.5 - 6.2) <= 1.5).all()
    assert len(x) >= 4


def test_absent_frames_supervise_score_and_quality_only() -> None:
    boxes = BOX.expand(1, 1, 4)
    output = perfect(BOX[None])
    tensors = {name: getattr(output, name).clone().requires_grad_() for name in ("score", "offset", "size", "quality")}
    losses = clip_losses(FrameOutput(**tensors), boxes, torch.zeros(1, 1, dtype=torch.bool), LossConfig())
    losses.total.backward()
    assert losses.giou.item() == losses.l1.item() == losses.iou.item() == 0
    assert tensors["score"].grad.abs().sum() > 1, "a confident peak on nothing is punished"
    assert float(tensors["quality"].grad.sum()) > 0.9, "and so is confidence"
    assert tensors["offset"].grad.abs().sum() == 0
    assert tensors["size"].grad.abs().sum() == 0


def test_quality_learns_the_true_iou_and_bends_nothing_else() -> None:
    output = perfect(BOX[None])
    wide = FrameOutput(
        output.score, output.offset, output.size * torch.tensor([2.0, 1.0])[:, None, None], output.quality
    )
    quality = torch.zeros(1, 1, requires_grad=True)
    score = wide.score.clone().requires_grad_()
    losses = clip_losses(
        FrameOutput(score, wide.offset, wide.size, quality),
        BOX.expand(1, 1, 4),
        torch.ones(1, 1, dtype=torch.bool),
        LossConfig(score=0),
    )
    losses.total.backward()
    # Twice the width: IoU 1/2, so a quality of 1/2 has no gradient.
    np.testing.assert_allclose(float(losses.iou), 0.5, atol=1e-5)
    np.testing.assert_allclose(float(quality.grad), 0, atol=1e-6)
    assert score.grad is None or float(score.grad.abs().sum()) == 0
