"""The Python blocks of the texts run, in the folder of the docstrings' examples."""

from __future__ import annotations

import json
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from evalkit.benchmarks.synthetic.film import draw
from evalkit.benchmarks.synthetic.scenes import SCENES

ROOT = Path(__file__).resolve().parents[1]
SETTING = (("RESULTS", "results"), ("otb100", "folder"), ("/data", "clips"))
"""What a reader would put in place of the README's placeholders."""


def python_blocks(path: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", ["README.md", "docs/python.md"])
def test_the_blocks_of_a_text_run_one_after_another(
    name: str, examples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shutil.copytree(examples, tmp_path / "examples"))
    monkeypatch.setenv("STDTRACK_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("STDTRACK_DATA", raising=False)
    text = "\n".join(python_blocks(ROOT / name))
    for placeholder, replacement in SETTING if name == "README.md" else ():
        text = text.replace(placeholder, replacement)
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "mine, theirs on folder" in done.stdout
    written = {"README.md": "success.pdf", "docs/python.md": "baseline.json"}[name]
    assert Path(written).stat().st_size > 0


def run_here(name: str, folder: Path) -> dict[str, object]:
    """Run a page's blocks in this interpreter, and give the names that they define."""
    script = folder / "page.py"
    script.write_text("\n".join(python_blocks(ROOT / name)))
    return runpy.run_path(str(script))


@pytest.mark.parametrize(
    ("name", "defines"), [("docs/profiling.md", "MyTracker"), ("docs/regression.md", "test_no_regression")]
)
def test_a_page_defines_what_it_speaks_of(name: str, defines: str, tmp_path: Path) -> None:
    assert callable(run_here(name, tmp_path)[defines])


def test_the_page_of_formats_validates_a_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "docs" / "schemas", tmp_path / "schemas")
    moment = {"load_average": [0.0]}
    tables = json.loads((tmp_path / "schemas" / "profile-1.json").read_text())["properties"]["tables"]["required"]
    profile = {
        **{"format": 1, "machine": {}, "settings": {}, "clips": [], "trackers": {}, "failures": {}},
        **{"state": {"before": moment, "after": moment}, "calibration": {"before": 1.0, "after": 1.0, "drift": 0.0}},
        "tables": {name: [] for name in tables},
    }
    (tmp_path / "profile").mkdir()
    (tmp_path / "profile" / "profile.json").write_text(json.dumps(profile))
    run_here("docs/formats.md", tmp_path)
    (tmp_path / "profile" / "profile.json").write_text(json.dumps(profile | {"format": 2}))
    with pytest.raises(jsonschema.ValidationError, match="1 was expected"):
        run_here("docs/formats.md", tmp_path)


def test_the_page_of_long_term_tracking_makes_a_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a target that moves for long enough: the examples' clips are too short."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "clips" / "one"
    (folder / "img").mkdir(parents=True)
    drawn = list(draw(SCENES[0], np.random.default_rng(0), 60))
    for number, (image, _, _) in enumerate(drawn):
        cv2.imwrite(str(folder / "img" / f"{number:04d}.png"), image)
    rows = (",".join(map(repr, box.tolist())) + "\n" for _, box, _ in drawn)
    (folder / "groundtruth.txt").write_text("".join(rows))
    run_here("docs/long-term.md", tmp_path)
    assert len(list((tmp_path / "made").glob("*/groundtruth.txt"))) == 1
