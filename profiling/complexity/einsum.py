"""MACs of an einsum: its operands are contracted two by two, as torch does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import prod

Shape = Sequence[int]


def einsum_macs(equation: str, shapes: Sequence[Shape], path: Sequence[int] = ()) -> int:
    """MACs of ``torch.einsum``; two operands that share no summed index are multiplied element by element, for none.

    ``path`` has two positions for each pair, as torch records it; without it the operands are taken from left to right.

    >>> einsum_macs("bnd,bmd->bnm", [(2, 3, 4), (2, 5, 4)]), einsum_macs("i,j->ij", [(3,), (4,)])
    (120, 0)
    >>> einsum_macs("...ij,jk,kl->...il", [(7, 2, 3), (3, 4), (4, 5)])
    448
    """
    terms, result = _terms(equation, shapes)
    sizes = _sizes(terms, shapes)
    sets = [frozenset(term) for term in terms]
    pairs = list(zip(path[::2], path[1::2], strict=True)) or [(0, 1)] * (len(sets) - 1)
    macs = 0
    for first, second in pairs:
        pair = [sets.pop(index) for index in sorted((first, second), reverse=True)]
        wanted = frozenset(result).union(*sets)
        macs += _pair_macs(pair[1], pair[0], wanted, sizes)
        joined = (pair[0] | pair[1]) & wanted
        sets = [joined, *sets] if not path else [*sets, joined]
    return macs


def _pair_macs(left: frozenset[str], right: frozenset[str], wanted: frozenset[str], sizes: Mapping[str, int]) -> int:
    """Indices of one operand alone that nobody wants are summed away before; the shared ones are the contraction."""
    used = (left & right) | ((left | right) & wanted)
    return prod(sizes[letter] for letter in used) if used - wanted else 0


def _terms(equation: str, shapes: Sequence[Shape]) -> tuple[list[str], str]:
    """Operands' and result's indices as letters; those behind an ellipsis become digits, counted from the right."""
    left, arrow, result = equation.replace(" ", "").partition("->")
    terms, longest = [], ""
    for term, shape in zip(left.split(","), shapes, strict=True):
        hidden = len(shape) - len(term.replace("...", ""))
        digits = "".join(chr(ord("0") + index) for index in reversed(range(hidden)))
        longest = max(longest, digits, key=len)
        terms.append(term.replace("...", digits))
    if arrow:
        return terms, result.replace("...", longest)
    once = (letter for letter, number in Counter("".join(terms)).items() if number == 1 and letter.isalpha())
    return terms, longest + "".join(sorted(once))


def _sizes(terms: Sequence[str], shapes: Sequence[Shape]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for letter, size in zip(term, shape, strict=True):
            sizes[letter] = max(size, sizes.get(letter, 1))
    return sizes
