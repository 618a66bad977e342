"""What a spec names, as far as profiling goes: a tracker, or any module with example inputs."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from torch import nn

from evalkit.errors import InputError
from evalkit.trackers.base import Tracker
from profiling.complexity.count import HasComplexity, Part, first_line


def positional(
    module: nn.Module, inputs: tuple[Any, ...], named: Mapping[str, Any]
) -> tuple[nn.Module, tuple[Any, ...]]:
    """The same module, called with ``inputs`` and then the values of ``named`` in their order.

    It shares everything with the module; its parts keep their names.
    """
    names, count = tuple(named), len(inputs)

    class Positional(type(module)):  # type: ignore[misc]  # the class is known when it runs
        def forward(self, *values: Any) -> Any:
            return super().forward(*values[:count], **dict(zip(names, values[count:], strict=True)))

    Positional.__name__ = type(module).__name__
    called = copy.copy(module)
    called.__class__ = Positional
    return called, (*inputs, *named.values())


def checked_part(spec: str, part: tuple[Any, ...]) -> Part:
    """``(module, example_inputs)`` with the inputs as a tuple; raises InputError for any other tuple."""
    if len(part) in (2, 3) and isinstance(part[0], nn.Module):
        given = [value for value in part[1:] if isinstance(value, tuple | list)]
        named = [value for value in part[1:] if isinstance(value, Mapping)]
        if len(given) <= 1 and len(named) <= 1 and len(given) + len(named) == len(part) - 1:
            return (
                positional(part[0], tuple(given[0]) if given else (), named[0]) if named else (part[0], tuple(given[0]))
            )
    raise InputError(
        f"'{spec}' returned a tuple that is not (module, example_inputs)",
        hint="example_inputs is a tuple itself, (tensor,) for a single one, or a dict of keywords; or one of each",
    )


def network_parts(spec: str, subject: Tracker | Part) -> Mapping[str, Any]:
    """The networks to count: ``frame`` alone for a plain module, ``init`` and ``frame`` for a tracker.

    Raises:
        InputError: the tracker has none, as OpenCV's have, or does not tell, or tells something else.
    """
    if isinstance(subject, tuple):
        return {"frame": subject}
    if isinstance(subject, HasComplexity):
        return _told_parts(spec, subject)
    raise InputError(
        f"{spec} is not a network, or does not show it: there is nothing to count",
        hint="a tracker shows its networks by a method complexity_parts()",
    )


def _told_parts(spec: str, subject: HasComplexity) -> Mapping[str, Any]:
    try:
        parts: Any = subject.complexity_parts()
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{spec}: complexity_parts() failed: {first_line(error)}") from error
    hint = "it returns {'init': (module, inputs), 'frame': (module, inputs)}"
    if not isinstance(parts, Mapping):
        raise InputError(f"{spec}: complexity_parts() returned {type(parts).__name__}", hint=hint)
    for name, part in parts.items():
        if not isinstance(part, tuple | list) or not part or not _is_network(part[0]):
            raise InputError(f"{spec}: '{name}' of complexity_parts() is no (module, inputs)", hint=hint)
    return parts


def _is_network(value: Any) -> bool:
    """A module, or an ONNX file as the adapters show it."""
    return isinstance(value, nn.Module) or (hasattr(value, "path") and hasattr(value, "inputs"))
