"""What a pruned network lost is learnt again: ``stdtrack train`` with the unpruned network as its teacher."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from evalkit.errors import InputError
from stdtrack.training.config_file import find_config, load_config
from stdtrack.training.run import run_training


def finetuned(
    pruned: Path, teacher: Path, variant: str, config: str, overrides: Sequence[str], tell: Callable[[str], None]
) -> Path:
    """Train a pruned network further, from where an earlier call was stopped, if one was.

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
    settings = load_config(find_config(config), (*overrides, *own, f"teachers={json.dumps([spec])}"))
    if settings.variant != variant:
        raise InputError(f"the config '{config}' trains '{settings.variant}', not '{variant}'")
    if not settings.validation.names:
        raise InputError(f"the config '{config}' names no sequences under [validation]", hint="they choose the weights")
    best = run_training(settings, resume=True, tell=lambda event: tell(str(event)))
    assert best is not None, "the one process of a run with validation"
    return best
