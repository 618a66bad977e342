"""Specs: the strings by which users name trackers, such as ``opencv:csrt`` or ``package.module:factory?alpha=0.3``."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import parse_qsl

from evalkit.entry_points import imported, reinstall_hint
from evalkit.errors import InputError
from evalkit.suggestions import nearest
from evalkit.trackers.adapters import adapt, require_tracker
from evalkit.trackers.base import Tracker
from evalkit.trackers.folders import folder_name
from evalkit.trackers.options import convert_options
from evalkit.trackers.prefixes import ENTRY_POINT_GROUP, find_prefix, installed_prefixes, names_of

TrackerFactory = Callable[[str, Mapping[str, str]], Tracker]
"""What an entry point of the group names: ``(name, options) -> Tracker``."""


@dataclass(frozen=True)
class TrackerSpec:
    """A parsed spec.

    >>> TrackerSpec.parse("onnx:nanotrack_v2?weights=w/v2")
    TrackerSpec(prefix='onnx', name='nanotrack_v2', options={'weights': 'w/v2'})
    >>> str(TrackerSpec.parse("opencv:csrt")), TrackerSpec.parse("opencv:csrt").folder
    ('opencv:csrt', 'opencv%3Acsrt')
    """

    prefix: str
    name: str
    options: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> TrackerSpec:
        """Split ``PREFIX:NAME?key=value&...``; a command after ``trax:`` or ``process:`` is kept whole.

        The name may be a spec itself, where the prefix takes one: ``redetect:opencv:kcf``.
        """
        prefix, colon, rest = text.partition(":")
        if not (prefix and colon and rest):
            near = _named_alone(text)
            hint = f"did you mean '{near}'?" if near else "write PREFIX:NAME, for instance opencv:csrt"
            raise InputError(f"'{text}' is no tracker spec", hint=hint)
        if prefix in ("trax", "process") or rest.startswith(("trax:", "process:")):
            return cls(prefix, rest)
        name, _, query = rest.partition("?")
        options: dict[str, str] = {}
        for key, value in parse_qsl(query.replace("+", "%2B"), keep_blank_values=True):  # 1e+3 is a number, no 1e 3
            if key in options:
                raise InputError(f"'{text}' gives option '{key}' twice")
            options[key] = value
        return cls(prefix, name, options)

    def __str__(self) -> str:
        query = "&".join(f"{key}={value}" for key, value in self.options.items())
        return f"{self.prefix}:{self.name}" + (f"?{query}" if query else "")

    @property
    def folder(self) -> str:
        """The spec as a folder name: everything but ``A-Za-z0-9._-`` percent-encoded."""
        return folder_name(str(self))


def _named_alone(text: str) -> str | None:
    """``opencv:csrt`` for ``csrt``, by the ``NAMES`` in the modules of entry points; None if none is like it."""
    known = {name: f"{prefix}:{name}" for prefix in installed_prefixes() for name in names_of(prefix)}
    near = nearest(text.strip(":"), known)
    return None if near is None else known[near]


def load_tracker(text: str) -> Tracker:
    """Build the tracker that a spec names; see :func:`load_spec`.

    Args:
        text: a spec as the command line takes it, such as ``opencv:csrt`` or ``module:factory?option=value``.

    Raises:
        InputError: the spec, prefix, module or factory does not exist, or what it makes is no tracker.

    >>> import numpy as np
    >>> tracker = load_tracker("opencv:kcf")
    >>> tracker.init(np.zeros((48, 64, 3), np.uint8), np.array([10.0, 12.0, 20.0, 20.0]))
    """
    return require_tracker(load_spec(text), text)


def load_spec(text: str) -> object:
    """Build what a spec names: a tracker, or whatever else a factory makes.

    Known prefixes are looked up first, then ``module:factory`` is imported and called with the options as keywords;
    what it makes may also be a tracker of another toolkit (:mod:`evalkit.trackers.adapters`). Run this only on what a
    user typed, never on text from a results folder.

    Raises:
        InputError: the spec, prefix, module or factory does not exist.
    """
    spec = TrackerSpec.parse(text)
    point = find_prefix(spec.prefix)
    if point is not None:
        factory: TrackerFactory = imported(point, f"the prefix '{spec.prefix}'")
        return factory(spec.name, spec.options)
    return _from_module(spec, installed_prefixes())


def names_module(text: str) -> bool:
    """Whether a spec is a ``module:factory`` that the user typed, not a prefix that a package brings."""
    return text.partition(":")[0] not in installed_prefixes()


def _from_module(spec: TrackerSpec, known: Mapping[str, object]) -> object:
    try:
        module = importlib.import_module(spec.prefix)
    except ModuleNotFoundError as error:
        if error.name is not None and (spec.prefix == error.name or spec.prefix.startswith(error.name + ".")):
            near = nearest(spec.prefix, known)
            meant = f"did you mean '{near}:{spec.name}'?" if near else f"known prefixes: {', '.join(sorted(known))}"
            hint = reinstall_hint(ENTRY_POINT_GROUP, spec.prefix) or meant
            raise InputError(f"unknown tracker '{spec}': no prefix or module '{spec.prefix}'", hint=hint) from error
        raise
    factory = getattr(module, spec.name, None)
    if not callable(factory):
        near = nearest(spec.name, (name for name, value in vars(module).items() if callable(value)))
        hint = f"did you mean '{spec.prefix}:{near}'?" if near else "write module:factory"
        raise InputError(f"module '{spec.prefix}' has no callable '{spec.name}'", hint=hint)
    options = convert_options(factory, spec.options, f"{spec.prefix}:{spec.name}")
    return adapt(partial(factory, **options), str(spec))
