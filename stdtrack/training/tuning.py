"""What tracking adds to a trained network, chosen by tracking the left-out sequences: no weight changes."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from stdtrack.configs import MemoryRule, ModelConfig
from stdtrack.model.network import STDTrack
from stdtrack.model.spatiotemporal import STM
from stdtrack.training.validation import Validation, ValidationScore


@dataclass(frozen=True)
class Grid:
    """Values to try, in every combination; an empty field keeps what the weights come with.

    Attributes:
        window_influence, size_smoothing, lost_quality: see :class:`~stdtrack.configs.OnlineConfig`.
        admission, memory: the STM's threshold and rule. Weights were trained under one rule: that another does worse
            with them says less than training under both, which ``stdtrack ablate --train`` does.
    """

    window_influence: Sequence[float] = ()
    size_smoothing: Sequence[float] = ()
    lost_quality: Sequence[float] = ()
    admission: Sequence[float] = ()
    memory: Sequence[MemoryRule] = ()

    def configs(self, base: ModelConfig) -> tuple[ModelConfig, ...]:
        """Every combination, as variations of ``base``.

        >>> from stdtrack.configs import NANO
        >>> [c.online.window_influence for c in Grid(window_influence=(0.2, 0.4)).configs(NANO)]
        [0.2, 0.4]
        """
        online = base.online
        combinations = itertools.product(
            self.window_influence or (online.window_influence,),
            self.size_smoothing or (online.size_smoothing,),
            self.lost_quality or (online.lost_quality,),
            self.admission or (base.admission,),
            self.memory or (base.memory,),
        )
        return tuple(
            replace(
                base,
                admission=admission,
                memory=memory,
                online=replace(online, window_influence=window, size_smoothing=smoothing, lost_quality=lost),
            )
            for window, smoothing, lost, admission, memory in combinations
        )


@dataclass(frozen=True)
class Trial:
    """One setting, and how well it tracked."""

    config: ModelConfig
    score: ValidationScore

    def __str__(self) -> str:
        online, config = self.config.online, self.config
        settings = f"{online.window_influence:7.2f} {online.size_smoothing:7.2f} {online.lost_quality:6.2f}"
        return (
            f"{settings} {config.admission:6.2f} {config.memory:>8s} {self.score.auc:7.4f} {self.score.spearman:9.3f}"
        )


def try_settings(model: STDTrack, validation: Validation, grid: Grid) -> Iterator[Trial]:
    """Track with every setting of a grid, one after the other."""
    for config in grid.configs(model.config):
        yield Trial(config, validation.run(with_config(model, config)))


def with_config(model: STDTrack, config: ModelConfig) -> STDTrack:
    """A copy of a network that tracks as ``config`` says; the weights must be those of its parts."""
    changed = copy.deepcopy(model)
    changed.config = config
    changed.stm = STM(config.capacity, config.admission, config.memory)
    return changed
