"""STDTrack put together: one clip in training, one frame at a time in tracking, by the same code.

*Paper*: dense frames in training, a token carried from frame to frame, STM, MFIFM and a multi-scale head.
*Ours*: every number in :mod:`stdtrack.configs`, and where gradients flow: through the token handed from frame to
frame over the whole clip, not through the tokens in the STM.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn

from stdtrack.configs import ModelConfig
from stdtrack.model.backbone import Backbone
from stdtrack.model.head import Gate, Head, MultiScaleConv, Neck
from stdtrack.model.spatiotemporal import MFIFM, STM, Memory, QualityHead


@dataclass(frozen=True)
class TrackState:
    """All that is carried from frame to frame; its size never changes.

    Attributes:
        token_BC: the fused token of the frame before; None without a token.
        memory: the STM; None without a token.
        cache_LBM2HD: keys and values of the templates in every block.
        frame_B: number of the frame before (0: the template's), int64.
    """

    token_BC: Tensor | None
    memory: Memory | None
    cache_LBM2HD: Tensor
    frame_B: Tensor


@dataclass(frozen=True)
class FrameOutput:
    """Predictions for one frame (names as in ``step``), or for T of them with T after B (``forward_clip``).

    Attributes:
        score: (B, 1, H, W) logits that the target's centre lies in a cell.
        offset: (B, 2, H, W) x, y of the centre from its cell's corner, in cells, in (-1, 2).
        size: (B, 2, H, W) width and height, in fractions of the crop.
        quality: (B,) logit of the predicted box's IoU.
    """

    score: Tensor
    offset: Tensor
    size: Tensor
    quality: Tensor


def stack_frames(outputs: Sequence[FrameOutput]) -> FrameOutput:
    """T frames' predictions (B, ...) -> one with T after B."""
    names = [field.name for field in fields(FrameOutput)]
    return FrameOutput(*(torch.stack([getattr(output, name) for output in outputs], dim=1) for name in names))


class STDTrack(nn.Module):
    """The network. Images are RGB, scaled to [0, 1] and normalised by ``config.mean`` and ``config.std``."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = Backbone(config)
        self.neck = Neck(config)
        self.head = Head(config)
        self.stm = STM(config.capacity, config.admission, config.memory)
        self.start_11C = nn.Parameter(torch.randn(1, 1, config.dim) * 0.02) if config.token else None
        self.gate = Gate(config.dim, config.head_dim) if config.token else None
        self.fusion = MFIFM(config.dim, config.heads) if config.fusion else None
        self.quality = QualityHead(config.dim if config.token else 0, config.head_dim)

    def extra_repr(self) -> str:
        """The config in the module's text: layers and weights do not tell all of it, such as the STM's rule."""
        return repr(self.config)

    def init_state(self, templates_BK3HW: Tensor) -> TrackState:
        """(B, K, 3, H, W) or (B, 3, H, W) template crops -> the state before the first search frame."""
        if templates_BK3HW.ndim == 4:
            templates_BK3HW = templates_BK3HW[:, None]
        cache_LBM2HD, token_BC = self.backbone.encode_templates(templates_BK3HW, self.start_11C)
        frame_B = torch.zeros(templates_BK3HW.shape[0], dtype=torch.int64, device=templates_BK3HW.device)
        if token_BC is None:
            return TrackState(None, None, cache_LBM2HD, frame_B)
        memory = self.stm.start(token_BC)
        if self.fusion is not None:
            token_BC = self.fusion(token_BC, memory, frame_B)
        return TrackState(token_BC, memory, cache_LBM2HD, frame_B)

    def step(self, state: TrackState, search_B3HW: Tensor) -> tuple[FrameOutput, TrackState]:
        """One frame: (B, 3, H, W) search crop -> its predictions and the state after it."""
        search_BNC, fine_BCHW = self.backbone.embed_search(search_B3HW)
        return self._advance(state, search_BNC, fine_BCHW)

    def forward_clip(self, templates_BK3HW: Tensor, searches_BT3HW: Tensor) -> FrameOutput:
        """(B, K, 3, Ht, Wt) templates and (B, T, 3, Hs, Ws) ordered search crops -> predictions (B, T, ...).

        What does not depend on the frame before (the stem) runs on all frames at once.
        """
        B, T = searches_BT3HW.shape[:2]
        state = self.init_state(templates_BK3HW)
        search_QNC, fine_QCHW = self.backbone.embed_search(searches_BT3HW.flatten(0, 1))
        search_TBNC = search_QNC.view(B, T, *search_QNC.shape[1:]).unbind(1)
        fine_TBCHW = [None] * T if fine_QCHW is None else fine_QCHW.view(B, T, *fine_QCHW.shape[1:]).unbind(1)
        outputs: list[FrameOutput] = []
        for search_BNC, fine_BCHW in zip(search_TBNC, fine_TBCHW, strict=True):
            output, state = self._advance(state, search_BNC, fine_BCHW)
            outputs.append(output)
        return stack_frames(outputs)

    forward = forward_clip

    def _advance(
        self, state: TrackState, search_BNC: Tensor, fine_BCHW: Tensor | None
    ) -> tuple[FrameOutput, TrackState]:
        """The frame's equations, in the paper's order: token, backbone, MFIFM, gate, head, quality, STM."""
        x_BNC = self.backbone(self.join(state, search_BNC), state.cache_LBM2HD)
        return self.finish(state, x_BNC, fine_BCHW)

    def join(self, state: TrackState, search_BNC: Tensor) -> Tensor:
        """What the first block takes: (B, N, C) search tokens, behind the state's token if there is one."""
        if self.start_11C is None or state.token_BC is None:
            return search_BNC
        return torch.cat((self.start_11C + state.token_BC[:, None], search_BNC), dim=1)

    def finish(self, state: TrackState, x_BNC: Tensor, fine_BCHW: Tensor | None) -> tuple[FrameOutput, TrackState]:
        """What follows the last block, on what that block gave for :meth:`join`'s tokens."""
        frame_B, memory = state.frame_B + 1, state.memory
        x_BNC = self.backbone.norm(x_BNC)
        token_BC, search_BNC = (None, x_BNC) if self.start_11C is None else (x_BNC[:, 0], x_BNC[:, 1:])
        map_BCHW = self.neck(search_BNC, fine_BCHW)
        if self.fusion is not None:
            token_BC = self.fusion(token_BC, memory, frame_B)
        if self.gate is not None:
            map_BCHW = self.gate(map_BCHW, token_BC)
        score, offset, size = self.head(map_BCHW)
        quality_B = self.quality(token_BC, map_BCHW, score)
        if memory is not None and token_BC is not None:
            memory = self.stm.update(memory, token_BC, torch.sigmoid(quality_B), frame_B)
        return FrameOutput(score, offset, size, quality_B), TrackState(token_BC, memory, state.cache_LBM2HD, frame_B)

    @staticmethod
    def decode(output: FrameOutput, window_HW: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The box at the score map's peak.

        Args:
            output: of one frame, or of several with any leading dimensions.
            window_HW: factors on the score map (a blend of 1 and a Hann window).

        Returns:
            boxes (..., 4): cx, cy, w, h in [0, 1] of the crop; the peak's score (...,), before the window.
        """
        lead, (H, W) = output.score.shape[:-3], output.score.shape[-2:]
        score_N = torch.sigmoid(output.score).reshape(*lead, H * W)
        ranked_N = score_N if window_HW is None else score_N * window_HW.reshape(-1)
        peak = ranked_N.argmax(dim=-1, keepdim=True)
        pair = peak[..., None, :].expand(*lead, 2, 1)
        offset = output.offset.reshape(*lead, 2, H * W).gather(-1, pair)[..., 0]
        size = output.size.reshape(*lead, 2, H * W).gather(-1, pair)[..., 0]
        x, y = (peak % W + offset[..., :1]) / W, (peak // W + offset[..., 1:]) / H
        return torch.cat((x, y, size), dim=-1), score_N.gather(-1, peak)[..., 0]

    def fold(self) -> STDTrack:
        """A copy for inference, in evaluation mode: each multi-scale block has become one convolution."""
        model = copy.deepcopy(self).eval()
        for index, block in enumerate(model.head.blocks):
            if isinstance(block, MultiScaleConv):
                model.head.blocks[index] = block.folded()
        return model
