"""An early exit learns on clips of training to answer as the network itself does, which stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from evalkit.errors import InputError
from stdtrack.compression.finetuning import config_for
from stdtrack.inference.early_exit import check_whole
from stdtrack.model import FrameOutput, STDTrack
from stdtrack.model.early_exit import EarlyExit
from stdtrack.model.network import stack_frames
from stdtrack.training.clips import Geometry
from stdtrack.training.config import TrainConfig
from stdtrack.training.data import Batch, ClipDataset, StepSampler, make_loader, single_thread, stage_at
from stdtrack.training.losses import clip_losses, iou_and_giou
from stdtrack.training.optim import learning_rate, set_rate
from stdtrack.training.rollout import ClipModel
from stdtrack.training.sources import build_sources

FEWEST = 1e-6
"""Added to the tokens' variance, by which their squared error is divided."""


def exit_config(config: str, overrides: Sequence[str], variant: str) -> TrainConfig:
    """The config of a run, as ``stdtrack train`` takes it, for an exit: windows and teachers are set here.

    Raises:
        InputError: the config is wrong, or of another variant.
    """
    settings = config_for(variant, config, overrides)
    given = tuple(replace(stage, predicted=0.0) for stage in settings.stages)
    return replace(settings, stages=given, teachers=())


def taught(model: STDTrack, after: int, config: TrainConfig, tell: Callable[[str], None]) -> EarlyExit:
    """An exit after so many blocks, trained to answer as the network itself would; nothing of the network changes.

    Args:
        model: with its weights; a folded copy teaches.
        config: its stages say how many clips, of how many frames, at which rate; see :func:`exit_config`.

    Raises:
        InputError: the network has no such block before its last one, or leaves search tokens out, or the data cannot
            be used.
    """
    check_whole(model.config)
    if not 1 <= after < model.config.depth:
        raise InputError(f"an exit after {after} blocks: the network has {model.config.depth}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        exit_ = EarlyExit(model.config.dim)
    lesson = Lesson(ClipModel(model.fold().requires_grad_(False)), exit_, after)
    rest = {"rate": 1.0, "weight_decay": config.optim.weight_decay}
    optimizer = torch.optim.AdamW([{"params": list(exit_.parameters()), **rest}], lr=0.0, betas=(0.9, 0.99))
    sums = torch.zeros(3)
    for step, batch in enumerate(_batches(model, config), 1):
        set_rate(optimizer, learning_rate(*stage_at(config, step - 1), config.optim.final_rate))
        losses = lesson.losses(batch, config)
        optimizer.zero_grad(set_to_none=True)
        losses.sum().backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(exit_.parameters(), config.optim.clip_norm)
        optimizer.step()
        sums += losses.detach()
        if step % config.log_every == 0:
            tokens, answers, confidence = (sums / config.log_every).tolist()
            part = f"tokens {tokens:.3f} answers {answers:.3f} confidence {confidence:.3f}"
            tell(f"exit: step {step}/{config.total_steps} {part}")
            sums.zero_()
    return exit_.eval()


def _batches(model: STDTrack, config: TrainConfig) -> Iterator[Batch]:
    single_thread()
    sources, _ = build_sources(config)
    dataset = ClipDataset(sources, config, Geometry.of(model.config), model.config.score_grid)
    yield from make_loader(dataset, StepSampler(config, 0, 0, 1, 1.0), config.workers, pin=False)


@dataclass(frozen=True)
class Lesson:
    """The network as teacher, and its exit.

    Attributes:
        teacher: folded, without gradient; the state of each frame is the one that it left.
    """

    teacher: ClipModel
    pupil: EarlyExit
    after: int

    def losses(self, batch: Batch, config: TrainConfig) -> Tensor:
        """(3,) what differs of the tokens, of the answers, and of the confidence from how alike the boxes are.

        Tokens: squared error as a share of the teacher's variance. Answers: the losses of training, with the teacher's
        boxes for truth where there is a target.
        """
        model = self.teacher.model
        with torch.no_grad():
            state = model.init_state(self.teacher.normalise(batch.templates))
            searches = self.teacher.normalise(batch.searches)
        tokens, early, full, sure = [], [], [], []
        for search_B3HW in searches.unbind(1):
            with torch.no_grad():
                search_BNC, fine_BCHW = model.backbone.embed_search(search_B3HW)
                x_BNC = model.backbone(model.join(state, search_BNC), state.cache_LBM2HD, 0, self.after)
                last_BNC = model.backbone(x_BNC, state.cache_LBM2HD, self.after)
            guessed_BNC = self.pupil(x_BNC)
            tokens.append(F.mse_loss(guessed_BNC, last_BNC) / (last_BNC.var() + FEWEST))
            early.append(model.finish(state, guessed_BNC, fine_BCHW)[0])
            sure.append(self.pupil.confidence(x_BNC))
            with torch.no_grad():
                output, state = model.finish(state, last_BNC, fine_BCHW)
            full.append(output)
        return torch.stack((torch.stack(tokens).mean(), *_answers(early, full, sure, batch.visible, config)))


def _answers(
    early: Sequence[FrameOutput],
    full: Sequence[FrameOutput],
    sure: Sequence[Tensor],
    visible: Tensor,
    config: TrainConfig,
) -> tuple[Tensor, Tensor]:
    """The losses of T frames' answers and confidences (B,) beside the teacher's answers; ``visible`` is (B, T)."""
    answers = stack_frames(early)
    boxes, _ = STDTrack.decode(stack_frames(full))
    with torch.no_grad():
        own, _ = STDTrack.decode(answers)
        overlap_BT, _ = iou_and_giou(own, boxes)
    confidence = F.binary_cross_entropy_with_logits(torch.stack(list(sure), 1), overlap_BT)
    return clip_losses(answers, boxes, visible, config.loss).total, confidence
