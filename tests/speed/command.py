"""How the modules that are run by ``python -m`` end: wrong use is one line and exit code 2."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from evalkit.errors import InputError

EXIT_WRONG_INPUT = 2


def run(main: Callable[[Sequence[str]], int]) -> None:
    """Call ``main`` with the command line's arguments and exit with what it returns."""
    try:
        sys.exit(main(sys.argv[1:]))
    except InputError as problem:
        sys.stderr.write(f"{problem}\n")
        sys.exit(EXIT_WRONG_INPUT)
