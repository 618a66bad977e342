"""Fonts for what the plots' own font lacks: of those that are installed, the first that have the letters."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from matplotlib import font_manager
from matplotlib.font_manager import FontEntry, FontProperties

SANS = "DejaVu Sans"
SERIF = "STIXGeneral"
"""Times's letters, which come with matplotlib."""
_UNFIT = ("cmr", "cms", "cmm", "cmt", "cme", "cmb", "stix", "dejavu", "last resort", "emoji", "symbol", "dingbats")
"""Beginnings or parts of names: fonts with codes of their own, of matplotlib itself, or of pictures."""


def fallbacks(texts: Iterable[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Families that have the letters which the plots' own font lacks, and the letters that no installed font has.

    >>> fallbacks(["nano", "Größe"])
    ((), frozenset())
    """
    wanted = {letter for text in texts if not text.isascii() for letter in text if not letter.isspace()}
    missing = frozenset(wanted - _letters(_path_of(SANS)))
    families: list[str] = []
    for entry in _candidates() if missing else ():
        there = missing & _letters(entry.fname)
        if there:
            families.append(entry.name)
            missing -= there
        if not missing:
            break
    return tuple(families), missing


def _path_of(family: str) -> str:
    return str(font_manager.findfont(FontProperties(family=family)))


def _candidates() -> list[FontEntry]:
    """Upright fonts of usual weight, those without serifs first."""
    usual = [
        entry
        for entry in font_manager.fontManager.ttflist
        if entry.style == "normal" and entry.weight in (400, "normal", "regular") and not _is_unfit(entry.name.lower())
    ]
    return sorted(usual, key=lambda entry: ("sans" not in entry.name.lower(), entry.name))


def _is_unfit(name: str) -> bool:
    return name.startswith(_UNFIT) or any(word in name for word in ("emoji", "symbol"))


@lru_cache(maxsize=512)
def _letters(path: str) -> frozenset[str]:
    """The letters that a font has; none for a file that cannot be read any more."""
    try:
        return frozenset(map(chr, font_manager.get_font(path).get_charmap()))
    except (OSError, RuntimeError, ValueError):
        return frozenset()
