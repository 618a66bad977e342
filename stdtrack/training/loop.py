"""The training loop: plain torch, one process or several, stopped and resumed at any step."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.parallel import DistributedDataParallel

from evalkit.errors import InputError
from stdtrack.checkpoints import fitting, load_model, save_model, with_keep, without_blocks
from stdtrack.loggers import Logs
from stdtrack.model.network import STDTrack
from stdtrack.training.checkpoint import OLDER_ONE, list_checkpoints, load_checkpoint, save_checkpoint
from stdtrack.training.clips import Geometry
from stdtrack.training.config import TrainConfig, network_of
from stdtrack.training.data import Batch, ClipDataset, StepSampler, make_loader, single_thread, stage_at
from stdtrack.training.distributed import World
from stdtrack.training.imagenet import lite0_state, load_stem
from stdtrack.training.losses import Losses, clip_losses
from stdtrack.training.metrics_file import SCENE, MetricsFile
from stdtrack.training.optim import Average, freeze_stem, learning_rate, load_moments, make_optimizer, set_rate
from stdtrack.training.published import load_published
from stdtrack.training.rollout import MARGIN, ClipModel, draw_plan, move_batch
from stdtrack.training.sources import Mixture
from stdtrack.training.validation import Validation, ValidationScore
from stdtrack.training.vit import load_backbone

SHOWN = ("total", "score", "giou", "l1", "quality", "iou")
LOSS_NAMES = tuple(field.name for field in dataclasses.fields(Losses))


@dataclass(frozen=True)
class TrainingProgress:
    """How far a run is: its step of ``total``, and what the last steps gave."""

    step: int
    total: int
    clips_per_second: float
    seconds_left: float
    values: Mapping[str, float]

    def __str__(self) -> str:
        left = timedelta(seconds=round(self.seconds_left))
        losses = " ".join(f"{name} {self.values[name]:.3f}" for name in SHOWN)
        speed = f"{self.clips_per_second:.1f} clips/s {left} left"
        return f"{self.step / self.total:6.1%} step {self.step}/{self.total} {speed} {losses}"


Listener = Callable[[TrainingProgress | str], None]
"""Told how far a run is, and in a sentence what happened."""


def build_model(config: TrainConfig) -> STDTrack:
    """The network at the start: seeded, with ImageNet's stem or given weights where the config says so."""
    network = network_of(config)
    torch.manual_seed(config.seed)
    model = STDTrack(network)
    if config.imagenet_stem:
        load_stem(model.backbone.stem, lite0_state())
    if config.stem_weights:
        load_published(model.backbone.stem, network.stem, Path(config.data_root) / config.stem_weights)
    if config.init_backbone:
        load_backbone(model.backbone, Path(config.data_root) / config.init_backbone)
    if config.init:
        deeper = replace(network, depth=network.depth + len(config.init_drop))
        given = without_blocks(load_model(Path(config.init), deeper), config.init_drop)
        model = with_keep(given, network.keep if config.network.keep else given.config.keep).train()
    freeze_stem(model, config.optim)
    channels_last: STDTrack = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return channels_last


class Trainer:
    """All that changes during a run, and the step that changes it.

    Args:
        config: of the run.
        sources: where clips come from.
        validation: tracks left-out sequences.
        world: this process among others.
        tell: called with every :class:`TrainingProgress` and message.
    """

    def __init__(
        self,
        config: TrainConfig,
        sources: Mixture,
        validation: Validation,
        world: World,
        tell: Listener,
    ) -> None:
        self.config, self.sources, self.validation, self.world, self._tell = config, sources, validation, world, tell
        self.folder = Path(config.out)
        self.model = build_model(config).to(world.device)
        self.net: nn.Module = ClipModel(self.model).to(world.device)
        if world.size > 1:
            self.net = DistributedDataParallel(self.net)
        self.optimizer = make_optimizer(self.model, config.optim)
        self.average = Average(self.model, config.optim.ema)
        self.step, self.best, self.seconds, self.unreadable = 0, -1.0, 0.0, 0

    def resume(self) -> bool:
        """Go on from the newest checkpoint in the run's folder; False when there is none."""
        saved = list_checkpoints(self.folder)
        if not saved:
            return False
        state = load_checkpoint(saved[-1], self.config)
        try:
            self._take_over(state, saved[-1])
        except (AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            raise InputError(f"does not fit this run: {reason}", path=saved[-1], hint=OLDER_ONE) from error
        return True

    def _take_over(self, state: Mapping[str, Any], path: Path) -> None:
        self.model.load_state_dict(fitting(state["model"], self.model.state_dict(), path))
        fitting(state["average"]["state"], self.average.state, path)
        self.average.load_state_dict(state["average"])
        load_moments(self.optimizer, state["optimizer"])
        torch.set_rng_state(state["rng"])
        self.step, self.best = int(state["step"]), float(state["best"])
        self.seconds, self.unreadable = float(state["seconds"]), int(state["unreadable"])

    def state(self) -> dict[str, Any]:
        """What :meth:`resume` needs. Clips are seeded by their number, so the sampler's state is the step."""
        return {
            "step": self.step,
            "config": dataclasses.asdict(self.config),
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "rng": torch.get_rng_state(),
            "best": self.best,
            "seconds": self.seconds,
            "unreadable": self.unreadable,
        }

    def run(self, logs: Logs) -> None:
        """Train until the last stage ends; checkpoints, validates and reports on the way.

        Args:
            logs: loggers that are told of each figure by the leading process.
        """
        config = self.config
        single_thread()
        network = self.model.config
        dataset = ClipDataset(self.sources, config, Geometry.of(network), network.score_grid)
        sampler = StepSampler(config, self.step, self.world.rank, self.world.size, MARGIN)
        loader = make_loader(dataset, sampler, config.workers, self.world.device.type == "cuda")
        record = MetricsFile(self.folder, self.step, logs) if self.world.leads else None
        sums, steps, clips, since = torch.zeros(len(LOSS_NAMES)), 0, 0, time.perf_counter()
        for batch in loader:
            sums += self.train_step(batch)
            steps += 1
            clips += len(batch.boxes) * self.world.size
            ends = self.step == config.total_steps
            if self.step % config.log_every == 0 or ends:
                elapsed = time.perf_counter() - since
                # Fewer than log_every steps after a resume in between, and at the end.
                values = dict(zip(LOSS_NAMES, (self.world.mean(sums) / steps).tolist(), strict=True))
                self._log(record, values, clips / elapsed)
                self.seconds += elapsed
                sums, steps, clips, since = torch.zeros(len(LOSS_NAMES)), 0, 0, time.perf_counter()
            if self.step % config.validation.every == 0 or ends:
                paused = time.perf_counter()
                self.validate(record)
                since += time.perf_counter() - paused
            # After validation, so that the best score so far is in it.
            if self.step % config.save_every == 0 or ends:
                self.save()

    def train_step(self, batch: Batch) -> Tensor:
        """One optimiser step; returns the losses' values (L,) in the order of ``LOSS_NAMES``."""
        stage, within = stage_at(self.config, self.step)
        set_rate(self.optimizer, learning_rate(stage, within, self.config.optim.final_rate))
        self._count_skipped(batch.skipped)
        self.net.train()
        templates, searches, boxes, visible = move_batch(batch, self.world.device)
        plan = None
        if stage.predicted > 0:
            plan = draw_plan(boxes.shape[0], boxes.shape[1], stage.predicted).to(self.world.device)
        with self._arithmetic():
            output, boxes, visible = self.net(templates, searches, boxes, visible, plan)
        lessons = None if batch.lessons is None else batch.lessons.to(self.world.device)
        losses = clip_losses(output, boxes, visible, self.config.loss, lessons)
        if not torch.isfinite(losses.total):
            raise InputError(
                f"the loss is not finite at step {self.step + 1}",
                path=self.folder,
                hint="lower learning_rate and resume",
            )
        self.optimizer.zero_grad(set_to_none=True)
        losses.total.backward()  # type: ignore[no-untyped-call]
        trained = [p for group in self.optimizer.param_groups for p in group["params"]]
        nn.utils.clip_grad_norm_(trained, self.config.optim.clip_norm)
        self.optimizer.step()
        self.average.update(self.model)
        self.step += 1
        return torch.stack([getattr(losses, name).detach().float().cpu() for name in LOSS_NAMES])

    def averaged_model(self) -> STDTrack:
        """A copy with the averaged weights: what is validated and shipped."""
        model = STDTrack(self.model.config)
        model.load_state_dict(self.average.state)
        return model.eval()

    def save(self) -> None:
        """Write a checkpoint, by the leading process."""
        if self.world.leads:
            save_checkpoint(self.folder, self.step, self.state(), self.config.keep)
        self.world.wait()

    def validate(self, record: MetricsFile | None) -> None:
        """Track the left-out sequences with the averaged weights; keep them as ``best.safetensors`` if they are."""
        if record is not None and self.validation.sequences:
            model = self.averaged_model()
            score = self.validation.run(model)
            record.add(self.step, metrics_of(score))
            self._tell(f"step {self.step}: validation {score}")
            hours = f"{self.seconds / 3600:.2f}"
            facts = {"step": str(self.step), "hours": hours, "validation_auc": f"{score.auc:.4f}"}
            save_model(self.folder / "last.safetensors", model, facts)
            if score.auc > self.best:
                self.best = score.auc
                save_model(self.folder / "best.safetensors", model, facts)
        self.world.wait()

    @contextmanager
    def _arithmetic(self) -> Iterator[None]:
        """Precision and attention kernel of a step."""
        device, enabled = self.world.device.type, self.config.optim.precision == "bfloat16"
        # For this few tokens a CPU's fused attention is ten times as slow backwards as the plain formula.
        kernel = sdpa_kernel(SDPBackend.MATH) if device == "cpu" else nullcontext()
        with torch.autocast(device, torch.bfloat16, enabled=enabled), kernel:
            yield

    def _count_skipped(self, names: tuple[str, ...]) -> None:
        """Count images that could not be read, and name them."""
        self.unreadable += len(names)
        for name in names:
            self._tell(f"skipped ({self.unreadable} so far): {name}")

    def _log(self, record: MetricsFile | None, values: dict[str, float], rate: float) -> None:
        values = {**values, "learning_rate": self.optimizer.param_groups[-1]["lr"], "clips_per_second": rate}
        if record is not None:
            record.add(self.step, {f"train/{name}": value for name, value in values.items()})
            left = clips_left(self.config, self.step) / rate
            self._tell(TrainingProgress(self.step, self.config.total_steps, rate, left, values))


def metrics_of(score: ValidationScore) -> dict[str, float]:
    """What the metrics file keeps of a validation: its figures, and every scene's."""
    figures = {
        "auc": score.auc,
        "standard_error": score.error,
        "sr75": score.sr75,
        "quality_spearman": score.spearman,
        "lost_auroc": score.lost_auroc,
    }
    scenes = {f"{SCENE}{scene}": auc for scene, auc in score.scenes.items()}
    return {f"validation/{name}": value for name, value in figures.items()} | scenes


def clips_left(config: TrainConfig, step: int) -> int:
    """Clips still to be seen after ``step`` steps."""
    total = 0
    for stage in config.stages:
        done = min(step, stage.steps)
        total += (stage.steps - done) * stage.batch
        step -= done
    return total
