"""What scoring has to tell beside figures, on stderr: caveats, trackers that are left out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from stdtrack.cli.main import EXIT_SEQUENCES_FAILED
from stdtrack.cli.messages import echo_line

if TYPE_CHECKING:
    from evalkit.scoring.evaluate import Caveat, Refused


def tell(item: Caveat | Refused) -> None:
    """A caveat or a refused tracker, as soon as it is known."""
    echo_line(str(item))


def say(subject: str, notes: Sequence[str]) -> None:
    """Notes for the user."""
    for note in notes:
        echo_line(f"{subject}: {note}")


def exit_if_refused(refused: Sequence[Refused]) -> None:
    """Exit with 3 where trackers were left out, once the others' figures are printed or written."""
    if refused:
        from evalkit.scoring.evaluate import left_out

        echo_line(f"left out: {left_out(refused)}; the figures are those of the others")
        sys.exit(EXIT_SEQUENCES_FAILED)
