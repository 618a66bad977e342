"""``stdtrack.compress``: a smaller, faster tracker made of a given one, with its card."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from evalkit.errors import InputError
from evalkit.files import whole_folder
from evalkit.trackers.base import Tracker
from evalkit.trackers.spec import TrackerSpec, load_tracker
from profiling.front import clips_to_follow
from profiling.latency.clips import Clip, ClipName, open_clip
from stdtrack.api.profile_files import conditions
from stdtrack.compression import int8 as eight_bits
from stdtrack.compression.agreement import alike_tracks, mean_agreement, mean_auc
from stdtrack.compression.card import Card
from stdtrack.compression.exit_file import EXIT, make_exit, share_of_early_ends
from stdtrack.compression.finetuning import finetuned
from stdtrack.compression.measuring import ratios, sides, size_of, timed
from stdtrack.compression.onnx_file import FileCard, quantise_file
from stdtrack.compression.pruned_file import WEIGHTS, prune_file, source_of
from stdtrack.compression.steps import Steps
from stdtrack.compression.subjects import Subject, subject_of
from stdtrack.tracker import STDTracker

GRAPHS = "*.onnx"


@dataclass(frozen=True)
class Compressed:
    """What :func:`compress` made.

    Attributes:
        spec: loads it, as any other tracker's spec; of an ONNX file its path.
        card: what it costs beside the original; ``card.md`` and ``card.json`` in its folder.
    """

    spec: str
    card: Card | FileCard


def compress(
    spec: str,
    *,
    out: str | Path,
    int8: bool = False,
    agreement: float = 0.97,
    prune: float = 0.0,
    prune_blocks: int = 0,
    exit_after: int = 0,
    exit_loss: float = 0.02,
    finetune: str = "",
    overrides: Iterable[str] = (),
    inputs: str | Path | None = None,
    data: str | Path | None = None,
    on: str | Iterable[str] = (),
    threads: int = 1,
    min_time: float = 10.0,
    tell: Callable[[str], None] = lambda message: None,
) -> Compressed:
    """Make a tracker smaller and faster, and measure what that costs.

    Args:
        spec: a tracker whose networks are at hand, ``stdtrack:*``, a peer, or ``onnx:*``; or an ONNX file.
        out: a folder that is made.
        int8: static quantisation to eight bits by ONNX Runtime, ranges taken from frames of the clips.
        agreement: mean IoU with the original's boxes, from its state, that quantisation should keep on the clips it
            looks at; for its sake up to a quarter of the layers stays in float, the most sensitive ones.
        prune: share of a frame's MACs to remove: channels of stem and head, heads and hidden units of blocks, those
            that cost least by the clips; ``stdtrack:*`` with weights alone.
        prune_blocks: so many whole transformer blocks are left out first.
        exit_after: easy frames of ``stdtrack:*`` with weights end after so many blocks, by an exit that ``finetune``
            trains to answer as the full network, which stays as it is.
        exit_loss: what boxes may lose by it: mean over the frames of 1 - IoU with the full network's.
        finetune: the config, as ``stdtrack train`` takes it, by which a pruned network is trained further, with the
            unpruned one as its teacher. The run lies in ``<out>.training``; the same call goes on with it.
        overrides: ``KEY=VALUE`` settings of that config.
        inputs: of an ONNX file: .npz or .npy, see :func:`stdtrack.compression.onnx_inputs.read_samples`.
        data: root of the benchmarks whose frames are followed; by default ``STDTRACK_DATA``, ``stdtrack.toml``, or
            rendered scenes.
        on: only these benchmarks.
        threads: of each tracker while it is timed.
        min_time: seconds measured of each.
        tell: told what is going on.

    Raises:
        InputError: nothing to do, a spec without networks, a folder that exists, no data, or a missing extra.

    Example:
        >>> import stdtrack as st
        >>> st.compress("opencv:csrt", out="small", int8=True)
        Traceback (most recent call last):
        evalkit.errors.InputError: 'opencv:csrt' is not one of our networks (write stdtrack:NAME, ...)
    """
    folder = Path(out)
    steps = Steps(prune, prune_blocks, exit_after, exit_loss, finetune, tuple(overrides), int8, agreement)
    steps.check()
    if folder.exists():
        raise InputError("exists already", path=folder, hint="name a new folder")
    if spec.endswith(".onnx") or inputs is not None:
        return _compress_file(Path(spec), inputs, folder, steps, threads, min_time, tell)
    subject = _subject(spec, steps)
    with TemporaryDirectory(prefix="stdtrack-compress-") as temporary:
        work = _Work(spec, folder, Path(temporary), tell)
        judged, looked_at = split(clips_to_follow(data, on, work.folder / "scenes", tell))
        work.do(steps, subject, [open_clip(name) for name in looked_at])
        card = replace(work.measured(judged, threads, min_time), calibrated=[_named(name) for name in looked_at])
        with whole_folder(folder, hint="name another folder") as partial:
            shutil.copytree(work.made, partial, dirs_exist_ok=True)
            card.write(partial)
    return Compressed(card.compressed.spec, card)


def _compress_file(
    path: Path,
    inputs: str | Path | None,
    folder: Path,
    steps: Steps,
    threads: int,
    min_time: float,
    tell: Callable[[str], None],
) -> Compressed:
    if path.suffix != ".onnx":
        raise InputError(f"'{path}' is no ONNX file", hint="inputs are for those; a tracker's come from its clips")
    if steps.prunes or steps.exit_after:
        raise InputError("is an ONNX file: eight bits are all it can be given", path=path, hint="int8 alone")
    if inputs is None:
        hint = "--inputs FILE.npz; or name its adapter, onnx:NAME?weights=DIR, whose inputs come from clips"
        raise InputError("nothing says what its inputs look like", path=path, hint=hint)
    with TemporaryDirectory(prefix="stdtrack-compress-") as work, whole_folder(folder, hint="name another") as partial:
        made = quantise_file(
            path,
            Path(inputs),
            partial,
            Path(work),
            agreement=steps.agreement,
            threads=threads,
            min_time=min_time,
            tell=tell,
        )
        card = replace(made, made=str(folder / path.name))
        card.write(partial)
    return Compressed(card.made, card)


def _subject(spec: str, steps: Steps) -> Subject | None:
    """What is quantised; None where weights are changed first. Raises InputError for a spec that is of no use here."""
    if steps.prunes or steps.exit_after:
        source_of(spec)
        return None
    return subject_of(spec)


@dataclass
class _Work:
    """A tracker on its way through the steps.

    Attributes:
        spec: the original's.
        out: the folder that is made in the end.
        folder: a temporary one.
        current: the spec of what the steps so far have made.
    """

    spec: str
    out: Path
    folder: Path
    tell: Callable[[str], None]
    current: str = ""
    steps: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.current = self.spec
        self.made.mkdir()

    @property
    def made(self) -> Path:
        """What becomes the folder ``out``."""
        return self.folder / "made"

    def do(self, steps: Steps, subject: Subject | None, clips: Sequence[Clip]) -> None:
        """Take all steps; they look at these clips."""
        if steps.prunes:
            self.prune(steps, clips)
        if steps.exit_after:
            self.add_exit(steps, clips)
        if steps.int8:
            self.quantise(subject or subject_of(self.current), clips, steps.agreement)

    def prune(self, steps: Steps, clips: Sequence[Clip]) -> None:
        """Write narrower weights, trained further where that is asked for."""
        finetune = steps.finetune
        variant, source = source_of(self.spec)
        place = self.out.with_name(f"{self.out.name}.training") if finetune else self.folder
        place.mkdir(parents=True, exist_ok=True)
        weights = place / "pruned.safetensors"
        pruned = prune_file(variant, source, weights, steps.prune, steps.prune_blocks, clips, self.tell)
        self.steps.append(pruned.described())
        if finetune:
            weights = finetuned(weights, source, variant, finetune, steps.overrides, self.tell)
            self.steps.append(f"trained further by {finetune} with the unpruned network as teacher: {place / 'run'}.")
        self.facts["pruning"] = asdict(pruned)
        shutil.copy(weights, self.made / WEIGHTS)
        self.current = f"stdtrack:{variant}?weights={self.made / WEIGHTS}"

    def add_exit(self, steps: Steps, clips: Sequence[Clip]) -> None:
        """Write an exit of the weights as they are now."""
        variant, source = source_of(self.current)
        path = self.made / EXIT
        made = make_exit(variant, source, path, steps, clips, self.tell)
        parsed = TrackerSpec.parse(self.current)
        self.current = str(replace(parsed, options={**parsed.options, "exit": str(path)}))
        self.steps.append(made.described())
        self.facts["exit"] = asdict(made)

    def quantise(self, subject: Subject, clips: Sequence[Clip], agreement: float) -> None:
        """Write graphs of eight bits."""
        graphs, place = self.folder / "graphs", self.folder / "quantiser"
        place.mkdir()
        quantised = eight_bits.quantise(subject, clips, graphs, place, agreement=agreement, tell=self.tell)
        shutil.copytree(graphs, self.made, dirs_exist_ok=True)
        self.steps.append(quantised.described())
        self.facts["int8"] = asdict(quantised)
        self.current = subject.spec_on(self.made)

    def measured(self, judged: Sequence[ClipName], threads: int, min_time: float) -> Card:
        """Both trackers side by side, and what was done."""
        run = timed(self.spec, self.current, judged, threads=threads, min_time=min_time, tell=self.tell)
        self.tell("accuracy and agreement")
        clips = [open_clip(name) for name in judged]
        first, second = sides(run, clips, self._sizes())
        trackers = load_tracker(self.spec), load_tracker(self.current)
        if "exit" in self.facts:
            self._count_early_ends(trackers[1], clips)
        return Card(
            steps=tuple(self.steps),
            facts=self.facts,
            original=first,
            compressed=replace(second, spec=self.current.replace(str(self.made), str(self.out))),
            ratios=ratios(run),
            agreement=None if "pruning" in self.facts else mean_agreement(*trackers, clips),
            alike=alike_tracks(*trackers, clips),
            clips=[_named(name) for name in judged],
            calibrated=(),
            circumstances=conditions(run),
            threads=threads,
        )

    def _count_early_ends(self, tracker: Tracker, clips: Sequence[Clip]) -> None:
        """Find the share of the frames that end early, the tracker left to itself."""
        assert isinstance(tracker, STDTracker)
        share = share_of_early_ends(tracker, lambda: mean_auc(tracker, clips))
        self.facts["exit"]["share_judged"] = share
        self.steps.append(f"of the frames that figures are of, {share:.1%} end early.")

    def _sizes(self) -> tuple[int, int]:
        """Bytes of the original's files and of what was made, both graphs or both weights."""
        if "int8" not in self.facts:
            parsed = TrackerSpec.parse(self.current)
            options = {key: option for key, option in parsed.options.items() if key != "exit"}
            _, weights = source_of(str(replace(parsed, options=options)))
            return size_of(source_of(self.spec)[1]), size_of(weights, *self.made.glob(EXIT))
        plain = self.folder / "quantiser" / "float"
        if "pruning" in self.facts:
            plain = self.folder / "original"
            subject_of(self.spec).write(plain)
        return size_of(*plain.glob(GRAPHS)), size_of(*self.made.glob(GRAPHS))


def split(clips: Sequence[ClipName]) -> tuple[Sequence[ClipName], Sequence[ClipName]]:
    """Clips that figures are of, and those that steps look at: every other one, or the same where there is one."""
    return clips[::2], clips[1::2] or clips


def _named(clip: ClipName) -> str:
    return f"{clip.name} ({clip.frames} frames)"
