"""The picture of an open sequence in docs/page.md: ``python -m docs.page_picture DEMO``, a folder of ``stdtrack demo``.

No speed is seen in it, which would be that of the machine that made it.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

from tests.reports.chromium import Browser, installed

PICTURE = Path(__file__).resolve().parent / "images" / "page-sequence.png"
SEQUENCE, FRAME = "fast-motion", 42
OPEN = f"""
const row = [...document.querySelectorAll(".heat tbody tr")].find((row) => row.dataset.sequence === "{SEQUENCE}");
row.click();
const slider = () => document.querySelector("#viewer .controls input");
while (!slider()) await new Promise((done) => {{ setTimeout(done, 20); }});
slider().value = {FRAME};
slider().dispatchEvent(new Event("input"));
document.querySelector("#viewer").scrollIntoView({{ behavior: "instant" }});
document.querySelector("#viewer").blur();
await new Promise((done) => {{ setTimeout(done, 500); }});
"""


def main() -> None:
    """Take the picture."""
    program = installed()
    if program is None:
        raise SystemExit("there is no Chromium: install Debian's package chromium")
    with tempfile.TemporaryDirectory() as folder, Browser(program, Path(folder) / "profile") as browser:
        page = browser.page(1200, 900)
        page.prefer(prefers_color_scheme="light")
        page.open((Path(sys.argv[1]) / "report" / "report.html").resolve())
        page.ask(OPEN)
        page.screenshot(Path(folder) / "page.png")
        picture = Image.open(io.BytesIO((Path(folder) / "page.png").read_bytes())).convert("RGB")
    picture.save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
