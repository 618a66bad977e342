"""The folded network for one target, as exporters write it: the same function in fewer, flatter operators.

A runtime of graphs spends a microsecond or two on every operator, however small; ``nano`` had 237 of them. Without a
batch, tokens are the rows of one matrix, heads lie side by side for one transposition, and the head's three last
convolutions are one.
"""

from __future__ import annotations

import copy
from typing import cast

import torch
from torch import Tensor, nn

from stdtrack.model.attention import Block
from stdtrack.model.head import TOWERS, Head
from stdtrack.model.network import STDTrack


def for_one(model: STDTrack) -> STDTrack:
    """A copy of a folded model whose ``step`` takes a batch of one; ``init_state`` is as it was."""
    model = copy.deepcopy(model)
    for index, block in enumerate(model.backbone.blocks):
        model.backbone.blocks[index] = SingleBlock(cast("Block", block))
    model.head = SingleHead(model.head)  # type: ignore[assignment]  # it is called as a Head is
    return model


class SingleBlock(nn.Module):
    """A :class:`Block` for a batch of one in ``step``; where nothing is past, in ``init_state``, the block itself."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.block = block

    def forward(
        self, x_BNC: Tensor, past_BS2HD: Tensor | None = None, visible_NN: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """As :meth:`Block.forward`."""
        if past_BS2HD is None:
            whole: tuple[Tensor, Tensor] = self.block(x_BNC, past_BS2HD, visible_NN)
            return whole
        block, x_NC = self.block, x_BNC.squeeze(0)
        seen_NI, qkv_N3HD = self._attended(block.norm1(x_NC), past_BS2HD.squeeze(0))
        x_NC = x_NC + block.attention.out(seen_NI)
        return (x_NC + block.mlp(block.norm2(x_NC))).unsqueeze(0), qkv_N3HD.unsqueeze(0)

    def _attended(self, x_NC: Tensor, past_S2HD: Tensor) -> tuple[Tensor, Tensor]:
        (N, _), (S, _, H, D) = x_NC.shape, past_S2HD.shape
        qkv_NI = self.block.attention.qkv(x_NC)
        own_PND = qkv_NI.view(N, 3 * H, D).transpose(0, 1)
        past_PSD = past_S2HD.reshape(S, 2 * H, D).transpose(0, 1)
        q_HND, k_HND, v_HND = own_PND.split_with_sizes((H, H, H))
        past_k_HSD, past_v_HSD = past_PSD.split_with_sizes((H, H))
        k_HTD, v_HTD = torch.cat((past_k_HSD, k_HND), dim=1), torch.cat((past_v_HSD, v_HND), dim=1)
        weight_HNT = ((q_HND @ k_HTD.transpose(1, 2)) * D**-0.5).softmax(dim=-1)
        seen_NHD: Tensor = (weight_HNT @ v_HTD).transpose(0, 1)
        return seen_NHD.reshape(N, H * D), qkv_NI.view(N, 3, H, D)


class SingleHead(nn.Module):
    """A folded :class:`Head` whose score, offset and size come from one convolution, zero between the towers."""

    def __init__(self, head: Head) -> None:
        super().__init__()
        self.blocks = head.blocks
        last = head.score, head.offset, head.size
        self.maps = tuple(layer.out_channels for layer in last)
        dim = head.score.in_channels
        self.last = nn.Conv2d(TOWERS * dim, sum(self.maps), 1)
        with torch.no_grad():
            blocks = [layer.weight.flatten(1) for layer in last]
            self.last.weight.copy_(torch.block_diag(*blocks)[:, :, None, None])  # type: ignore[no-untyped-call]
            self.last.bias = nn.Parameter(torch.cat([cast("Tensor", layer.bias) for layer in last]))

    def forward(self, map_BCHW: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """As :meth:`Head.forward`."""
        for block in self.blocks:
            map_BCHW = block(map_BCHW).relu()
        score_BCHW, offset_BCHW, size_BCHW = self.last(map_BCHW).split_with_sizes(self.maps, dim=1)
        return score_BCHW, 3.0 * torch.sigmoid(offset_BCHW) - 1.0, torch.sigmoid(size_BCHW)
