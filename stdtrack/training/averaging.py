"""The mean of several networks' weights, such as those of a last stage trained with several seeds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from stdtrack.checkpoints import load_model
from stdtrack.model.network import STDTrack


def mean_model(paths: Sequence[Path]) -> STDTrack:
    """A network with the mean of the files' weights, batch norm's statistics included, and the first one's config.

    It is worth something only where all come from one network, and have not gone far since.

    Raises:
        InputError: a file is no checkpoint, or of another network than the first.
    """
    mean = load_model(paths[0])
    states = [mean.state_dict(), *(load_model(path, mean.config).state_dict() for path in paths[1:])]
    with torch.no_grad():
        for key, tensor in states[0].items():
            if tensor.dtype.is_floating_point:
                tensor.copy_(torch.stack([state[key] for state in states]).mean(0))
    return mean
