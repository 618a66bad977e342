"""MACs of an einsum from its equation and shapes, against torch's own products."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from profiling.complexity.count import count
from profiling.complexity.fvcore_handles import einsum_macs

# Hand counts: a pair of operands costs the product of all indices that it uses, if it sums over one of them.
CASES = [
    ("bnhd,bmhd->bhnm", [(2, 20, 3, 16), (2, 30, 3, 16)], 2 * 3 * 20 * 30 * 16),
    ("ij,jk", [(2, 5), (5, 4)], 2 * 5 * 4),
    ("...ij,...jk->...ik", [(2, 3, 4), (2, 4, 5)], 2 * 3 * 4 * 5),
    ("...i,...i->...", [(2, 5), (3, 1, 5)], 3 * 2 * 5),
    ("ij,jk,kl->il", [(3, 4), (4, 5), (5, 6)], 3 * 4 * 5 + 3 * 5 * 6),
    ("bn,anm,bm->ba", [(2, 5), (3, 5, 4), (2, 4)], 2 * 3 * 5 * 4 + 2 * 3 * 4),
    ("ii,ij->j", [(3, 3), (3, 4)], 3 * 4),
    # An outer product, an element-wise one, a diagonal and a sum over one operand contract nothing.
    ("i,j->ij", [(3,), (4,)], 0),
    ("bi,bj->bij", [(2, 5), (2, 4)], 0),
    ("ij,ij->ij", [(3, 4), (3, 4)], 0),
    ("ij,k->k", [(2, 5), (4,)], 0),
    ("ii->i", [(3, 3)], 0),
]


class Einsum(nn.Module):
    def __init__(self, equation: str) -> None:
        super().__init__()
        self.equation = equation

    def forward(self, *operands: torch.Tensor) -> torch.Tensor:
        return torch.einsum(self.equation, *operands)


@pytest.mark.parametrize(("equation", "shapes", "macs"), CASES)
def test_equals_the_hand_count_and_what_torch_computes(equation: str, shapes: list[tuple[int, ...]], macs: int) -> None:
    assert einsum_macs(equation, shapes) == macs
    assert count(Einsum(equation), tuple(torch.zeros(shape) for shape in shapes)).macs == macs


def test_a_path_decides_which_pair_comes_first() -> None:
    shapes = [(2, 100), (100, 50), (50, 3)]
    assert einsum_macs("ij,jk,kl->il", shapes) == 2 * 100 * 50 + 2 * 50 * 3
    assert einsum_macs("ij,jk,kl->il", shapes, (1, 2, 0, 1)) == 100 * 50 * 3 + 2 * 100 * 3
