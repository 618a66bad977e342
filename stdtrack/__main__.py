"""``stdtrack`` and ``python -m stdtrack``."""

from __future__ import annotations

import os
import signal
import sys

# ``-m`` puts the current folder first: it goes before anything is imported from it, unless the package lies there.
_HOME = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
if os.path.realpath(sys.path[0]) == os.path.realpath(os.curdir) != _HOME:
    del sys.path[0]


def run() -> None:
    """Start the program; Ctrl-C before it has its own handlers, and after, ends the process without a traceback."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from stdtrack.cli.main import console

    console()


if __name__ == "__main__":
    run()
