"""What several families share: transformer parts as timm names them, and the two kinds of heads.

Shapes: B crops, N tokens of C channels, S keys, H heads of D channels, G x G cells.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stdtrack.peers.network import Answer, PeerNetwork, Tensors, Vector

SMALLEST, LARGEST = 1e-4, 1.0 - 1e-4
"""Bounds of score and size maps."""


class PatchEmbed(nn.Module):
    """A convolution whose stride is its kernel: patches as tokens, row by row."""

    def __init__(self, dim: int, patch: int = 16) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, dim, patch, patch)

    def forward(self, image_B3HW: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B, N, C)."""
        map_BCGG: Tensor = self.proj(image_B3HW)
        return map_BCGG.flatten(2).transpose(1, 2)


class Mlp(nn.Module):
    """Linear, exact GELU, linear."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x_BNC: Tensor) -> Tensor:
        """(B, N, C) -> (B, N, C)."""
        y_BNC: Tensor = self.fc2(F.gelu(self.fc1(x_BNC)))
        return y_BNC


class Attention(nn.Module):
    """Multi-head attention; ``qkv`` gives all queries, then all keys, then all values, each head's D in a row."""

    def __init__(self, dim: int, heads: int, bias: bool = True) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim, bias)
        self.proj = nn.Linear(dim, dim)

    def joint(self, x_BNC: Tensor) -> Tensor:
        """(B, N, C) -> (B, N, 3 * C)."""
        y_BNE: Tensor = self.qkv(x_BNC)
        return y_BNE

    def project(self, x_BNC: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values, each (B, H, N, D)."""
        B, N, _ = x_BNC.shape
        qkv_3BHND = self.joint(x_BNC).view(B, N, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        return qkv_3BHND[0], qkv_3BHND[1], qkv_3BHND[2]

    def attend(self, q_BHND: Tensor, k_BHSD: Tensor, v_BHSD: Tensor) -> Tensor:
        """Softmax of the scaled products, times the values, through the output's projection: (B, N, C)."""
        y_BHND = F.scaled_dot_product_attention(q_BHND, k_BHSD, v_BHSD)
        y_BNC: Tensor = self.proj(y_BHND.transpose(1, 2).flatten(2))
        return y_BNC

    def forward(self, x_BNC: Tensor) -> Tensor:
        """Self-attention, (B, N, C) -> (B, N, C)."""
        return self.attend(*self.project(x_BNC))


def to_map(x_BNC: Tensor) -> Tensor:
    """(B, G * G, C) tokens row by row -> (B, C, G, G)."""
    B, N, C = x_BNC.shape
    side = math.isqrt(N)  # also of a traced shape
    return x_BNC.transpose(1, 2).reshape(B, C, side, side)


def conv_unit(dim_in: int, dim_out: int) -> nn.Sequential:
    """3 x 3 convolution with bias, batch norm, ReLU."""
    return nn.Sequential(nn.Conv2d(dim_in, dim_out, 3, padding=1), nn.BatchNorm2d(dim_out), nn.ReLU())


class Towers(nn.Module):
    """Towers side by side: 3 x 3 units ``conv1_NAME``, ``conv2_NAME`` and so on, then a 1 x 1 convolution to maps."""

    def __init__(self) -> None:
        super().__init__()
        self._layers = 0

    def add_tower(self, name: str, dim_in: int, dims: Sequence[int], maps: int) -> None:
        """One unit for each of ``dims``, as many in all towers; then ``maps`` channels."""
        for layer, (before, after) in enumerate(pairwise((dim_in, *dims)), 1):
            self.add_module(f"conv{layer}_{name}", conv_unit(before, after))
        self._layers = len(dims) + 1
        self.add_module(f"conv{self._layers}_{name}", nn.Conv2d(dims[-1], maps, 1))

    def run_tower(self, name: str, x_BCGG: Tensor) -> Tensor:
        """(B, C, G, G) -> (B, maps, G, G)."""
        for layer in range(1, self._layers + 1):
            x_BCGG = self.get_submodule(f"conv{layer}_{name}")(x_BCGG)
        return x_BCGG


class CentreHead(Towers):
    """Score, size and offset maps; the box is read where the score is largest."""

    def __init__(self, dim_in: int, dims: tuple[int, int, int, int] = (256, 128, 64, 32)) -> None:
        super().__init__()
        for name, maps in (("ctr", 1), ("offset", 2), ("size", 2)):
            self.add_tower(name, dim_in, dims, maps)

    def forward(self, x_BCGG: Tensor) -> Tensors:
        """(B, C, G, G) -> score (B, 1, G, G), size (B, 2, G, G), offset in cells (B, 2, G, G)."""
        score_B1GG, size_B2GG = (bounded(self.run_tower(name, x_BCGG)) for name in ("ctr", "size"))
        return score_B1GG, size_B2GG, self.run_tower("offset", x_BCGG)


class CornerHead(Towers):
    """Two maps of logits; a corner is the mean cell under a map's softmax."""

    def __init__(self, dim_in: int, dims: tuple[int, int, int, int], grid: int) -> None:
        super().__init__()
        for name in ("tl", "br"):
            self.add_tower(name, dim_in, dims, 1)
        row, column = np.divmod(np.arange(grid * grid, dtype=np.float32), grid)
        cells_N2 = torch.from_numpy(np.stack((column, row), axis=1) / np.float32(grid))
        self.register_buffer("cells_N2", cells_N2, persistent=False)
        self.cells_N2: Tensor

    def maps(self, x_BCGG: Tensor) -> Tensors:
        """(B, C, G, G) -> logits of the top-left and of the bottom-right corner, each (B, 1, G, G)."""
        return self.run_tower("tl", x_BCGG), self.run_tower("br", x_BCGG)

    def box(self, maps: Tensors) -> Tensor:
        """The two maps -> (B, 4) cx, cy, w, h in fractions of the crop; a side may be negative."""
        first_B2, last_B2 = (_mean_cell(map_B1GG, self.cells_N2) for map_B1GG in maps)
        return torch.cat(((first_B2 + last_B2) / 2, last_B2 - first_B2), dim=1)

    def forward(self, x_BCGG: Tensor) -> Tensor:
        """(B, C, G, G) -> (B, 4) cx, cy, w, h in fractions of the crop."""
        return self.box(self.maps(x_BCGG))


def _mean_cell(map_B1GG: Tensor, cells_N2: Tensor) -> Tensor:
    chance_BN = F.softmax(map_B1GG.flatten(1), dim=1)
    return (chance_BN[:, :, None] * cells_N2).sum(1)


def plain_box(outputs: Tensors) -> Answer:
    """The answer of a network that gives one box (1, 4) and no score."""
    return Answer(outputs[0][0].float().cpu().numpy(), 1.0)


def bounded(logits: Tensor) -> Tensor:
    """The sigmoid, kept a little off 0 and 1; any shape."""
    return torch.sigmoid(logits).clamp(SMALLEST, LARGEST)


def hann_window(grid: int) -> Vector:
    """(G, G) outer product of Hann windows whose zeros lie outside the grid."""
    step = np.arange(1, grid + 1, dtype=np.float64)
    hann_G = (0.5 * (1.0 - np.cos(2.0 * np.pi * step / (grid + 1)))).astype(np.float32)
    return np.outer(hann_G, hann_G)


def map_candidates(outputs: Tensors, window_GG: Vector) -> tuple[Tensor, Tensor]:
    """All cells that :func:`decode_maps` chooses from.

    Returns:
        (N,) logarithms of their windowed scores, and (N, 4) cx, cy, w, h in fractions of the crop.
    """
    score_N, size_2N, offset_2N = (output[0].flatten(1) for output in outputs)
    G = outputs[0].shape[-1]
    rows_GG, columns_GG = torch.meshgrid(torch.arange(G), torch.arange(G), indexing="ij")
    cell_2N = torch.stack((columns_GG, rows_GG)).flatten(1).to(offset_2N)
    window_N = torch.from_numpy(window_GG).flatten().to(score_N)
    return (score_N[0] * window_N).log(), torch.cat(((cell_2N + offset_2N) / G, size_2N)).T


def decode_maps(outputs: Tensors, window_GG: Vector) -> Answer:
    """The cell with the first largest windowed score of a :class:`CentreHead`'s maps; its score is without window."""
    score_GG, size_2GG, offset_2GG = (output[0].float().cpu().numpy() for output in outputs)
    grid = score_GG.shape[-1]
    row, column = divmod(int((score_GG[0] * window_GG).argmax()), grid)
    centre = (np.array([column, row], dtype=np.float32) + offset_2GG[:, row, column]) / np.float32(grid)
    return Answer(np.concatenate((centre, size_2GG[:, row, column])), float(score_GG[0, row, column]))


class MapNetwork(PeerNetwork):
    """A network that answers with a :class:`CentreHead`'s maps; its box is that of the best cell under a Hann window.

    Args:
        grid: cells a side of the maps.
    """

    output_names = ("score", "size", "offset")

    def __init__(self, grid: int) -> None:
        super().__init__()
        self._window_GG = hann_window(grid)

    def decode(self, outputs: Tensors) -> Answer:
        """The box at the largest windowed score, with its score."""
        return decode_maps(outputs, self._window_GG)

    def candidates(self, outputs: Tensors) -> tuple[Tensor, Tensor]:
        """Every cell."""
        return map_candidates(outputs, self._window_GG)
