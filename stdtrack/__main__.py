"""``python -m stdtrack``."""

import os
import sys

# ``-m`` puts the current folder first: it goes before anything is imported from it, unless the package lies there.
_HOME = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
if os.path.realpath(sys.path[0]) == os.path.realpath(os.curdir) != _HOME:
    del sys.path[0]

from stdtrack.cli.main import main  # noqa: E402

if __name__ == "__main__":
    main()
