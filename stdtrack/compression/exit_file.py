"""An early exit of a file of weights: trained, its threshold chosen, written beside, and what is known of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from profiling.complexity.count import count
from profiling.latency.clips import Clip
from stdtrack.checkpoints import load_model, sha256
from stdtrack.compression.exit_threshold import choose_threshold
from stdtrack.compression.exit_training import exit_config, taught
from stdtrack.compression.steps import Steps
from stdtrack.configs import VARIANTS
from stdtrack.inference.early_exit import Exit, ExitingNetwork, WholeStep, save_exit
from stdtrack.inference.networks import example_inputs
from stdtrack.tracker import STDTracker

EXIT = "exit.safetensors"
FACT = "made"
"""In the metadata: the :class:`Made`, as JSON."""


@dataclass(frozen=True)
class Made:
    """What became of an exit.

    Attributes:
        after, blocks: frames may end after so many of so many blocks.
        threshold: a frame ends early where the confidence is above it.
        loss: that was allowed on the frames that the threshold was chosen on: mean of 1 - IoU of the boxes.
        share: of those frames that end early.
        macs: of a frame that ends early, and of one that does not.
        trained: the config, its settings, and how many clips.
    """

    after: int
    blocks: int
    threshold: float
    loss: float
    share: float
    macs: tuple[int, int]
    trained: str

    def described(self) -> str:
        """The step in words."""
        early, late = self.macs
        return (
            f"early exit after block {self.after} of {self.blocks}, {self.trained}: frames end there whose confidence "
            f"is above {self.threshold:.4f}, chosen so that boxes lose at most {self.loss:g} of IoU with the full "
            f"network's on the clips that the step looked at, where {self.share:.1%} of the frames end early; "
            f"{early / 1e6:.1f} million MACs for these, {late / 1e6:.1f} million for the others."
        )


def make_exit(
    variant: str, source: Path, target: Path, steps: Steps, clips: Sequence[Clip], tell: Callable[[str], None]
) -> Made:
    """Train an exit of the weights in ``source`` and write it to ``target``.

    Raises:
        InputError: the weights do not fit the variant, they have no such block, or the config cannot be used.
    """
    config = exit_config(steps.finetune, steps.overrides, variant)
    model = load_model(source, VARIANTS[variant])
    module = taught(model, steps.exit_after, config, tell)
    threshold, share = choose_threshold(model, Exit(module, steps.exit_after), clips, steps.exit_loss)
    way_out = Exit(module, steps.exit_after, threshold)
    folded = model.fold()
    _, inputs = example_inputs(folded)
    early, late = (count(WholeStep(folded, way_out, early=early), inputs).macs for early in (True, False))
    examples = sum(stage.steps * stage.batch for stage in config.stages)
    settings = "".join(f" --set {setting}" for setting in steps.overrides)
    trained = f"trained by {steps.finetune}{settings} on {examples} clips with the network as teacher"
    depth = model.config.depth
    made = Made(steps.exit_after, depth, threshold, steps.exit_loss, share, (early, late), trained)
    save_exit(target, way_out, sha256(source), {FACT: json.dumps(asdict(made))})
    return made


def share_of_early_ends(tracker: STDTracker, follow: Callable[[], object]) -> float:
    """The share of the frames that ended early while ``follow`` had the tracker follow something."""
    network = tracker.network
    assert isinstance(network, ExitingNetwork)
    steps, early = network.steps, network.early_steps
    follow()
    return (network.early_steps - early) / (network.steps - steps)
