"""One clip through the network: windows given, or following the model's own boxes as in tracking."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stdtrack.model.network import FrameOutput, STDTrack, stack_frames
from stdtrack.training.clips import CLOSE
from stdtrack.training.data import Batch

MARGIN = 2.0
"""Enlargement of search crops in which windows may move by themselves."""
WIDE, SCALE = 0.6, 0.15
"""Standard deviations of a window's offset wide of the target, in target sizes, and of its log side."""
LOST = 1.6
"""A predicted window farther than this from the target, in target sizes, is replaced by the true one."""
NARROWEST, WIDEST = 0.5, 1.6
"""Limits of a predicted window's side, over the true one's."""


@dataclass(frozen=True)
class Plan:
    """How windows move in a roll-out: standard normal ``noise`` (B, T, 3); which clips ``follow`` (B,) the model."""

    noise: Tensor
    follow: Tensor

    def to(self, device: torch.device) -> Plan:
        """The plan on a device."""
        return Plan(self.noise.to(device), self.follow.to(device))


class ClipModel(nn.Module):
    """The network with pixels made ready for it: uint8 crops in, predictions and what they are judged by out."""

    def __init__(self, model: STDTrack) -> None:
        super().__init__()
        self.model = model
        self.mean_3: Tensor
        self.std_3: Tensor
        mean = torch.tensor(model.config.mean) * 255
        std = torch.tensor(model.config.std) * 255
        self.register_buffer("mean_3", mean, persistent=False)
        self.register_buffer("std_3", std, persistent=False)

    def forward(
        self, templates: Tensor, searches: Tensor, boxes: Tensor, visible: Tensor, plan: Plan | None
    ) -> tuple[FrameOutput, Tensor, Tensor]:
        """A batch of clips.

        Args:
            templates: (B, K, Ht, Ht, 3) uint8.
            searches: (B, T, S, S, 3) uint8; S is the network's search size, or ``MARGIN`` times it in a roll-out.
            boxes: (B, T, 4), visible: (B, T); in units of the search crops.
            plan: how the windows of a roll-out move; None where the crops are the windows.

        Returns:
            predictions (B, T, ...), and boxes (B, T, 4) and visibility (B, T) in the windows that were used.
        """
        templates = self.normalise(templates)
        if plan is None:
            return self.model.forward_clip(templates, self.normalise(searches)), boxes, visible
        return self._roll_out(templates, self.normalise(searches), boxes, visible, plan)

    def normalise(self, images: Tensor) -> Tensor:
        """(..., H, W, 3) uint8 -> (..., 3, H, W) float32 under the network's mean and deviation."""
        pixels = (images.float() - self.mean_3) / self.std_3
        return pixels.movedim(-1, -3)

    def _roll_out(
        self, templates: Tensor, searches: Tensor, boxes: Tensor, visible: Tensor, plan: Plan
    ) -> tuple[FrameOutput, Tensor, Tensor]:
        """Frame by frame: a window lies where the last predicted box says, as in tracking, or about the true one."""
        config = self.model.config
        state = self.model.init_state(templates)
        given = given_windows(boxes, plan, config.search_factor)
        windows = given[:, 0]
        outputs, placed, shown = [], [], []
        for index in range(searches.shape[1]):
            crop = cut_windows(searches[:, index], windows, config.search_size)
            output, state = self.model.step(state, crop)
            target = torch.cat(
                ((boxes[:, index, :2] - windows[:, :2]) / windows[:, 2:] + 0.5, boxes[:, index, 2:] / windows[:, 2:]), 1
            )
            inside = ((target[:, :2] > 0) & (target[:, :2] < 1)).all(1)
            outputs.append(output)
            placed.append(target)
            shown.append(visible[:, index] & inside)
            if index + 1 < searches.shape[1]:
                followed = next_windows(output, windows, boxes[:, index], config.search_factor)
                windows = torch.where(plan.follow[:, None], followed, given[:, index + 1])
        return stack_frames(outputs), torch.stack(placed, 1), torch.stack(shown, 1)


def draw_plan(clips: int, frames: int, share: float) -> Plan:
    """A plan for B clips of T frames; ``share`` of them follow the model's own boxes."""
    return Plan(torch.randn(clips, frames, 3), torch.rand(clips) < share)


def given_windows(boxes: Tensor, plan: Plan, factor: float) -> Tensor:
    """(B, T, 3) windows about true boxes (B, T, 4): close in clips that follow the model, else wide of them."""
    size = boxes[..., 2:].prod(-1, keepdim=True).sqrt()
    spread = torch.where(plan.follow, CLOSE, WIDE)[:, None, None]
    centre = boxes[..., :2] + spread * size * plan.noise[..., :2]
    return torch.cat((centre, factor * size * torch.exp(SCALE * plan.noise[..., 2:])), -1)


@torch.no_grad()
def next_windows(output: FrameOutput, windows: Tensor, truth: Tensor, factor: float) -> Tensor:
    """(B, 3) windows around the predicted boxes, or around the true one where the target is lost."""
    boxes, _ = STDTrack.decode(output)
    boxes = boxes.float()
    centre = windows[:, :2] + (boxes[:, :2] - 0.5) * windows[:, 2:]
    side = factor * (boxes[:, 2:] * windows[:, 2:]).prod(1, keepdim=True).sqrt()
    size = truth[:, 2:].prod(1, keepdim=True).sqrt()
    side = torch.minimum(torch.maximum(side, NARROWEST * factor * size), WIDEST * factor * size)
    lost = (centre - truth[:, :2]).norm(dim=1, keepdim=True) > LOST * size
    return torch.where(lost, torch.cat((truth[:, :2], factor * size), 1), torch.cat((centre, side), 1))


def cut_windows(images: Tensor, windows: Tensor, size: int) -> Tensor:
    """Bilinear crops (B, 3, size, size) of images (B, 3, S, S) at windows (B, 3) in units of the image; 0 outside."""
    half = windows[:, 2] / 2
    # grid_sample counts from -1 to 1 over the image, so centres are 2c - 1 and a window of side s scales by s.
    zero = torch.zeros_like(half)
    rows = (
        torch.stack((2 * half, zero, 2 * windows[:, 0] - 1), 1),
        torch.stack((zero, 2 * half, 2 * windows[:, 1] - 1), 1),
    )
    grid = F.affine_grid(torch.stack(rows, 1), [len(images), 3, size, size], align_corners=False)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def move_batch(batch: Batch, device: torch.device) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The batch's tensors on a device."""
    tensors = (batch.templates, batch.searches, batch.boxes, batch.visible)
    return tuple(tensor.to(device, non_blocking=True) for tensor in tensors)  # type: ignore[return-value]
