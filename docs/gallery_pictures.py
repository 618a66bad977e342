"""Small pictures of the plots that docs/gallery.md shows: ``python docs/gallery_pictures.py FOLDER...``.

The folders are of reports and profiles; of two plots with one name the first is taken.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from PIL import Image

DOCS = Path(__file__).resolve().parent
GALLERY = DOCS / "images" / "gallery"
WIDTH, COLOURS = 480, 64


def shrink(plot: Path) -> None:
    """Write a plot's picture again, smaller and with few colours."""
    picture = Image.open(plot).convert("RGB")
    height = round(picture.height * WIDTH / picture.width)
    small = picture.resize((WIDTH, height), Image.Resampling.LANCZOS).quantize(COLOURS)
    small.save(GALLERY / plot.name, optimize=True)


def main() -> None:
    """Shrink the plots below the folders that the gallery shows."""
    wanted = set(re.findall(r"images/gallery/(\w+\.png)", (DOCS / "gallery.md").read_text(encoding="utf-8")))
    plots = [path for folder in sys.argv[1:] for path in sorted(Path(folder).rglob("plots/**/*.png"))]
    for plot in {path.name: path for path in reversed(plots) if path.name in wanted}.values():
        shrink(plot)


if __name__ == "__main__":
    main()
