"""What of a benchmark is there, what is missing, and what a user leaves out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from itertools import filterfalse

from evalkit.errors import InputError
from evalkit.suggestions import some


@dataclass(frozen=True)
class Inventory:
    """What lies under a root: names found, and official names not found.

    Attributes:
        verified: the total, ``present`` plus ``missing``, is that of an official list; otherwise it is what was found.
        excluded: sequences of the benchmark that the user leaves out; they are neither present nor missing.
    """

    present: tuple[str, ...]
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    verified: bool = False
    excluded: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """How many sequences the benchmark has, as far as known; those that are excluded count."""
        return len(self.present) + len(self.missing) + len(self.excluded)


def without(inventory: Inventory, patterns: Iterable[str], clip_of: Callable[[str], str] = str) -> Inventory:
    """The inventory without the sequences that match any of the shell patterns, by their own or by their clip's name.

    Raises:
        InputError: nothing is left.

    >>> without(Inventory(("a1", "a2", "b")), ("a*",)).excluded
    ('a1', 'a2')
    """
    globs = tuple(patterns)
    matching = partial(is_like, globs=globs, clip_of=clip_of)
    excluded = tuple(filter(matching, (*inventory.present, *inventory.missing)))
    if not excluded:
        return inventory
    present, missing = (tuple(filterfalse(matching, names)) for names in (inventory.present, inventory.missing))
    if not present:
        raise InputError(f"--exclude {', '.join(globs)} leaves no sequence")
    note = f"{len(excluded)} of {inventory.total} sequences are excluded: {some(excluded)}"
    return replace(inventory, present=present, missing=missing, excluded=excluded, notes=(*inventory.notes, note))


def is_like(name: str, globs: tuple[str, ...], clip_of: Callable[[str], str]) -> bool:
    """A sequence's own name, or its clip's, matches any of the shell patterns."""
    return any(fnmatchcase(text, glob) for glob in globs for text in (name, clip_of(name)))
