"""Which inputs of a linear map can be spared, and the map of those that stay: optimal brain surgeon, on arrays.

The rule is that of Hassibi and Stork (1993) for a linear layer, whose squared error is exact: with ``W`` (O, I) and the
inputs' covariance ``C`` (I, I), leaving out the group J of inputs and refitting the rest costs
``tr(W_J (C^-1_JJ)^-1 W_J^T)``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
DAMPING = 1e-4
"""Added to the covariance's diagonal, as a share of its mean: inputs that never change have no inverse."""


@dataclass(frozen=True)
class LinearMap:
    """A linear map and what its inputs were.

    Attributes:
        weight: (O, I).
        bias: (O,).
        covariance: (I, I) of the inputs.
        mean: (I,) of the inputs.
        group: so many neighbouring inputs stay or go together.
    """

    weight: Matrix
    bias: Matrix
    covariance: Matrix
    mean: Matrix
    group: int = 1

    @property
    def groups(self) -> int:
        """Number of groups."""
        return int(self.weight.shape[1]) // self.group

    @property
    def power(self) -> float:
        """The outputs' variance, summed."""
        return float(np.trace(self.weight @ self.covariance @ self.weight.T))

    def inputs(self, groups: NDArray[np.int64]) -> NDArray[np.int64]:
        """Numbers of the inputs in these groups."""
        return (groups[:, None] * self.group + np.arange(self.group)).reshape(-1)

    def refitted(self, kept: NDArray[np.int64]) -> tuple[Matrix, Matrix]:
        """Weight (O, I) and bias (O,) of the kept groups' best map in least squares; the others' columns are 0."""
        columns = self.inputs(kept)
        damped = _damped(self.covariance)
        weight = np.zeros_like(self.weight)
        solved = np.linalg.solve(damped[np.ix_(columns, columns)], damped[columns] @ self.weight.T)
        weight[:, columns] = solved.T
        return weight, self.bias + (self.weight - weight) @ self.mean


def elimination_order(linear: LinearMap, most: int) -> tuple[NDArray[np.int64], Matrix]:
    """Groups in the order in which they can be spared, at most ``most``, and what each costs then.

    Returns:
        (M,) groups; (M,) growth of the outputs' squared error, as a share of their variance, when all others that
        stand before are gone already and the rest is refitted.
    """
    weight, inverse = linear.weight.copy(), np.linalg.inv(_damped(linear.covariance))
    power = max(linear.power, float(np.finfo(np.float64).tiny))
    alive = np.ones(linear.groups, dtype=bool)
    order, costs = [], []
    for _ in range(min(most, linear.groups - 1)):
        cost = np.where(alive, _costs(weight, inverse, linear.group), np.inf)
        spared = int(cost.argmin())
        order.append(spared)
        costs.append(max(float(cost[spared]), 0.0) / power)
        alive[spared] = False
        here = linear.inputs(np.array([spared]))
        step = np.linalg.solve(inverse[np.ix_(here, here)], inverse[here])
        weight -= weight[:, here] @ step
        inverse -= inverse[:, here] @ step
        # What is gone stays gone: its rows are zero but for rounding.
        weight[:, here], inverse[here], inverse[:, here] = 0.0, 0.0, 0.0
        inverse[here, here] = 1.0
    return np.array(order, dtype=np.int64), np.array(costs)


def _damped(covariance: Matrix) -> Matrix:
    share = max(float(np.trace(covariance)) / len(covariance), float(np.finfo(np.float32).tiny))
    damped: Matrix = covariance + DAMPING * share * np.eye(len(covariance))
    return damped


def _costs(weight: Matrix, inverse: NDArray[np.floating], group: int) -> Matrix:
    """(G,) what leaving out each group costs."""
    if group == 1:
        single: Matrix = np.square(weight).sum(0) / np.diag(inverse)
        return single
    count = len(inverse) // group
    blocks = inverse.reshape(count, group, count, group)[np.arange(count), :, np.arange(count)]
    columns = weight.reshape(len(weight), count, group).transpose(1, 2, 0)
    costs: Matrix = (columns * np.linalg.solve(blocks, columns)).sum((1, 2))
    return costs
