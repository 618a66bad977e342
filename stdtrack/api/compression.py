"""``stdtrack.compress``: a smaller, faster tracker made of a given one, with its card."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from evalkit.benchmarks.data_root import data_root
from evalkit.benchmarks.synthetic.writer import render
from evalkit.errors import InputError
from evalkit.files import whole_folder
from evalkit.suggestions import as_names
from profiling import backends
from profiling.latency.clips import ClipName, choose_clips, open_clip
from profiling.latency.steps import SHORTEST_CLIP
from stdtrack.api.profile_files import circumstances
from stdtrack.compression import int8 as eight_bits
from stdtrack.compression.card import Card
from stdtrack.compression.measuring import agreement as mean_agreement
from stdtrack.compression.measuring import ratios, sides, size_of, timed
from stdtrack.compression.subjects import subject_of

GRAPHS = "*.onnx"


@dataclass(frozen=True)
class Compressed:
    """What :func:`compress` made.

    Attributes:
        spec: loads it, as any other tracker's spec.
        card: what it costs beside the original; ``card.md`` and ``card.json`` in its folder.
    """

    spec: str
    card: Card


def compress(
    spec: str,
    *,
    out: str | Path,
    int8: bool = False,
    agreement: float = 0.97,
    data: str | Path | None = None,
    on: str | Iterable[str] = (),
    threads: int = 1,
    min_time: float = 10.0,
    tell: Callable[[str], None] = lambda message: None,
) -> Compressed:
    """Make a tracker smaller and faster, and measure what that costs.

    Args:
        spec: a tracker whose networks are at hand: ``stdtrack:*``, a peer, or ``onnx:*``.
        out: a folder that is made.
        int8: static quantisation to eight bits by ONNX Runtime, ranges taken from frames of the clips.
        agreement: mean IoU with the original's boxes, from its state, that quantisation should keep on the clips it
            looks at; for its sake up to a quarter of the layers stays in float, the most sensitive ones.
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
    if not int8:
        raise InputError("nothing is asked for", hint="int8 makes it one of eight bits")
    if not 0.0 < agreement <= 1.0:
        raise InputError(f"agreement is {agreement:g}, no share above 0")
    folder = Path(out)
    if folder.exists():
        raise InputError("exists already", path=folder, hint="name a new folder")
    backends.check("onnx", "int8")
    subject = subject_of(spec)
    with TemporaryDirectory(prefix="stdtrack-compress-") as temporary:
        work = Path(temporary)
        root = data_root(None if data is None else Path(data))
        if root is None:
            tell("no --data: rendering scenes")
            root = work / "scenes"
            render(root, 0)
        judged, looked_at = split(choose_clips(root, SHORTEST_CLIP, as_names(on)))
        made = work / "made"
        clips = [open_clip(name) for name in looked_at]
        quantised = eight_bits.quantise(subject, clips, made, work, agreement=agreement, tell=tell)
        measured = _card(spec, subject.spec_on(made), made, work / "float", judged, threads, min_time, tell)
        card = replace(
            measured,
            steps=(quantised.described(),),
            facts={"int8": asdict(quantised)},
            compressed=replace(measured.compressed, spec=subject.spec_on(folder)),
            calibrated=[_named(name) for name in looked_at],
        )
        with whole_folder(folder, hint="name another folder") as partial:
            shutil.copytree(made, partial, dirs_exist_ok=True)
            card.write(partial)
    return Compressed(card.compressed.spec, card)


def split(clips: Sequence[ClipName]) -> tuple[Sequence[ClipName], Sequence[ClipName]]:
    """Clips that figures are of, and those that steps look at: every other one, or the same where there is one."""
    return clips[::2], clips[1::2] or clips


def _card(
    original: str, compressed: str, made: Path, plain: Path, judged: Sequence[ClipName], threads: int, min_time: float,
    tell: Callable[[str], None],
) -> Card:  # fmt: skip
    """Both trackers measured; what was done is not in it yet."""
    run = timed(original, compressed, judged, threads=threads, min_time=min_time, tell=tell)
    tell("accuracy and agreement")
    clips = [open_clip(name) for name in judged]
    first, second = sides(run, clips, [size_of(*folder.glob(GRAPHS)) for folder in (plain, made)])
    return Card(
        steps=(),
        facts={},
        original=first,
        compressed=second,
        ratios=ratios(run),
        agreement=mean_agreement(original, compressed, clips),
        clips=[_named(name) for name in judged],
        calibrated=(),
        circumstances=circumstances(run)[:-1],
        threads=threads,
    )


def _named(clip: ClipName) -> str:
    return f"{clip.benchmark}/{clip.sequence} ({clip.frames} frames)"
