"""One-stream transformer over [token | templates | search], the templates computed once."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from stdtrack.configs import ModelConfig
from stdtrack.model.attention import Block
from stdtrack.model.search_tokens import going_on, put_back, taken
from stdtrack.model.stem import make_stem


class Backbone(nn.Module):
    """Stem, positions and L blocks.

    Template tokens attend to templates only, so their keys and values never change; the spatiotemporal token and the
    search tokens attend to everything. That the token guides the extraction of features is the paper's; the rest of
    the layout is ours. Shapes: K templates of M tokens, N search tokens, grid G x G.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.stem = make_stem(config.stem, config.dim, config.widths.stem)
        self.template_position_1MC = nn.Parameter(sine_positions(config.template_grid, config.dim))
        self.search_position_1NC = nn.Parameter(sine_positions(config.search_grid, config.dim))
        head_dim = config.dim // config.heads
        self.blocks = nn.ModuleList(
            Block(config.dim, config.block_heads, head_dim, hidden)
            for _, hidden in zip(range(config.depth), config.hidden_dims, strict=True)
        )
        self.norm = nn.LayerNorm(config.dim)
        self.going_on = config.going_on

    def embed_search(self, search_B3HW: Tensor) -> tuple[Tensor, Tensor | None]:
        """(B, 3, H, W) -> tokens (B, N, C) with positions, and the stem's stride-8 features if it has them."""
        map_BCGG, fine_BCHW = self.stem(search_B3HW)
        return map_BCGG.flatten(2).transpose(1, 2) + self.search_position_1NC, fine_BCHW

    def encode_templates(self, templates_BK3HW: Tensor, start_11C: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Run the templates through all blocks, and with them the start token, which they do not see.

        Returns:
            keys and values of every block, (L, B, K*M, 2, H, D), and the first token (B, C), None without one.
        """
        B = templates_BK3HW.shape[0]
        map_BCGG, _ = self.stem(templates_BK3HW.flatten(0, 1))
        x_BNC = (map_BCGG.flatten(2).transpose(1, 2) + self.template_position_1MC).reshape(B, -1, map_BCGG.shape[1])
        visible_NN = None
        first = 0 if start_11C is None else 1
        if start_11C is not None:
            x_BNC = torch.cat((start_11C.expand(B, -1, -1), x_BNC), dim=1)
            visible_NN = torch.ones(x_BNC.shape[1], x_BNC.shape[1], dtype=torch.bool, device=x_BNC.device)
            visible_NN[1:, 0] = False
        cache: list[Tensor] = []
        for block in self.blocks:
            x_BNC, qkv_BN3HD = block(x_BNC, None, visible_NN)
            cache.append(qkv_BN3HD[:, :, 1:][:, first:])
        token_BC = None if start_11C is None else self.norm(x_BNC[:, 0])
        return torch.stack(cache), token_BC

    def forward(self, x_BNC: Tensor, cache_LBM2HD: Tensor, first: int = 0, last: int | None = None) -> Tensor:
        """One frame: (B, N, C) tokens through the blocks from ``first`` to before ``last``, not yet normalised.

        Search tokens that are left out on the way come back with the values that they had.
        """
        blocks = list(zip(self.blocks, cache_LBM2HD.unbind(0), strict=True))
        whole: list[tuple[Tensor, Tensor]] = []
        for done, (block, past_BM2HD) in enumerate(blocks[first:last], first + 1):
            x_BNC, qkv_BN3HD = block(x_BNC, past_BM2HD)
            if done in self.going_on:
                index_BK = going_on(qkv_BN3HD, self.going_on[done])
                whole.append((x_BNC, index_BK))
                x_BNC = taken(x_BNC, index_BK)
        for before_BNC, index_BK in reversed(whole):
            x_BNC = put_back(before_BNC, index_BK, x_BNC)
        return x_BNC


def sine_positions(grid: int, dim: int, scale: float = 0.1) -> Tensor:
    """Sines and cosines of row and column on a grid x grid map, (1, grid*grid, dim): where learned positions start.

    >>> sine_positions(4, 8).shape
    torch.Size([1, 16, 8])
    """
    frequency_Q = 1.0 / 100.0 ** (torch.arange(dim // 4) / (dim // 4))
    # Measured from the centre: template and search have the same scale, so the target's place is the same in both.
    axis_G = torch.arange(grid) + 0.5 - grid / 2
    phase_GQ = axis_G[:, None] * frequency_Q
    wave_GP = torch.cat((phase_GQ.sin(), phase_GQ.cos()), dim=1)
    rows = wave_GP[:, None].expand(grid, grid, dim // 2)
    columns = wave_GP[None].expand(grid, grid, dim // 2)
    return scale * torch.cat((rows, columns), dim=2).reshape(1, grid * grid, dim)
