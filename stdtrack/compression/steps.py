"""What is asked of a compression, and whether it can be done at all."""

from __future__ import annotations

from dataclasses import dataclass

from evalkit.errors import InputError
from profiling import backends


@dataclass(frozen=True)
class Steps:
    """What is done to a tracker, in this order: pruning, training it further, an early exit, eight bits.

    Attributes:
        prune: share of a frame's MACs to remove.
        prune_blocks: so many whole transformer blocks go first.
        exit_after: easy frames end after so many blocks; 0: none does.
        exit_loss: what early ends may cost: mean over all frames of 1 - IoU with the full network's box.
        finetune: the config by which a pruned network, or an exit, is trained; ``overrides`` are its settings.
        int8: static quantisation.
        agreement: mean IoU with the original's boxes that quantisation should keep.
    """

    prune: float = 0.0
    prune_blocks: int = 0
    exit_after: int = 0
    exit_loss: float = 0.02
    finetune: str = ""
    overrides: tuple[str, ...] = ()
    int8: bool = False
    agreement: float = 0.97

    @property
    def prunes(self) -> bool:
        """Something is removed."""
        return bool(self.prune or self.prune_blocks)

    def check(self) -> None:
        """Raise InputError for what cannot be done, before anything is."""
        if not (self.int8 or self.prunes or self.exit_after):
            raise InputError("nothing is asked for", hint="int8 quantises, prune removes, exit ends easy frames early")
        if not 0.0 < self.agreement <= 1.0:
            raise InputError(f"agreement is {self.agreement:g}, no share above 0")
        if not 0.0 <= self.prune < 1.0:
            raise InputError(f"prune is {self.prune:g}, no share below 1")
        if not 0.0 <= self.exit_loss <= 1.0:
            raise InputError(f"exit_loss is {self.exit_loss:g}, no share")
        if self.finetune and not (self.prunes or self.exit_after):
            raise InputError("there is nothing to train: nothing is pruned", hint="leave finetune out")
        if self.exit_after and not self.finetune:
            raise InputError("an exit has to be trained", hint="--finetune CONFIG, as for stdtrack train")
        if self.exit_after and self.int8:
            raise InputError("an exit does not go with int8", hint="leave one of them out")
        if self.int8:
            backends.check("onnx", "int8")
