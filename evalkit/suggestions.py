"""Names as users write them: several in one text, and what a mistyped one was meant to be."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import SequenceMatcher
from itertools import islice

from evalkit.errors import InputError

_SHOWN = 20
_CLOSE = 0.6
"""Share of letters in common from which two names are alike; the limit of :func:`difflib.get_close_matches`."""


def as_names(names: str | Iterable[str]) -> tuple[str, ...]:
    """Names as a caller writes them: one text, with commas for several, or several texts; each name once.

    >>> as_names("otb100, lasot"), as_names(["official", "pysot", "official"])
    (('otb100', 'lasot'), ('official', 'pysot'))
    """
    texts = tuple(names) if isinstance(names, Iterable) and not isinstance(names, str) else (names,)
    for text in texts:
        if not isinstance(text, str):
            raise InputError(
                f"names are texts, not {type(text).__name__}", hint="'otb100,lasot' or ['otb100', 'lasot']"
            )
    parts = (part.strip() for text in texts for part in text.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def nearest(name: str, known: Iterable[str], at_least: float = _CLOSE) -> str | None:
    """The known name most like ``name``, whatever its case; None if none has that share of letters in common.

    >>> nearest("OTB-10", ["otb100", "lasot"]), nearest("LaSOT_Ext", ["lasot", "lasot_ext"]), nearest("x", ["lasot"])
    ('otb100', 'lasot_ext', None)
    """
    likeness = {other: _likeness(name, other) for other in known}
    best = max(likeness, key=lambda other: likeness[other], default=None)
    return best if best is not None and likeness[best] >= at_least else None


def suggestion(name: str, known: Iterable[str], intro: str = "there are", shown: int = _SHOWN) -> str:
    """A hint for an unknown name: the one that was meant, or else all that there are, or the first of many.

    >>> suggestion("onyx", ["eager", "onnx"]), suggestion("tensorflow", ["eager", "onnx"])
    ("did you mean 'onnx'?", 'there are: eager, onnx')
    """
    names = tuple(known)
    near = nearest(name, names)
    return f"did you mean '{near}'?" if near else f"{intro}: {some(names, shown) or 'none'}"


def _likeness(name: str, other: str) -> float:
    """0 to 1; names that are the beginning of another are alike."""
    first, second = name.lower(), other.lower()
    if not first or not second:
        return 0.0
    ratio = SequenceMatcher(None, first, second).ratio()
    begins = len(first) > 1 and second.startswith(first)
    return max(ratio, _CLOSE) if begins else ratio


SHOWN = 3


def some(names: Collection[str], shown: int = SHOWN, separator: str = ", ") -> str:
    """The first names and how many more there are.

    >>> some(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    text = separator.join(islice(names, shown))
    return text + (f" and {len(names) - shown} more" if len(names) > shown else "")
