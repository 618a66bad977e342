"""``python -m stdtrack``."""

from stdtrack.cli.main import main

if __name__ == "__main__":
    main()
