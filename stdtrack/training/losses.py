"""The design's loss per frame: focal on a Gaussian centre map + 2 GIoU + 5 L1 + quality; averaged over the clip.

All boxes are (..., 4) centre x, centre y, width, height in units of the search crop.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from stdtrack.model.network import FrameOutput, STDTrack
from stdtrack.training.config import LossConfig

NEAR = 1.5
"""Cells whose middle lies within this many cells of the target's centre learn the box."""


@dataclass(frozen=True)
class Lessons:
    """What teachers say of B clips.

    Attributes:
        boxes: (B, T, 4).
        scores: (B, T, H, W), summing to 1 in every frame that is taught.
        taught: (B, T) bool, the frames that count.
    """

    boxes: Tensor
    scores: Tensor
    taught: Tensor

    def pinned(self) -> Lessons:
        """The same in page-locked memory."""
        return Lessons(self.boxes.pin_memory(), self.scores.pin_memory(), self.taught.pin_memory())

    def to(self, device: torch.device) -> Lessons:
        """The same on a device."""
        return Lessons(*(tensor.to(device, non_blocking=True) for tensor in (self.boxes, self.scores, self.taught)))


@dataclass(frozen=True)
class Losses:
    """Scalars with gradient, and two without: mean IoU at the peak, and the quality's mean absolute error."""

    total: Tensor
    score: Tensor
    giou: Tensor
    l1: Tensor
    quality: Tensor
    taught_score: Tensor
    taught_box: Tensor
    iou: Tensor
    quality_error: Tensor


def corners(boxes: Tensor) -> tuple[Tensor, Tensor]:
    """Top-left and bottom-right corners (..., 2) of boxes (..., 4)."""
    half = boxes[..., 2:] / 2
    return boxes[..., :2] - half, boxes[..., :2] + half


def iou_and_giou(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """IoU and generalised IoU (Rezatofighi et al., 2019) of boxes (..., 4), pair by pair: each (...).

    >>> box = torch.tensor([0.5, 0.5, 0.2, 0.2])
    >>> [round(float(value), 4) for value in iou_and_giou(box, box)]
    [1.0, 1.0]
    """
    (low1, high1), (low2, high2) = corners(first), corners(second)
    inner = (torch.minimum(high1, high2) - torch.maximum(low1, low2)).clamp(min=0).prod(-1)
    union = (first[..., 2:].prod(-1) + second[..., 2:].prod(-1) - inner).clamp(min=1e-9)
    hull = (torch.maximum(high1, high2) - torch.minimum(low1, low2)).prod(-1).clamp(min=1e-9)
    iou = inner / union
    return iou, iou - (hull - union) / hull


def cell_centres(grid: int, like: Tensor) -> Tensor:
    """(H, W, 2) x, y of the cells' middles in crop units."""
    axis = (torch.arange(grid, device=like.device, dtype=torch.float32) + 0.5) / grid
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    return torch.stack((x, y), dim=-1)


def gaussian_map(boxes: Tensor, visible: Tensor, grid: int) -> Tensor:
    """(Q, H, W) target map: 1 in the cell that holds the centre, falling off with the target's own extent.

    The standard deviation along an axis is a twelfth of the target's length plus 0.3 cells: wide targets forgive a
    neighbouring cell, narrow ones don't. Rows of invisible targets are 0.

    Args:
        boxes: (Q, 4).
        visible: (Q,) bool.
    """
    cell = (boxes[:, :2] * grid).floor().clamp(0, grid - 1)
    middle = (cell + 0.5) / grid
    spread = boxes[:, 2:] / 12 + 0.3 / grid
    distance = (cell_centres(grid, boxes)[None] - middle[:, None, None]) / spread[:, None, None]
    return torch.exp(-0.5 * distance.square().sum(-1)) * visible[:, None, None]


def focal_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Focal loss on a Gaussian map (CornerNet, Law & Deng 2018: alpha 2, beta 4), per frame: (Q,).

    Args:
        logits: (Q, H, W).
        target: (Q, H, W) in [0, 1], 1 at the centre.
    """
    positive = target >= 1 - 1e-4
    score = torch.sigmoid(logits)
    hit = F.logsigmoid(logits) * (1 - score).square()
    miss = F.logsigmoid(-logits) * score.square() * (1 - target).pow(4)
    return -torch.where(positive, hit, miss).sum((1, 2))


def dense_boxes(offset: Tensor, size: Tensor) -> Tensor:
    """The box that each cell predicts: offsets and sizes (Q, 2, H, W) -> (Q, H, W, 4)."""
    grid = offset.shape[-1]
    corner = cell_centres(grid, offset) - 0.5 / grid
    return torch.cat((corner + offset.permute(0, 2, 3, 1) / grid, size.permute(0, 2, 3, 1)), dim=-1)


def box_weights(boxes: Tensor, visible: Tensor, grid: int) -> Tensor:
    """(Q, H, W) how much a cell's box counts: cells near the centre, the nearest most; sums to 1 where visible."""
    distance = (cell_centres(grid, boxes)[None] - boxes[:, None, None, :2]).norm(dim=-1) * grid
    weight = torch.exp(-0.5 * (distance / (NEAR / 2)).square()) * (distance <= NEAR) * visible[:, None, None]
    shares: Tensor = weight / weight.sum((1, 2), keepdim=True).clamp(min=1e-6)
    return shares


def box_losses(predicted: Tensor, boxes: Tensor, visible: Tensor) -> tuple[Tensor, Tensor]:
    """GIoU and L1 loss of every cell's boxes (Q, H, W, 4) against boxes (Q, 4), mean over the visible frames (Q,)."""
    truth = boxes[:, None, None].expand_as(predicted)
    weight = box_weights(boxes, visible, predicted.shape[1])
    count = visible.sum().clamp(min=1)
    giou_loss = ((1 - iou_and_giou(predicted, truth)[1]) * weight).sum() / count
    return giou_loss, ((predicted - truth).abs().mean(-1) * weight).sum() / count


def divergence(logits: Tensor, target: Tensor, taught: Tensor) -> Tensor:
    """Kullback-Leibler divergence of softmax(logits) from a distribution over cells, mean over the taught frames.

    Args:
        logits, target: (Q, H, W).
        taught: (Q,) bool.
    """
    target = target.flatten(1)
    each = (torch.xlogy(target, target) - target * F.log_softmax(logits.flatten(1), dim=1)).sum(1)
    return (each * taught).sum() / taught.sum().clamp(min=1)


def clip_losses(
    output: FrameOutput, boxes: Tensor, visible: Tensor, config: LossConfig, lessons: Lessons | None = None
) -> Losses:
    """Loss of predictions (B, T, ...) against boxes (B, T, 4) and visibility (B, T), in float32.

    Frames without a visible target supervise score and quality only. Quality learns the IoU of the box at the score
    map's peak, which is the box that tracking would report.
    """
    lead = boxes.shape[:2]
    frames = lead.numel()
    boxes, visible = boxes.flatten(0, 1).float(), visible.flatten()
    score = output.score.flatten(0, 1).float()[:, 0]
    offset, size = output.offset.flatten(0, 1).float(), output.size.flatten(0, 1).float()
    grid = score.shape[-1]
    score_loss = focal_loss(score, gaussian_map(boxes, visible, grid)).sum() / frames
    predicted = dense_boxes(offset, size)
    giou_loss, l1_loss = box_losses(predicted, boxes, visible)
    taught_score, taught_box = torch.zeros_like(giou_loss), torch.zeros_like(giou_loss)
    if lessons is not None:
        taught = lessons.taught.flatten()
        taught_score = divergence(score, lessons.scores.flatten(0, 1), taught)
        taught_giou, taught_l1 = box_losses(predicted, lessons.boxes.flatten(0, 1), taught)
        taught_box = config.giou * taught_giou + config.l1 * taught_l1
    with torch.no_grad():
        peak, _ = STDTrack.decode(FrameOutput(score[:, None], offset, size, output.quality.flatten()))
        iou = iou_and_giou(peak, boxes)[0] * visible
    quality = output.quality.flatten().float()
    quality_loss = F.binary_cross_entropy_with_logits(quality, iou)
    total = config.score * score_loss + config.giou * giou_loss + config.l1 * l1_loss + config.quality * quality_loss
    total = total + config.taught_score * taught_score + config.taught_box * taught_box
    error = (torch.sigmoid(quality.detach()) - iou).abs().mean()
    shown = iou.sum() / visible.sum().clamp(min=1)
    return Losses(total, score_loss, giou_loss, l1_loss, quality_loss, taught_score, taught_box, shown, error)
