"""Options of a spec, ``?alpha=0.3&flag=False``: text until a factory's annotations say what they are."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any, get_type_hints

from evalkit.errors import InputError
from evalkit.suggestions import suggestion
from evalkit.trackers.conversion import NONE, ConversionError, convert, kind_of_default, name_of

_EMPTY = inspect.Parameter.empty


def check_names(subject: str, options: Iterable[str], known: Iterable[str]) -> None:
    """Refuse an option that there is not.

    Raises:
        InputError: with the nearest known name, or with all of them.
    """
    names = list(known)
    for name in options:
        if name not in names:
            hint = suggestion(name, names) if names else "it takes none"
            raise InputError(f"{subject} takes no option '{name}'", hint=hint)


def convert_options(factory: Callable[..., object], options: Mapping[str, str], subject: str) -> dict[str, Any]:
    """Keyword arguments for ``factory``, each of the type that its annotation names, else of its default's type.

    An option of neither stays text. ``**kwargs`` take any name, and their annotation counts for each.

    Args:
        factory: a function, a class, a ``functools.partial`` or anything else that is called.
        subject: the spec without its options, for messages.

    Raises:
        InputError: an option that the factory does not take, one that it needs, or text that does not convert.
    """
    signature = _signature(factory)
    if signature is None:
        return dict(options)
    by_name = {
        name: parameter
        for name, parameter in signature.parameters.items()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    }
    rest = [parameter for parameter in signature.parameters.values() if parameter.kind is parameter.VAR_KEYWORD]
    if not rest:
        check_names(subject, options, by_name)
    try:
        signature.bind(**options)
    except TypeError as error:
        raise InputError(f"'{subject}': {error}", hint=f"it takes {_shown(signature)}") from error
    namespace = _namespace(factory)
    return {
        name: _converted(name, text, by_name[name] if name in by_name else rest[0], namespace, subject)
        for name, text in options.items()
    }


def _converted(
    name: str, text: str, parameter: inspect.Parameter, namespace: Mapping[str, Any], subject: str
) -> object:
    kind, default = _kind(parameter, namespace), parameter.default
    if default is None and text.lower() in NONE:
        return None
    try:
        return convert(text, kind)
    except ConversionError as error:
        raise InputError(f"{subject}: option {name}={text} is no {name_of(kind)}", hint=error.hint or None) from error


def _kind(parameter: inspect.Parameter, namespace: Mapping[str, Any]) -> Any:
    """What the annotation names, else the type of the default, else text."""
    annotation = _resolved(parameter.annotation, namespace)
    if annotation not in (_EMPTY, Any, object):
        return annotation
    return str if parameter.default is _EMPTY else kind_of_default(parameter.default)


def _signature(factory: Callable[..., object]) -> inspect.Signature | None:
    """How the factory is called; None for what is written in C and does not tell."""
    try:
        if sys.version_info >= (3, 14):  # annotations are evaluated late there, and may name what was never imported
            from annotationlib import Format

            return inspect.signature(factory, annotation_format=Format.FORWARDREF)
        return inspect.signature(factory)
    except ValueError:
        return None


def _resolved(annotation: object, namespace: Mapping[str, Any]) -> Any:
    """The annotation, with text in it evaluated where it was written; empty where it names what is not there."""
    holder: Any = SimpleNamespace(__annotations__={"option": annotation})
    try:
        return get_type_hints(holder, globalns=dict(namespace))["option"]
    except Exception:  # noqa: BLE001 - an import for type checkers alone, or no type at all
        return _EMPTY


def _namespace(factory: Any) -> Mapping[str, Any]:
    """The names that the factory's annotations may use: those of the module in which it was written."""
    while isinstance(factory, partial):
        factory = factory.func
    factory = inspect.unwrap(factory)
    own = (factory.__init__, factory.__new__) if inspect.isclass(factory) else (type(factory).__call__,)
    names: dict[str, Any] = {}
    for function in (factory, *own):
        names |= vars(sys.modules.get(getattr(function, "__module__", None) or "", SimpleNamespace()))
        names |= getattr(function, "__globals__", {})
    return names


def _shown(signature: inspect.Signature) -> str:
    return ", ".join(str(parameter) for parameter in signature.parameters.values()) or "none"
