"""Attacks that follow the gradient of scores and boxes, in one step or several, on the frame or on the template.

One step is the fast gradient sign method (Goodfellow et al. 2015), several are projected gradient descent (Madry et al.
2018), here with the sign of the gradient, a seeded random start and steps of a quarter of the bound. The loss wants the
best place away from the target to rank above every place on it, and boxes on the target to overlap less with the
answer on the clean frame: no ground truth is used. A frame's noise is whole numbers within the L-infinity bound, on the
pixels that the tracker looks at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from evalkit.benchmarks.variations import Setting, Variation
from evalkit.errors import InputError
from evalkit.robustness.attacks.noise import SEVERITIES, Measured, bound_of, with_noise
from evalkit.sequences.sequence import Attack, Sequence
from evalkit.types import Box, Image
from stdtrack.attacks.surface import Answers, Attackable, Differentiable
from stdtrack.peers.prefixes import is_peer

STEPS = 10
STEP_LENGTH = 0.25
"""Of an iterated attack's step, in bounds."""
NEAR = 0.5
"""Places no further from the target's middle than so many of its sides are on it."""
BOX_WEIGHT = 2.0
KIND = "white-box attack"


@dataclass(frozen=True)
class WhiteBox:
    """An attack with its bound in 1/255 and its number of steps, on every frame or on the first one alone."""

    bound: int
    steps: int
    seed: int
    on_template: bool = False

    def begin(self, tracker: object, spare: Callable[[], object] | None, seed: int) -> Attack:
        """The attack on one sequence.

        Raises:
            InputError: the tracker has no gradients.
        """
        if not isinstance(tracker, Attackable) or tracker.differentiable() is None:
            problem = f"a {type(tracker).__name__} lends no gradients to an attack"
            raise InputError(problem, hint="stdtrack:NAME and peers in fp32 on the CPU do; iou_attack asks any tracker")
        return _Attack(self, tracker, np.random.default_rng([self.seed, seed]))


class _Attack(Measured):
    def __init__(self, settings: WhiteBox, tracker: Attackable, rng: np.random.Generator) -> None:
        super().__init__()
        self._settings, self._tracker, self._rng = settings, tracker, rng

    def first(self, image: Image, box: Box) -> Image:
        if not self._settings.on_template:
            return image
        network = self._network()
        part = network.template_part(image, box)
        return self._changed(image, part, lambda pixels: network.answers_after(pixels, part[:2], image, box))

    def next(self, image: Image) -> Image:
        if self._settings.on_template:
            self.measure(image, image, 0)
            return image
        network = self._network()
        part = network.search_part(image)
        return self._changed(image, part, lambda pixels: network.answers(pixels, part[:2]))

    def _network(self) -> Differentiable:
        network = self._tracker.differentiable()
        assert network is not None  # asked before the start
        return network

    def _changed(self, image: Image, part: tuple[int, int, int, int], ask: Callable[[Tensor], Answers]) -> Image:
        x0, y0, x1, y1 = part
        pixels = torch.tensor(image[y0:y1, x0:x1]).permute(2, 0, 1)[None].float()
        with torch.inference_mode(False), torch.enable_grad():
            noise = descend(pixels, ask, self._settings.bound, self._settings.steps, self._rng)
        window = (slice(y0, y1), slice(x0, x1))
        changed = with_noise(image, noise[0].permute(1, 2, 0).numpy(), window)
        self.measure(image, changed, self._settings.steps + 1)
        return changed


def descend(
    pixels: Tensor, ask: Callable[[Tensor], Answers], bound: int, steps: int, rng: np.random.Generator
) -> Tensor:
    """Noise (1, 3, H, W) within the bound that raises :func:`misleading`.

    Args:
        pixels: (1, 3, H, W), 0 to 255.
        ask: the network's answers on pixels.
        steps: 1 starts at the clean frame and goes to the bound; more start at random. So does 1 where the network
            gives a single box: at its own place the gradient is 0.
    """
    with torch.no_grad():
        clean = ask(pixels)
        target = clean.box_N4[clean.score_N.argmax()]
    length = float(bound) if steps == 1 else max(1.0, STEP_LENGTH * bound)
    noise = torch.zeros_like(pixels)
    if steps > 1 or len(clean.score_N) == 1:
        noise = torch.from_numpy(rng.uniform(-bound, bound, tuple(pixels.shape)).astype(np.float32))
    for _ in range(steps):
        noise = (pixels + noise).clamp(0, 255) - pixels
        noise.requires_grad_()
        (gradient,) = torch.autograd.grad(misleading(ask(pixels + noise), target), noise)
        noise = (noise.detach() + length * gradient.sign()).clamp(-bound, bound)
    return noise.round()


def misleading(answers: Answers, target: Tensor) -> Tensor:
    """How far the best place away from the target ranks above the best on it, and how little boxes there overlap it.

    A network that gives no place away from the target, such as one with a single box, is led away by that box alone:
    by its generalised overlap, which goes on falling where nothing overlaps any more (Rezatofighi et al. 2019).

    Args:
        target: (4,) x, y, w, h in image coordinates.
    """
    middle, side = target[:2] + target[2:] / 2, (target[2] * target[3]).clamp(min=1.0).sqrt()
    near_N = (answers.place_N2 - middle).abs().amax(dim=-1) <= NEAR * side
    nearest = (answers.place_N2 - middle).square().sum(dim=-1).argmin()
    near_N = near_N | (torch.arange(len(near_N), device=near_N.device) == nearest)
    on = answers.score_N[near_N]
    if bool(near_N.all()):
        return -on.max() - BOX_WEIGHT * _generalised_overlap(answers.box_N4, target).mean()
    away = answers.score_N[~near_N].max()
    return away - on.max() - BOX_WEIGHT * _overlap(answers.box_N4[near_N], target).mean()


def _overlap(box_N4: Tensor, target_4: Tensor) -> Tensor:
    low = torch.maximum(box_N4[:, :2], target_4[:2])
    high = torch.minimum(box_N4[:, :2] + box_N4[:, 2:], target_4[:2] + target_4[2:])
    inter = (high - low).clamp(min=0).prod(dim=-1)
    return inter / (box_N4[:, 2:].clamp(min=0).prod(dim=-1) + target_4[2:].prod() - inter).clamp(min=1e-6)


def _generalised_overlap(box_N4: Tensor, target_4: Tensor) -> Tensor:
    """Overlap less the share of the common hull that neither covers; a side may be negative."""
    ends_N22 = torch.stack((box_N4[:, :2], box_N4[:, :2] + box_N4[:, 2:]), dim=1)
    low_N2, high_N2 = ends_N22.amin(dim=1), ends_N22.amax(dim=1)
    first, last = torch.minimum(*(ends := (target_4[:2], target_4[:2] + target_4[2:]))), torch.maximum(*ends)
    inter_N = (torch.minimum(high_N2, last) - torch.maximum(low_N2, first)).clamp(min=0).prod(dim=-1)
    union_N = ((high_N2 - low_N2).prod(dim=-1) + (last - first).prod() - inter_N).clamp(min=1e-6)
    hull_N = (torch.maximum(high_N2, last) - torch.minimum(low_N2, first)).prod(dim=-1).clamp(min=1e-6)
    return inter_N / union_N - (hull_N - union_N) / hull_N


@dataclass(frozen=True)
class _Apply:
    steps: int
    on_template: bool = False

    def __call__(self, sequence: Sequence, setting: Setting) -> Sequence:
        adversary = WhiteBox(bound_of(setting), self.steps, setting.seed, self.on_template)
        return replace(sequence, adversary=adversary)


def suits(source: object) -> bool:
    """Whether a tracker, named by its spec or an instance, may lend gradients: ours and peers, with their modules."""
    if not isinstance(source, str):
        return isinstance(source, Attackable)
    return (source.startswith("stdtrack:") or is_peer(source)) and not any(
        f"{option}=" in source for option in ("path", "precision", "device")
    )


def _variation(name: str, sentence: str, apply: _Apply) -> Variation:
    return Variation(name, KIND, sentence, apply, SEVERITIES, suits=suits)


FGSM = _variation("fgsm", "one step along the gradient, every frame", _Apply(1))
PGD = _variation("pgd", f"{STEPS} steps along the gradient, every frame", _Apply(STEPS))
FGSM_TEMPLATE = _variation("fgsm_template", "one step along the gradient, the first frame", _Apply(1, True))
PGD_TEMPLATE = _variation("pgd_template", f"{STEPS} steps along the gradient, the first frame", _Apply(STEPS, True))
