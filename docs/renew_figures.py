"""The figures that pages quote, from the files that commands wrote: ``python docs/renew_figures.py [DEMO]``.

``docs/figures`` holds those files; CONTRIBUTING.md has the commands. This writes what is made of them: the texts
between ``<!-- figures: NAME -->`` and ``<!-- end -->`` in README.md and docs, and the pictures, each with the digest of
its file. DEMO is a folder of ``stdtrack demo``, for the picture of its plot.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from evalkit.benchmarks.synthetic.scenes import SCENES
from evalkit.scoring.rules import Grid
from reports.inputs import ReportTables
from reports.plots import draw_all, figure_named
from reports.plots.canvas import Plot, render
from reports.views import views
from tests.reports.chromium import Browser, installed
from tests.speed.accuracy_on_real_targets import table
from tests.speed.demo_ranks import report, verdicts

ROOT = Path(__file__).resolve().parents[1]
FIGURES, IMAGES = ROOT / "docs" / "figures", ROOT / "docs" / "images"
PAGES = ("README.md", "docs/index.md", "docs/results.md", "docs/demo.md")
BESIDE = {
    "onnx:nanotrack_v2": "NanoTrack v2",
    "onnx:nanotrack_v3": "NanoTrack v3",
    "onnx:fear_xs": "FEAR-XS",
    "opencv:csrt": "CSRT",
}
"""Whom the first sentence names, and how."""
COLOURS = 128
DIGEST = "Figures"
"""The PNG text that says which file's figures a picture shows."""
_BLOCK = re.compile(r"(<!-- figures: (\w+) -->\n).*?(\n?<!-- end -->)", re.DOTALL)


def load(name: str) -> Any:
    """What a command wrote."""
    return json.loads((FIGURES / f"{name}.json").read_text(encoding="utf-8"))


def digest(name: str) -> str:
    """Of such a file."""
    return hashlib.sha256((FIGURES / f"{name}.json").read_bytes()).hexdigest()


def ranked(trackers: Mapping[str, Any]) -> dict[str, Any]:
    """Trackers by their mean on real targets, the best first."""
    return dict(sorted(trackers.items(), key=lambda each: -each[1]["mean"]))


def first_sentences(trackers: Mapping[str, Any]) -> str:
    """What README says of real targets."""
    nano, csrt, fear = (trackers[name] for name in ("stdtrack:nano", "opencv:csrt", "onnx:fear_xs"))
    beside = ", ".join(f"{BESIDE[name]}'s {each['mean']:.3f}" for name, each in trackers.items() if name in BESIDE)
    otb = [name for name in nano["auc"] if name.startswith("OTB100")]
    of_otb = (
        f"{who} {np.mean([each['auc'][name] for name in otb]):.3f}" for who, each in (("CSRT", csrt), ("nano", nano))
    )
    return (
        f"nano's AUC is {nano['mean']:.3f}; {beside}. On the {len(otb)} of OTB100: {', '.join(of_otb)}.\n"
        f"Of nano's boxes {nano['sr75']:.0%} overlap the truth by more than 0.75, of FEAR-XS's {fear['sr75']:.0%}."
    )


def texts() -> dict[str, str]:
    """What stands between the marks, by name."""
    real, ranks = load("real_targets"), load("demo_ranks")
    trackers = ranked(real["trackers"])
    means = {name: figures["mean"] for name, figures in trackers.items()}
    seeds = [str(seed) for seed in ranks["seeds"]]
    first = {name: figures["mean"][seeds[0]] for name, figures in ranks["trackers"].items()}
    found = verdicts(first, means)
    return {
        "real": first_sentences(trackers),
        "targets": "\n".join(table(trackers)),
        "ranks": "\n".join(report(ranks["trackers"], means, seeds)),
        "agreement": f"Its {len(SCENES)} scenes were made to rank trackers as those targets do: over "
        f"{len(first)} trackers, Spearman's correlation is {found['Spearman']:.2f}.",
    }


def renewed(page: str, made: Mapping[str, str]) -> str:
    """A page with the texts between its marks."""
    return _BLOCK.sub(lambda match: match[1] + made[match[2]] + "\n" + match[3].lstrip("\n"), page)


def real_tables() -> ReportTables:
    """The figures of real targets as a report's tables, under the rule that the script measures by."""
    real = load("real_targets")
    scored = {"benchmark": f"{len(real['targets'])} real targets", "protocol": "one pass, without the first frame"}
    scores, curves, coverage, count = [], [], [], len(real["targets"])
    for name, figures in real["trackers"].items():
        whole = {"tracker": name, **scored, "sequence": None}
        scores += [{**whole, "metric": "auc", "value": figures["mean"]}]
        scores += [
            {**whole, "sequence": target, "metric": "auc", "value": auc} for target, auc in figures["auc"].items()
        ]
        points = zip(Grid.TWENTIETHS.thresholds.tolist(), figures["success"], strict=True)
        curves += [{**whole, "curve": "success", "threshold": at, "value": value} for at, value in points]
        coverage += [{"tracker": name, **scored, "scored": count, "total": count, "verified": True, "missing": ""}]
    return ReportTables(scores=pd.DataFrame(scores), curves=pd.DataFrame(curves), coverage=pd.DataFrame(coverage))


def save(picture: Image.Image, name: str, figures: str) -> None:
    """Write a picture with few colours, and the digest of the figures that it shows."""
    facts = PngInfo()
    facts.add_text(DIGEST, digest(figures))
    small = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(IMAGES / name, optimize=True, pnginfo=facts)


def photograph(page: Path) -> Image.Image:
    """The beginning of a report's page, as Chromium shows it."""
    program = installed()
    if program is None:
        sys.exit("no Chromium to photograph the report's page: install it, or leave DEMO out")
    with TemporaryDirectory() as folder, Browser(program, Path(folder) / "profile") as browser:
        shown = browser.page(1200, 900)
        shown.open(page)
        shown.screenshot(Path(folder) / "page.png")
        return Image.open(io.BytesIO((Path(folder) / "page.png").read_bytes()))


def main() -> None:
    """Write the pages' texts and the pictures."""
    for page in PAGES:
        path = ROOT / page
        path.write_text(renewed(path.read_text(encoding="utf-8"), texts()), encoding="utf-8")
    tables = real_tables()
    (view,) = views(tables)
    for name in ("success", "heatmap"):
        figure = figure_named(name, draw_all(tables, view, name), "the real targets")
        png = render(Plot(name, "", figure), ("png",))["png"]
        save(Image.open(io.BytesIO(png)), f"real-{name}.png", "real_targets")
    for folder in map(Path, sys.argv[1:]):
        plot = folder / "report" / "plots" / "demo-official" / "success.png"
        save(Image.open(plot), "demo-success.png", "demo")
        save(photograph((folder / "report" / "report.html").resolve()), "demo-report.png", "demo")


if __name__ == "__main__":
    main()
