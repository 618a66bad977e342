"""STDTrack as attacks see it."""

from __future__ import annotations

import torch
from torch import Tensor

from evalkit.types import Box, Image
from stdtrack.attacks.crop import CropPlan
from stdtrack.attacks.surface import Answers
from stdtrack.configs import ModelConfig
from stdtrack.crops import Window, crop_window
from stdtrack.model import STDTrack, TrackState
from stdtrack.model.spatiotemporal import Memory


class OnSTDTrack:
    """The folded network with the state that its tracker has now.

    Args:
        box: around which it searches next.
        state: after the last frame; None before ``init``.
        window_HW: factors on the score map.
    """

    def __init__(self, model: STDTrack, box: Box, state: TrackState | None, window_HW: Tensor) -> None:
        self.model, self.box, self.state, self.window_HW = model, box, state, window_HW
        self.config: ModelConfig = model.config

    def search_part(self, image: Image) -> tuple[int, int, int, int]:
        """Pixels of the next search window."""
        return self._plan(self._window(self.box), image.shape[1], image.shape[0]).part

    def template_part(self, image: Image, box: Box) -> tuple[int, int, int, int]:
        """Pixels of the template."""
        return self._template_plan(box, image.shape[1], image.shape[0]).part

    def answers(self, part_13HW: Tensor, corner: tuple[int, int]) -> Answers:
        """The next frame's map."""
        assert self.state is not None
        return self._step(_apart(self.state), part_13HW, corner, self._window(self.box))

    def answers_after(self, part_13HW: Tensor, corner: tuple[int, int], image: Image, box: Box) -> Answers:
        """The map of the first frame itself, after a start on these pixels."""
        plan = self._template_plan(box, image.shape[1], image.shape[0])
        state = self.model.init_state(self._normalised(plan.crop(part_13HW)))
        window = self._window(box)
        x0, y0, x1, y1 = self._plan(window, image.shape[1], image.shape[0]).part
        pixels = torch.tensor(image[y0:y1, x0:x1]).permute(2, 0, 1)[None].to(part_13HW)
        return self._step(state, pixels, (x0, y0), window)

    def _step(self, state: TrackState, part_13HW: Tensor, corner: tuple[int, int], window: Window) -> Answers:
        width, height = corner[0] + part_13HW.shape[-1], corner[1] + part_13HW.shape[-2]
        plan = self._plan(window, width, height)
        output, _ = self.model.step(state, self._normalised(plan.crop(part_13HW)))
        H, W = output.score.shape[-2:]
        ranked_N = torch.nn.functional.logsigmoid(output.score).flatten() + self.window_HW.log().flatten()
        y_N, x_N = (grid.flatten() for grid in torch.meshgrid(torch.arange(H), torch.arange(W), indexing="ij"))
        cell_N2 = torch.stack((x_N, y_N), dim=-1).to(ranked_N)
        side = torch.tensor([W, H]).to(ranked_N)
        middle_N2 = (cell_N2 + output.offset[0].flatten(1).T) / side
        size_N2 = output.size[0].flatten(1).T
        centre_2 = torch.tensor(window[:2]).to(ranked_N)
        scale = float(window[2])
        box_N4 = torch.cat(((middle_N2 - size_N2 / 2 - 0.5) * scale + centre_2, size_N2 * scale), dim=-1)
        return Answers(ranked_N, box_N4, ((cell_N2 + 0.5) / side - 0.5) * scale + centre_2)

    def _window(self, box: Box) -> Window:
        return crop_window(box, self.config.search_factor)

    def _plan(self, window: Window, width: int, height: int) -> CropPlan:
        return CropPlan.of(window, self.config.search_size, width, height)

    def _template_plan(self, box: Box, width: int, height: int) -> CropPlan:
        return CropPlan.of(crop_window(box, self.config.template_factor), self.config.template_size, width, height)

    def _normalised(self, crop_13SS: Tensor) -> Tensor:
        mean, std = (
            torch.tensor(values).to(crop_13SS)[None, :, None, None] for values in (self.config.mean, self.config.std)
        )
        return (crop_13SS / 255.0 - mean) / std


def _apart(state: TrackState) -> TrackState:
    """A copy whose tensors gradients may pass: those of inference mode refuse them."""
    memory = state.memory
    return TrackState(
        None if state.token_BC is None else state.token_BC.clone(),
        None if memory is None else Memory(*(tensor.clone() for tensor in vars(memory).values())),
        state.cache_LBM2HD.clone(),
        state.frame_B.clone(),
    )
