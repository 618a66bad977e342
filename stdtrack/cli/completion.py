"""What a shell is offered where the word under the cursor is a benchmark or a tracker."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

Offer = Callable[[str], Iterable[str]]
"""Words that may be meant by what was typed so far."""


def benchmarks(begun: str) -> Iterable[str]:
    """All that are installed."""
    from evalkit.benchmarks.installed import BENCHMARKS

    return tuple(BENCHMARKS)


def trackers(begun: str) -> Iterable[str]:
    """Specs of one prefix, or all prefixes; only that prefix's module is imported."""
    from evalkit.trackers.prefixes import installed_prefixes, names_of

    prefix, colon, _ = begun.partition(":")
    meant = [name for name in installed_prefixes() if name == prefix or (not colon and name.startswith(prefix))]
    if len(meant) == 1 and (names := names_of(meant[0])):
        return [f"{meant[0]}:{name}" for name in names]
    return [f"{name}:" for name in meant]


def offered(begun: str, offer: Offer) -> list[CompletionItem]:
    """The offered words that begin so."""
    return [CompletionItem(word) for word in offer(begun) if word.startswith(begun)]


def offered_last(begun: str, offer: Offer) -> list[CompletionItem]:
    """The same for the last of several words with commas between them."""
    before, comma, last = begun.rpartition(",")
    return [CompletionItem(f"{before}{comma}{word}") for word in offer(last) if word.startswith(last)]


class TrackerText(click.ParamType[str]):
    """A tracker's spec, looked at by the command."""

    name = "tracker"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Prefixes, then the names behind one."""
        return offered(incomplete, trackers)
