"""The config by which what compression made is trained, and a pruned network trained further by it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from evalkit.errors import InputError
from stdtrack.training.config import TrainConfig
from stdtrack.training.config_file import find_config, load_config
from stdtrack.training.run import run_training


def config_for(variant: str, config: str, settings: Sequence[str]) -> TrainConfig:
    """A config as ``stdtrack train`` takes it; raises InputError where it is wrong, or of another variant."""
    loaded = load_config(find_config(config), settings)
    if loaded.variant != variant:
        raise InputError(f"the config '{config}' trains '{loaded.variant}', not '{variant}'")
    return loaded


def finetuned(
    pruned: Path, teacher: Path, variant: str, config: str, overrides: Sequence[str], tell: Callable[[str], None]
) -> Path:
    """Train a pruned network further, the unpruned one its teacher, from where an earlier call was stopped if one was.

    Args:
        pruned: its weights; the run lies beside them.
        teacher: weights of the network that it was made of.
        variant: of :data:`stdtrack.configs.VARIANTS`.
        config: as ``stdtrack train`` takes it, with ``overrides``; start, teacher and folder are set here.

    Returns:
        the best weights by the config's validation.

    Raises:
        InputError: the config is wrong, of another variant or without validation, or its data cannot be used.
    """
    own = (f"init={json.dumps(str(pruned))}", f"out={json.dumps(str(pruned.parent / 'run'))}", "stem_weights=''")
    spec = f"stdtrack:{variant}?weights={teacher.resolve()}"
    settings = config_for(variant, config, (*overrides, *own, f"teachers={json.dumps([spec])}"))
    if not settings.validation.names:
        raise InputError(f"the config '{config}' names no sequences under [validation]", hint="they choose the weights")
    best = run_training(settings, resume=True, tell=lambda event: tell(str(event)))
    assert best is not None, "the one process of a run with validation"
    return best
