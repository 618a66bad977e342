"""The shell blocks of README and docs: the program takes every `stdtrack` line, and what can be run here is run.

Placeholders such as /data stand for a small rendered setting.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from evalkit.benchmarks.synthetic.writer import render
from stdtrack.cli.main import cli

ROOT = Path(__file__).resolve().parents[1]
TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
"""Run whole, one block after the other, by tests/test_tutorials.py."""
TEXTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")), *TUTORIALS]

NOT_RUN = {
    "make ": "builds its own environment; `make demo` and `make test` are run by whoever works on the project",
    "pip install": "installs packages",
    "pytest ": "would run tests within a test",
    "torchrun": "trains with several processes; tests/stdtrack/training has it",
    "stdtrack convert annotations.xml": "needs a file that CVAT exported; tests/stdtrack/cli/test_convert.py has one",
    "stdtrack convert theirs.txt": "needs another tool's results; tests/stdtrack/cli/test_convert.py has them",
    "stdtrack score results --on folder": "needs those results",
    "stdtrack view": "needs an extra; tests/stdtrack/cli/test_view.py writes a recording",
    "stdtrack train": "needs clips to train on; tests/stdtrack/training trains",
    "stdtrack validate": "needs clips that were left out of training; tests/stdtrack/training validates",
    "stdtrack average": "needs the weights of several runs; tests/stdtrack/training averages",
    "stdtrack calibrate": "needs clips that were left out of training; tests/stdtrack/training calibrates",
    "stdtrack tune": "needs clips to train on; tests/stdtrack/training tunes",
    "stdtrack compress": "takes minutes; tests/stdtrack/cli/test_compress.py runs it",
    "stdtrack ablate --train": "trains for hours",
    "stdtrack robustness": "runs a benchmark many times; tests/stdtrack/cli/test_robustness.py runs it",
    "stdtrack baseline runs -o robust.json": "needs results on a variation; tests/evalkit/robustness has it",
    "stdtrack check runs --baseline robust.json": "needs the baseline before it",
    "stdtrack stress": "takes a minute; tests/evalkit/robustness/test_stress.py runs it",
    "sudo ": "sets a board's clocks",
    "vot ": "needs VOT's toolkit and its data",
    'stdtrack run "trax:': "needs VOT's toolkit; tests/evalkit/trackers serves TraX",
    "dask ": "needs several machines; tests/evalkit/running starts a cluster",
    "python tests/": "needs real data and takes minutes",
    "python -m tests.speed.beside_base": "takes minutes; tests/speed/test_beside_base.py has it on a small network",
    "python -m tests.speed.operators": "takes a minute; tests/speed/test_operators.py has it on a small network",
    "python -m tests.speed.repeatability": "needs two profiles; tests/profiling has it",
    "stdtrack convert-weights": "needs a published checkpoint; tests/stdtrack/peers converts",
    "stdtrack profile peers": "takes ten minutes",
    "#SBATCH": "an option of Slurm's",
    "#!/bin/sh": "the first line of a script",
}
"""Beginnings of lines that are not run here, each with the reason."""
NOT_RUN_OPTIONS = {
    "--scheduler": "needs a cluster; tests/evalkit/running starts one",
    "device=cuda": "needs a GPU",
    "exit=early": "needs the file that compression wrote",
    "path=nano8": "needs the folder that compression wrote",
    "weights=FILE": "needs a published checkpoint; tests/stdtrack/peers loads those of its own making",
    "--log ": "needs an extra; tests/stdtrack/cli/test_loggers.py logs",
    "weights=DIR": "needs published weights; tests/evalkit/trackers runs them where they are",
}
LONG = ("stdtrack profile", "stdtrack ablate", "stdtrack export", "stdtrack complexity hit:")
SETTING = (
    (r"\s#\s.*$", ""),
    (r"--data (\S+)", "--data DATA"),
    (r"--on folder --data DATA", "--on folder --data SEQUENCES"),
    (r"--on (?!folder)\S+", "--on demo"),
    (r"\bRESULTS\b", "runs"),
    (r"\bgallery/", ""),
    (r"my[._]package(\.tracker)?:(make_tracker|create)", "my_package:create"),
    (r"--protocol \S+", "--protocol official"),
    (r"report runs profile --data DATA", "report runs"),
    (r"run stdtrack:nano opencv:csrt opencv:kcf", "run opencv:kcf"),
    (r"profile A B", "profile my_package:create opencv:kcf"),
    (r"package\.module:factory", "my_package:module"),
    (r"opencv:csrt", "opencv:kcf"),
    (r"python examples/", f"{sys.executable} {ROOT}/examples/"),
    (r" --min-time \S+", ""),
    (r"stdtrack profile(.*)", r"stdtrack profile\1 --min-time 0.2"),
    (r"stdtrack score (.*)", r"stdtrack score \1 --partial"),
)
"""What a reader would put in place of the placeholders."""
MY_PACKAGE = """
import torch
from evalkit.trackers.base import Prediction

class Still:
    def __init__(self, alpha):
        self.alpha = alpha
    def init(self, image, box):
        self.box = box
    def update(self, image):
        return Prediction(self.box, self.alpha)

def create(alpha: float = 0.5):
    return Still(alpha)

def module():
    return torch.nn.Linear(4, 4), (torch.zeros(1, 4),)
"""


def blocks(path: Path) -> Iterator[str]:
    """The shell blocks of a Markdown file: fenced with sh or nothing, or indented by four blanks."""
    text = path.read_text(encoding="utf-8")
    fenced = re.findall(r"^```(\S*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    yield from (block for language, block in fenced if language in ("", "sh"))
    unfenced = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    for block in re.findall(r"(?:^\n)((?:^    \S.*\n)+)", unfenced, re.MULTILINE):
        yield re.sub("^    ", "", block, flags=re.MULTILINE)


def lines(block: str) -> list[str]:
    """The commands of a block: continued lines joined, a loop or a document in one piece."""
    if re.search(r"<<|^for ", block, re.MULTILINE):
        inner = re.sub(r"^for .*?; do\n|^done.*$", "", block, flags=re.MULTILINE)
        return [block] if "<<" in block else lines(re.sub(r" &$", "", inner, flags=re.MULTILINE))
    joined = re.sub(r"\\\n\s*", "", block)
    return [line.strip() for line in joined.splitlines() if line.strip()]


COMMANDS = [(path.name, line) for path in TEXTS for block in blocks(path) for line in lines(block)]


def without_comment(line: str) -> str:
    return re.sub(r"\s+#\s.*$", "", line)


def words(line: str) -> list[str]:
    """The words of a `stdtrack` command, as a shell would split it; empty for other programs."""
    found = re.search(r"(?:^|\s)stdtrack (.*)", without_comment(line))
    if found is None or line.startswith(("#", "pip ")):
        return []
    return shlex.split(re.sub(r"\$\(\(.*?\)\)|\$i\b|\"\$SLURM\w+/\$SLURM\w+\"", "1", found[1]).replace("1/$", "1/"))


def reason(line: str) -> str | None:
    """Why a line is not run here."""
    begins = (text for start, text in NOT_RUN.items() if re.sub(r"^\w+=\S+ ", "", line).startswith(start))
    return next(begins, next((text for part, text in NOT_RUN_OPTIONS.items() if part in line), None))


def test_there_are_blocks() -> None:
    assert len(COMMANDS) > 30
    assert {name for name, _ in COMMANDS} > {"README.md", "profiling.md", "scaling.md", "training.md"}


@pytest.mark.parametrize(("name", "line"), [(name, line) for name, line in COMMANDS if words(line)])
def test_the_program_takes_the_line(name: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Command, options and their values; what lies in files is not looked at."""
    monkeypatch.chdir(tmp_path)
    command, *arguments = words(line.replace('"$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT"', "1/64"))
    found = cli.get_command(click.Context(cli), command)
    assert found is not None
    if isinstance(found, click.Group):
        found = found.get_command(click.Context(found), arguments.pop(0))
    assert found is not None
    found.make_context(command, arguments)


def test_no_text_installs_the_package_from_the_index() -> None:
    """It is not there: whoever claims the name would be installed."""
    texts = [*TEXTS, *(ROOT / "examples").iterdir()]
    named = r"pip install (?:[^\n`]*[ \t])?['\"]?stdtrack(?![\w/.-])"
    assert [path.name for path in texts if re.search(named, path.read_text(encoding="utf-8"))] == []


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the texts assume it: data, sequences of one's own, results, a baseline, a tracker, a video."""
    root = tmp_path_factory.mktemp("docs")
    render(root / "DATA", frames=16)  # as many as a profile warms up with
    (root / "SEQUENCES").mkdir()
    for folder in sorted((root / "DATA" / "demo" / "val").iterdir())[:2]:
        if folder.is_dir():
            copy = root / "SEQUENCES" / folder.name
            copy.mkdir()
            (copy / "img").symlink_to(folder)
            (copy / "groundtruth.txt").write_text((folder / "groundtruth.txt").read_text())
    (root / "my_package.py").write_text(MY_PACKAGE)
    scene = next(path for path in (root / "DATA" / "demo" / "val").iterdir() if path.is_dir())
    for command in (
        "stdtrack run opencv:kcf my_package:create --on demo --data DATA --out runs",
        "stdtrack baseline runs -o baseline.json",
        f"stdtrack track {scene} --box 20,20,30,30 --tracker opencv:kcf --out video.mp4",
    ):
        run(command, root)
    for folder in ("shard-1", "shard-2"):
        run(f"stdtrack run opencv:kcf --on demo --data DATA --out parts/{folder} --shard {folder[-1]}/2", root)
    return root


def run(command: str, folder: Path) -> None:
    """Run it in a shell, this environment's programs first."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stderr}"


def as_run(line: str) -> str:
    """The line with what a reader would put in place of its placeholders, and without its comment."""
    for pattern, replacement in SETTING:
        line = re.sub(pattern, replacement, line, flags=re.MULTILINE if "<<" not in line else 0)
    line = line.replace("stdtrack:nano opencv:kcf", "my_package:create opencv:kcf") if "compare" in line else line
    return line.replace("--on demo --data SEQUENCES", "--on folder --data SEQUENCES").replace(
        "runs/shard-*", "parts/shard-*"
    )


def runnable() -> Iterator[object]:
    """Each command once, however many pages have it."""
    tutorials, seen = {path.name for path in TUTORIALS}, set()
    for name, line in COMMANDS:
        command = as_run(line).strip()
        if reason(line) is None and name not in tutorials and command not in seen:
            seen.add(command)
            marks = [pytest.mark.slow] if line.startswith(LONG) else []
            yield pytest.param(command, marks=marks, id=f"{name}-{line[:60]}")


@pytest.mark.parametrize("command", list(runnable()))
def test_the_line_runs(command: str, setting: Path) -> None:
    out = f"out-{abs(hash(command)) % 10**8}"
    run(re.sub(r"(--out|-o) (?!\S+\.(?:mp4|json|txt))\S+", rf"\1 {out}", command), setting)


def test_every_line_is_run_or_says_why() -> None:
    """A reason that is never used is a line that has gone."""
    lines = [line for _, line in COMMANDS if reason(line) is not None]
    starts = [re.sub(r"^\w+=\S+ ", "", line) for line in lines]
    unused = [start for start in NOT_RUN if not any(line.startswith(start) for line in starts)]
    unused += [part for part in NOT_RUN_OPTIONS if not any(part in line for line in lines)]
    assert unused == []
