"""What is to be measured: live modules, live trackers and specs, each under every setting that it can have."""

from __future__ import annotations

import copy
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from evalkit.errors import InputError
from evalkit.trackers.live import as_tracker, class_name
from evalkit.trackers.spec import TrackerSpec
from profiling.latency.results import ProfileTarget

# These take device and backend as options of their spec; the others run on the CPU with the one backend they have.
WITH_OPTIONS = ("stdtrack", "asymtrack", "hit", "litetrack", "mixformer", "mixformerv2", "ostrack", "smat")
WITHOUT_OPTIONS = ("opencv", "onnx", "trax", "process")


@dataclass(frozen=True)
class Setting:
    """The settings that a run measures: numbers of threads, backends of networks (none: their own), the device."""

    threads: tuple[int, ...] = (1,)
    backends: tuple[str, ...] = ()
    device: str = "cpu"


@dataclass(frozen=True)
class Targets:
    """What is to be measured.

    Attributes:
        live: by label, what is measured in the calling process: a tracker, or ``(module, inputs)``.
    """

    targets: tuple[ProfileTarget, ...]
    live: Mapping[str, Any]

    @property
    def need_clips(self) -> bool:
        """Something may be a tracker; only of live modules it is known that they are none."""
        return any(not isinstance(self.live.get(target.label), tuple) for target in self.targets)


def collect_targets(subjects: Any, inputs: Any, setting: Setting) -> Targets:
    """Every subject under every setting that it can have.

    Args:
        subjects: one or several, see :func:`profiling.profile`.
        inputs: what live modules are called with.

    Raises:
        InputError: a subject is none, two have one name, or a setting cannot be had.
    """
    pairs = _named(subjects)
    if inputs is not None and not any(_is_module(subject) for _, subject in pairs):
        raise InputError("inputs are for modules, and there is none", hint="leave inputs out")
    _each_once([subject for _, subject in pairs if not isinstance(subject, str)])
    names = spec_names([subject for name, subject in pairs if isinstance(subject, str) and not name])
    targets: dict[str, ProfileTarget] = {}
    live: dict[str, Any] = {}
    for name, subject in pairs:
        if isinstance(subject, str):
            made = _of_spec(subject, name or names[subject], setting)
        else:
            made = _of_live(name or _name_of(subject), subject, setting)
            shown = _loaded(made[0].name, subject, inputs, setting)
            for index, target in enumerate(made):
                live[target.label] = shown if index == 0 else _copied(shown, target.name)
        for target in made:
            if target.label in targets:
                hint = "name them: {'first': ..., 'second': ...}"
                raise InputError(f"two subjects are called '{target.label}'", hint=hint)
            targets[target.label] = target
    return Targets(tuple(targets.values()), live)


def spec_names(specs: Sequence[str]) -> dict[str, str]:
    """Short names of specs; options are shown where they tell specs apart."""
    parsed = {text: TrackerSpec.parse(text) for text in specs}
    plain = Counter(f"{spec.prefix}:{spec.name}" for spec in parsed.values())
    shorts = {text: f"{spec.prefix}:{spec.name}" for text, spec in parsed.items()}
    return {text: short if plain[short] == 1 else str(parsed[text]) for text, short in shorts.items()}


def _named(subjects: Any) -> list[tuple[str, Any]]:
    """Subjects with the names that the user gave them; an empty name for those without."""
    if isinstance(subjects, Mapping):
        for name in subjects:
            if not (isinstance(name, str) and name):
                raise InputError(f"{name!r} is no name of a subject", hint="a mapping's keys are texts")
        pairs = list(subjects.items())
    elif isinstance(subjects, tuple) and subjects and _is_module(subjects):
        pairs = [("", subjects)]
    else:
        several = list(subjects) if isinstance(subjects, list | tuple) else [subjects]
        texts = {subject for subject in several if isinstance(subject, str)}
        kept = [s for i, s in enumerate(several) if not (isinstance(s, str) and s in texts and s in several[:i])]
        pairs = [("", subject) for subject in kept]
    if not pairs:
        raise InputError("there is nothing to profile")
    return pairs


def _of_spec(text: str, name: str, setting: Setting) -> list[ProfileTarget]:
    spec = TrackerSpec.parse(text)
    own = spec.prefix in WITHOUT_OPTIONS
    backends = ("",) if own else setting.backends or ("",)
    device = "cpu" if own else setting.device
    return [_target(spec, name, count, backend, device) for backend, count in product(backends, setting.threads)]


def _target(spec: TrackerSpec, name: str, threads: int, backend: str, device: str) -> ProfileTarget:
    if backend:
        from profiling.backends.module_runner import split_backend

        engine, precision = split_backend(backend, device)
    if spec.prefix not in WITH_OPTIONS:
        return ProfileTarget(str(spec), threads, device, backend, name)
    options = dict(spec.options) | ({"backend": engine, "precision": precision} if backend else {})
    if device != "cpu":
        options["device"] = device
    return ProfileTarget(str(TrackerSpec(spec.prefix, spec.name, options)), threads, device, backend, name)


def _of_live(name: str, subject: Any, setting: Setting) -> list[ProfileTarget]:
    """A module under all settings; a tracker as it is, with its own backend and one number of threads."""
    backends = setting.backends or ("",)
    if not _is_module(subject):
        if len(setting.threads) > 1:
            hint = "give a spec, or one number"
            raise InputError(f"'{name}' is one tracker: it cannot have several numbers of threads in turns", hint=hint)
        backends = ("",)
    return [
        ProfileTarget(name, count, setting.device, backend, name, in_process=True)
        for backend, count in product(backends, setting.threads)
    ]


def _loaded(name: str, subject: Any, inputs: Any, setting: Setting) -> Any:
    """A copy of ``(module, inputs)``, as it is moved to a device and into evaluation mode; a tracker itself."""
    if not _is_module(subject):
        return as_tracker(subject, name)
    from profiling.backends.module_runner import split_backend
    from profiling.complexity.front import as_subject

    for backend in setting.backends:
        split_backend(backend, setting.device)
    part = as_subject(name, subject, None if isinstance(subject, tuple) else inputs)
    return _copied(part, name) if isinstance(part, tuple) else as_tracker(part, name)


def _copied(part: Any, name: str) -> Any:
    try:
        return copy.deepcopy(part[0]), part[1]
    except Exception as error:
        hint = "name a module:factory that returns (module, inputs)"
        raise InputError(f"'{name}' cannot be copied, which keeps yours as it is: {error}", hint=hint) from error


def _is_module(subject: Any) -> bool:
    """A module, or a tuple that begins with one; without torch there is none."""
    torch: Any = sys.modules.get("torch")
    head = subject[0] if isinstance(subject, tuple) and subject else subject
    return torch is not None and isinstance(head, torch.nn.Module)


def _name_of(subject: Any) -> str:
    return class_name(subject[0] if isinstance(subject, tuple) and subject else subject)


def _each_once(live: Sequence[Any]) -> None:
    trackers = [subject for subject in live if not _is_module(subject)]
    if len({id(tracker) for tracker in trackers}) < len(trackers):
        raise InputError("one tracker is given twice, which cannot follow two clips at once", hint="give two instances")
