"""Figures on the first pages are those of the files that commands wrote, and the files are of what ships."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

from evalkit.benchmarks.synthetic.scenes import SCENES
from evalkit.benchmarks.synthetic.writer import render
from evalkit.robustness.suites import variations_of
from stdtrack.cli.demo import TRACKERS
from tests.speed.demo_ranks import digest, verdicts
from tests.speed.figures_file import identity

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PICTURES = {
    "real-success.png": "real_targets",
    "real-heatmap.png": "real_targets",
    "demo-success.png": "demo",
    "demo-report.png": "demo",
}
LEAST_AGREEMENT = 0.8


@pytest.fixture(scope="module")
def figures() -> ModuleType:
    """docs/renew_figures.py."""
    spec = spec_from_file_location("renew_figures", ROOT / "docs" / "renew_figures.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pages_say_what_the_files_hold(figures: ModuleType) -> None:
    """After other figures: `python docs/renew_figures.py`."""
    made, found = figures.texts(), set()
    for page in figures.PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        assert figures.renewed(text, made) == text, page
        found |= {match[2] for match in figures._BLOCK.finditer(text)}
    assert found == set(made)


def test_a_changed_file_changes_the_pages(figures: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in figures.FIGURES.glob("*.json"):
        changed = json.loads(file.read_text())
        if file.stem == "real_targets":
            changed["trackers"]["stdtrack:nano"]["mean"] += 0.01
        (tmp_path / file.name).write_text(json.dumps(changed))
    monkeypatch.setattr(figures, "FIGURES", tmp_path)
    assert figures.renewed(README, figures.texts()) != README
    assert figures.digest("real_targets") not in {picture(name) for name in PICTURES}


def picture(name: str) -> str:
    with Image.open(ROOT / "docs" / "images" / name) as image:
        return str(image.info["Figures"])


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_show_the_files(figures: ModuleType, name: str) -> None:
    assert picture(name) == figures.digest(PICTURES[name])
    assert (ROOT / "docs" / "images" / name).stat().st_size < 160_000


@pytest.mark.parametrize("name", ["real_targets", "demo_ranks"])
def test_the_files_are_of_what_ships(figures: ModuleType, name: str) -> None:
    """nano's figures are of the weights in the package: after new ones, `make figures`."""
    assert figures.load(name)["trackers"]["stdtrack:nano"]["made_by"] == identity("stdtrack:nano")


def test_the_demo_is_of_its_trackers(figures: ModuleType) -> None:
    assert {row["tracker"] for row in figures.load("demo")} == set(TRACKERS)


def test_the_demo_ranks_as_real_targets_do(figures: ModuleType) -> None:
    """By the committed figures, which are of the scenes as they are rendered now."""
    real, ranks = figures.load("real_targets"), figures.load("demo_ranks")
    means = {name: each["mean"] for name, each in real["trackers"].items()}
    assert set(ranks["trackers"]) == set(means)
    demo = {name: each["mean"][str(ranks["seeds"][0])] for name, each in ranks["trackers"].items()}
    assert verdicts(demo, means)["Spearman"] >= LEAST_AGREEMENT
    assert set(ranks["trackers"]["stdtrack:nano"]["auc"]) == {scene.name for scene in SCENES}


@pytest.mark.slow
def test_the_ranks_are_of_these_scenes(figures: ModuleType, tmp_path: Path) -> None:
    ranks = figures.load("demo_ranks")
    for seed in ranks["seeds"]:
        render(tmp_path / str(seed), seed)
    assert digest(tmp_path) == ranks["scenes"]


def test_every_other_number_of_the_readme() -> None:
    """Counts are compared with the code and the model card; a figure after a point stands between the marks alone."""
    prose = re.sub(
        r"<!-- figures.*?<!-- end -->|```.*?```|^    .*?$|`[^`]*`|\(docs/[^)]*\)", "", README, flags=re.S | re.M
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = [re.findall(r"3\.\d+", text)[-1] for text in project["classifiers"] if re.search(r":: 3\.\d", text)]
    assert set(re.findall(r"\d+\.\d+", prose)) <= {*versions, "3.15", "2.0"}
    assert f"Python {versions[0]} to {versions[-1]}" in README
    assert f"{len(variations_of(['corruptions']))} corruptions of video" in prose
    card = (ROOT / "stdtrack" / "weights" / "nano.md").read_text(encoding="utf-8")
    clips, more, stills = re.findall(r"(\d+) short video clips.*?, (\d+) more \(.*?, ([\d,]+) pictures", card)[0]
    assert f"trained on {int(clips) + int(more)} clips and {stills} pictures" in " ".join(prose.split())
