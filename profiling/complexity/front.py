"""What anything costs: a live module, a live tracker, or what a spec names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from evalkit.errors import InputError
from evalkit.trackers.base import Tracker
from evalkit.trackers.spec import load_spec
from profiling.complexity.onnx import onnx_file
from profiling.complexity.parts import checked_part, network_parts
from profiling.complexity.report import ComplexityReport, Parts, count_parts


def count(
    subject: nn.Module | Tracker | tuple[Any, ...] | str, inputs: Any = None, *, allow_uncounted: bool = False
) -> ComplexityReport:
    """Count parameters, MACs and FLOPs (= 2 MACs) of one frame of ``subject``; nothing of it is changed.

    Args:
        subject: a module; ``(module, inputs)``; a tracker with a method ``complexity_parts()``; or a spec: a
            tracker's (``stdtrack:nano``), an ONNX file, or a ``module:factory`` that makes any of these.
        inputs: what a module is called with: a tensor, a tuple or list of positional arguments, or a dict of keywords.
            A tracker and an ONNX file have their own.
        allow_uncounted: count the rest where an operator is unknown, and list it.

    Returns:
        the counts by part (``frame``, and ``init`` for a tracker); ``table()`` has them by module.

    Raises:
        InputError: a module without inputs or that does not run on them, nothing to count, an unknown operator, or a
            spec that is wrong.

    Example:
        >>> import torch
        >>> report = count(torch.nn.Linear(64, 10), torch.zeros(1, 64))
        >>> report.parameters, report.parts["frame"].macs, report.parts["frame"].flops
        (650, 640, 1280)
    """
    name = subject if isinstance(subject, str) else name_of(subject)
    return count_parts(name, _parts(name, subject, inputs), allow_uncounted=allow_uncounted)


def _parts(name: str, subject: Any, inputs: Any) -> Parts:
    file = onnx_file(name) if isinstance(subject, str) else None
    if file is None:
        loaded = load_spec(subject) if isinstance(subject, str) else subject
        return network_parts(name, as_subject(name, loaded, inputs))
    _without_inputs(name, inputs)
    return {"frame": (file,)}


def as_subject(name: str, subject: Any, inputs: Any = None) -> Any:
    """``(module, inputs)`` with the inputs as a tuple where ``subject`` is a module, else the subject itself.

    Raises:
        InputError: a module has no inputs, or something else was given some; or ``subject`` is a class.
    """
    if isinstance(subject, type):
        raise InputError(f"'{name}' is a class", hint=f"give an instance: {name}(...)")
    if isinstance(subject, nn.Module) and (inputs is not None or not isinstance(subject, Tracker)):
        if inputs is None:
            hint = (
                "give inputs: a tensor, a tuple of arguments or a dict of keywords; a factory returns (module, inputs)"
            )
            raise InputError(f"'{name}' is a module alone: nothing says what it is called with", hint=hint)
        return checked_part(name, (subject, inputs if isinstance(inputs, tuple | list | Mapping) else (inputs,)))
    _without_inputs(name, inputs)
    return checked_part(name, subject) if isinstance(subject, tuple) else subject


def _without_inputs(name: str, inputs: Any) -> None:
    if inputs is not None:
        raise InputError(f"'{name}' takes no inputs: it brings its own", hint="leave inputs out")


def name_of(subject: Any) -> str:
    """The class of a live subject, of the module in ``(module, inputs)``, or a class itself, by name."""
    named = subject[0] if isinstance(subject, tuple) and subject else subject
    return named.__name__ if isinstance(named, type) else type(named).__name__
