"""A training run as data: frozen dataclasses; :mod:`stdtrack.training.config_file` reads them from TOML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from evalkit.errors import InputError
from evalkit.suggestions import suggestion
from stdtrack.configs import PIXELS, VARIANTS, ModelConfig, Stem, ablations

# What a setting may be beyond its type: the metadata of its field, which config_file checks.
SHARE: Mapping[str, Any] = {"most": 1}
"""A part of a whole, 0 to 1."""
COUNT: Mapping[str, Any] = {"least": 1}
"""At least one."""

PATTERNS: Mapping[str, Any] = {"patterns": True}
"""Regular expressions."""


def one_of(*choices: str) -> Mapping[str, Any]:
    """One of a few words."""
    return {"choices": choices}


@dataclass(frozen=True)
class SourceConfig:
    """Where clips come from.

    Attributes:
        kind: ``video`` (sequences of an evalkit benchmark), ``stills`` (COCO format), ``synthetic`` (cut-outs moving
            over backgrounds, made from every other source), ``procedural`` (textures only; needs no data).
        benchmark: for ``video``, the benchmark with its options, such as ``got10k?split=train``.
        root: folder of the data; relative paths start at the config file's ``data_root``. For ``synthetic``, which
            needs none, pictures of things on white (COCO format) that are cut out as well.
        weight: share of the clips drawn from here, relative to the other sources.
        names: only these sequences; empty means all.
        exclude: regular expressions; a sequence whose name has a match is left out.
        scenes: regular expressions that say which sequences show the same place: of the first one that matches a name,
            the text of its groups (without groups, of the whole match) is the scene. A name without a match is a scene
            by itself. Every scene is as likely as the other, whatever the number of its sequences.
        exclude_official: without the sequences of the benchmark's official list: LaSOT's list is its test set, and
            what else lies in the folder is for training.
        limit: at most this many sequences or images, 0 for all; for ``synthetic``, how many targets are cut out.
        cache: decode every frame once and keep it in memory.
    """

    kind: str = field(default="video", metadata=one_of("video", "stills", "synthetic", "procedural"))
    benchmark: str = ""
    root: str = ""
    weight: float = 1.0
    names: tuple[str, ...] = ()
    exclude: tuple[str, ...] = field(default=(), metadata=PATTERNS)
    scenes: tuple[str, ...] = field(default=(), metadata=PATTERNS)
    exclude_official: bool = False
    limit: int = 0
    cache: bool = False


@dataclass(frozen=True)
class ClipConfig:
    """How a clip is drawn from a source.

    Attributes:
        sampling: ``dense`` (templates, then ordered frames at small gaps) or ``sparse`` (one template and unordered
            search frames from anywhere in the sequence), the paper's comparison.
        templates: templates a clip.
        max_gap: largest distance in frames between neighbouring search frames.
        template_gap: largest distance in frames from the last template to the first search frame.
        shift: largest offset of a search window's centre from the target, in target sizes.
        wide: share of windows whose offset is uniform over ``shift``; the rest are near the target, as in tracking.
        scale: standard deviation of the logarithm of the window's relative side.
        negatives: share of clips whose search frames come from another target.
        vanish: share of dense clips in which the target leaves for some frames.
        distractors: share of clips into whose search frames another target is pasted.
        occluders: share of clips in which a patch passes over the target.
        surroundings: share of clips in which what lies outside the image shows another picture, not the mean colour.
    """

    sampling: str = field(default="dense", metadata=one_of("dense", "sparse"))
    templates: int = field(default=1, metadata=COUNT)
    max_gap: int = field(default=6, metadata=COUNT)
    template_gap: int = field(default=80, metadata=COUNT)
    shift: float = 1.4
    wide: float = field(default=0.5, metadata=SHARE)
    scale: float = 0.18
    negatives: float = field(default=0.08, metadata=SHARE)
    vanish: float = field(default=0.1, metadata=SHARE)
    distractors: float = field(default=0.25, metadata=SHARE)
    occluders: float = field(default=0.15, metadata=SHARE)
    surroundings: float = field(default=0.5, metadata=SHARE)


@dataclass(frozen=True)
class AugmentConfig:
    """Strength of the changes to pixels.

    Attributes:
        flip: share of clips mirrored; the whole clip at once.
        reverse: share of video clips played backwards.
        grey: share of clips without colour; the whole clip at once.
        colour: largest relative change of brightness, contrast and saturation of a clip.
        drift: the same between the frames of one clip.
        blur: share of frames with Gaussian or motion blur.
        noise: share of frames with Gaussian noise.
    """

    flip: float = field(default=0.5, metadata=SHARE)
    reverse: float = field(default=0.5, metadata=SHARE)
    grey: float = field(default=0.1, metadata=SHARE)
    colour: float = 0.25
    drift: float = 0.1
    blur: float = field(default=0.15, metadata=SHARE)
    noise: float = field(default=0.1, metadata=SHARE)


@dataclass(frozen=True)
class LossConfig:
    """Weights of the terms.

    Attributes:
        score: focal on the centre map.
        giou, l1: on the box.
        quality: the quality head's binary cross-entropy.
        taught_score: Kullback-Leibler divergence of the score map from the teachers'.
        taught_box: GIoU and L1, weighed as above, on the teachers' box.
    """

    score: float = 1.0
    giou: float = 2.0
    l1: float = 5.0
    quality: float = 1.0
    taught_score: float = 0.2
    taught_box: float = 0.5


@dataclass(frozen=True)
class DistillationConfig:
    """How a run learns from its teachers, in stages whose windows are given (``predicted = 0``).

    Attributes:
        agreement: a frame counts where all teachers' boxes have this IoU with each other and with the true box.
        sharpness: power of the teachers' scores, which are broader than a map of centres.
        share: of the clips that are taught.
        cache: the file that keeps the teachers' opinions; empty means ``opinions.sqlite`` in the run's folder.
    """

    agreement: float = field(default=0.5, metadata=SHARE)
    sharpness: float = 16.0
    share: float = field(default=1.0, metadata=SHARE)
    cache: str = ""


@dataclass(frozen=True)
class StageConfig:
    """One stage of the curriculum, with its own warm-up and cosine.

    Attributes:
        steps: optimiser steps.
        frames: search frames a clip, T.
        batch: clips a step, over all processes.
        learning_rate: peak; the stem's is ``stem_rate`` times this.
        warmup: steps from zero to the peak.
        predicted: share of clips whose windows follow the model's own boxes, as in tracking, instead of lying about the
            true ones.
    """

    steps: int = field(metadata=COUNT)
    frames: int = field(default=1, metadata=COUNT)
    batch: int = field(default=32, metadata=COUNT)
    learning_rate: float = 4e-4
    warmup: int = 200
    predicted: float = field(default=0.0, metadata=SHARE)


@dataclass(frozen=True)
class OptimConfig:
    """AdamW, clipping, weight averaging and precision.

    Attributes:
        weight_decay: on matrices and kernels; biases, norms and single vectors go without.
        stem_rate: learning rate of the stem relative to the rest's.
        frozen_blocks: first blocks of a pretrained stem that stay as they are, its first convolution with them.
        frozen_depthwise: the stem's depthwise filters stay: few weights, but a quarter of the time on a CPU.
        final_rate: where the cosine ends, relative to the peak.
        clip_norm: largest norm of the gradient.
        ema: decay of the averaged weights, which are the ones validated and shipped.
        precision: ``bfloat16`` runs the network under autocast; losses stay in float32.
    """

    weight_decay: float = 0.05
    stem_rate: float = 0.2
    frozen_blocks: int = 0
    frozen_depthwise: bool = False
    final_rate: float = 0.02
    clip_norm: float = 1.0
    ema: float = field(default=0.999, metadata=SHARE)
    precision: str = field(default="float32", metadata=one_of("float32", "bfloat16"))


@dataclass(frozen=True)
class ValidationConfig:
    """Tracking of sequences left out of training.

    Attributes:
        names: sequences that are tracked; every sequence of their scenes is removed from every video source.
        every: steps between validations.
        frames: at most this many frames a track, 0 for all.
        starts: tracks a sequence, from starts spread evenly over it.
        backwards: each start is also tracked towards the beginning.
    """

    names: tuple[str, ...] = ()
    every: int = field(default=1000, metadata=COUNT)
    frames: int = 0
    starts: int = field(default=1, metadata=COUNT)
    backwards: bool = False


@dataclass(frozen=True)
class NetworkConfig:
    """What differs from the variant; 0 and an empty text keep the variant's.

    Attributes:
        stem: the pixels' mean and deviation go with it.
        template_size, search_size, search_factor, depth, head_dim: see :class:`stdtrack.configs.ModelConfig`.
        keep: see there, too; 0 keeps that of ``init``, where that is given.
    """

    stem: str = field(default="", metadata=one_of("", *PIXELS))
    template_size: int = 0
    search_size: int = 0
    search_factor: float = 0.0
    depth: int = 0
    head_dim: int = 0
    keep: float = 0.0


@dataclass(frozen=True)
class TrainConfig:
    """A whole training run; see ``configs/*.toml`` for two that are documented line by line.

    Attributes:
        variant: of :data:`stdtrack.configs.VARIANTS`.
        stages: the curriculum.
        sources: where clips come from.
        data_root, out: folders of the data and of the run; relative ones start where the command is called.
        teachers: trackers to learn from (:func:`stdtrack.training.teachers.open_teacher`); paths start at
            ``data_root``.
        seed: of weights, clips and windows.
        threads: of torch in each process, 0 for its own choice.
        workers: processes that make clips, for each process that trains.
        device: ``auto`` (CUDA where there is one), ``cpu`` or ``cuda``.
        imagenet_stem: start with ImageNet's weights in an EfficientNet-Lite0 stem.
        stem_weights: start with a published tracker's weights in its stem: the ONNX file, relative to ``data_root``.
        init_backbone: start with a Vision Transformer's weights (:mod:`stdtrack.training.vit`): a file, relative to
            ``data_root``.
        init: weights to start from, a safetensors file.
        init_drop: numbers of the transformer blocks of ``init`` that are left out; those behind them move up.
        without: a part that is left out, by the name of its row in :func:`stdtrack.configs.ablations`.
        save_every, keep: steps between checkpoints, and how many of them stay.
        log_every: steps between lines of metrics.
    """

    variant: str
    stages: tuple[StageConfig, ...]
    sources: tuple[SourceConfig, ...]
    data_root: str = "."
    out: str = "train-runs"
    teachers: tuple[str, ...] = ()
    seed: int = 1
    threads: int = 0
    workers: int = 1
    device: str = "auto"
    imagenet_stem: bool = False
    stem_weights: str = ""
    init_backbone: str = ""
    init: str = ""
    init_drop: tuple[int, ...] = ()
    without: str = ""
    save_every: int = field(default=500, metadata=COUNT)
    keep: int = field(default=2, metadata=COUNT)
    log_every: int = field(default=20, metadata=COUNT)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    clips: ClipConfig = field(default_factory=ClipConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    distillation: DistillationConfig = field(default_factory=DistillationConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    optim: OptimConfig = field(default_factory=OptimConfig)
    validation: ValidationConfig = field(default_factory=ValidationConfig)

    @property
    def total_steps(self) -> int:
        """Optimiser steps of all stages."""
        return sum(stage.steps for stage in self.stages)


def network_of(config: TrainConfig) -> ModelConfig:
    """The network's config: a variant, or one without some part; raises InputError for an unknown name or share."""
    if config.variant not in VARIANTS:
        raise InputError(f"unknown variant '{config.variant}'", hint=suggestion(config.variant, VARIANTS))
    try:
        variant = changed(VARIANTS[config.variant], config.network)
    except ValueError as error:
        raise InputError(f"network.{error}") from error
    rows = ablations(variant)
    if config.without and config.without not in rows:
        raise InputError(f"no ablation is called '{config.without}'", hint=suggestion(config.without, rows))
    return rows[config.without] if config.without else variant


def changed(variant: ModelConfig, network: NetworkConfig) -> ModelConfig:
    """The variant with what ``network`` says otherwise."""
    values = {name: value for name, value in vars(network).items() if value}
    if network.stem:
        values["mean"], values["std"] = PIXELS[cast("Stem", network.stem)]
    return replace(variant, **values)
