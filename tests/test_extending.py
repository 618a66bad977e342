"""The six recipes of docs/extending.md, as they stand there: installed as a package, and used."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from tests.installed import install

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "pond_kit"
RECIPES = ("A benchmark", "A tracker", "A plot", "A backend", "A metric", "A protocol")
BLOCK = re.compile(r"(?:^(?:in `(\w+)` of )?`([\w./]+)`\n\n)?^```(python|toml)\n(.*?)^```", re.MULTILINE | re.DOTALL)
END_OF_TABLE = {"METRICS": '\n    )\n}\n"""Metrics by name', "TABLE": '\n}\n"""Rules by protocol'}
"""What follows the last entry of a table."""


@dataclass
class Text:
    """What the page says to write: files by path, entry points by group, entries by file and table, and its own use."""

    files: dict[str, str] = field(default_factory=dict)
    points: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    entries: dict[tuple[str, str], str] = field(default_factory=dict)
    uses: list[str] = field(default_factory=list)


def read(text: str) -> Text:
    found = Text()
    for table, path, language, block in BLOCK.findall(text):
        if language == "toml":
            for group, names in tomllib.loads(block)["project"]["entry-points"].items():
                found.points[group] |= names
        elif table:
            found.entries[path, table] = block
        elif path:
            found.files[path] = block
        else:
            found.uses.append(block)
    return found


def bring(text: Text, site: Path) -> None:
    """The package, and this project's evalkit with the entries in its tables."""
    lines = [f"[{group}]\n" + "".join(f"{n} = {v}\n" for n, v in names.items()) for group, names in text.points.items()]
    install(site, PACKAGE, "\n".join(lines), {f"{PACKAGE}/__init__.py": "", **text.files})
    shutil.copytree(ROOT / "evalkit", site / "evalkit", ignore=shutil.ignore_patterns("__pycache__"))
    for (path, table), entry in text.entries.items():
        content, end = (site / path).read_text(), END_OF_TABLE[table]
        assert content.count(end) == 1
        (site / path).write_text(content.replace(end, f"\n{entry.rstrip().rstrip(',')},{end}"))


@pytest.fixture(scope="module")
def used(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the page's own lines print, one recipe after another, in an interpreter that has the package."""
    folder = tmp_path_factory.mktemp("extending")
    text = read((ROOT / "docs" / "extending.md").read_text(encoding="utf-8"))
    bring(text, folder / "site")
    place = shutil.copytree(examples, folder / "place")
    (folder / "use.py").write_text("if __name__ == '__main__':\n" + "".join(map(indented, text.uses)))
    environment = {**os.environ, "PYTHONPATH": str(folder / "site"), "STDTRACK_CACHE": str(folder / "cache")}
    environment.pop("STDTRACK_DATA", None)
    command = [sys.executable, "-W", "error", str(folder / "use.py")]
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def indented(block: str) -> str:
    return "".join(f"    {line}\n" for line in block.splitlines())


def test_there_are_six_recipes_each_with_a_file_or_an_entry() -> None:
    parts = re.split(r"^## ", (ROOT / "docs" / "extending.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert tuple(part.splitlines()[0] for part in parts) == RECIPES
    for part in parts:
        text = read(part)
        assert text.uses
        assert (len(text.files), len(text.points), len(text.entries)) in ((1, 1, 0), (0, 0, 1))


def rows(printed: str, begins: str) -> list[str]:
    """The lines of the table whose heading begins with these words."""
    lines = printed.splitlines()
    start = next(at for at, line in enumerate(lines) if line.split()[: len(begins.split())] == begins.split())
    return lines[start + 1 : start + 3]


def test_the_benchmark_is_scored(used: str) -> None:
    first, second = (line.split() for line in rows(used, "tracker auc scored"))
    assert first[1:] == ["mine", first[2], "2", "sequences"]
    assert second[1] == "theirs"


def test_the_tracker_runs_with_its_option(used: str) -> None:
    printed = [line.split() for line in used.splitlines() if "still" in line]
    assert len(printed) == 2
    assert float(printed[0][-1]) != float(printed[1][-1])


def test_the_plot_is_drawn(used: str) -> None:
    assert "['mine', 'theirs']" in used


def test_the_backend_is_measured(used: str) -> None:
    assert any(line.split()[-1] == "channels-last" for line in used.splitlines() if "Conv2d" in line)


def test_the_metric_is_reported(used: str) -> None:
    """Boxes of 20 pixels that are off by s overlap by (20 - s) / (20 + s); the first frame is the truth."""
    figures = [float(line.split()[-1]) for line in rows(used, "tracker sr80")]
    wanted = [
        np.mean([np.mean([1.0, *[(20 - s) / (20 + s) > 0.8] * 3]) for s in shifts]) for shifts in ((1, 2), (3, 2))
    ]
    assert figures == pytest.approx(wanted)


def test_the_protocol_is_scored_and_explained(used: str) -> None:
    """Without the first frame's 20 of 21 thresholds: overlaps of (20 - s) / (20 + s) for s of 1, 2 and 3 pass these."""
    passed = {1: 19, 2: 17, 3: 15}
    figures = [float(line.split()[-1]) for line in used.splitlines() if "from-second" in line.split()[2:3]]
    assert figures == pytest.approx([(passed[1] + passed[2]) / 42, (passed[3] + passed[2]) / 42], abs=1e-6)
    assert "the first frame is not scored" in used
