"""scoring.txt is enough to score, report, run OpenCV's trackers and ask the doctor: nothing else is imported here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("fvcore", "safetensors", "torch")
"""What networks alone need."""
GATE = """
import sys
from importlib.machinery import PathFinder

class Gate(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in REFUSED else PathFinder.find_spec(name, path, target)

sys.meta_path[:] = [Gate if finder is PathFinder else finder for finder in sys.meta_path]
"""
"""For every interpreter on its way in: what is refused is not there."""
COMMANDS = {
    "run": "run opencv:kcf --on folder --data clips --out runs",
    "score": "score results --on folder --data clips",
    "report": "report results --on folder --data clips --out report",
    "doctor": "doctor",
    "complexity": "complexity stdtrack:nano",
    "nano": "run stdtrack:nano --on folder --data clips --out nano",
}
SCRIPT = """
import contextlib, io, json, sys
from stdtrack.cli.main import main

if __name__ == "__main__":
    told = {}
    for name, command in json.loads(sys.argv[1]).items():
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main(command.split())
            except SystemExit as end:
                told[name] = [end.code, out.getvalue(), err.getvalue()]
    print(json.dumps(told))
"""


def listed() -> list[str]:
    """The requirements in scoring.txt."""
    lines = (ROOT / "scoring.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def refused() -> list[str]:
    """Modules of this environment that neither scoring.txt, nor anything that it needs, brings."""
    allowed, waiting = {"stdtrack"}, [Requirement(line) for line in listed()]
    while waiting:
        need = waiting.pop()
        name = canonicalize_name(need.name)
        if name in allowed or not (need.marker is None or need.marker.evaluate({"extra": ""})):
            continue
        allowed.add(name)
        try:
            waiting += map(Requirement, distribution(name).requires or ())
        except PackageNotFoundError:
            continue
    brought = packages_distributions().items()
    return [module for module, packages in brought if not allowed & set(map(canonicalize_name, packages))]


@pytest.fixture(scope="module")
def told(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str, str]]:
    """Exit code, stdout and stderr of each command, in an interpreter that has no more than the set."""
    root = tmp_path_factory.mktemp("scoring")
    place = shutil.copytree(examples, root / "place")
    (root / "sitecustomize.py").write_text(f"REFUSED = {refused()!r}\n{GATE}")
    (root / "script.py").write_text(SCRIPT)
    environment = {**os.environ, "PYTHONPATH": str(root), "STDTRACK_CACHE": str(root / "cache")}
    environment.pop("STDTRACK_DATA", None)
    program = [sys.executable, str(root / "script.py"), json.dumps(COMMANDS)]
    done = subprocess.run(program, cwd=place, env=environment, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    answers: dict[str, tuple[int, str, str]] = json.loads(done.stdout.splitlines()[-1])
    return answers


def test_it_is_the_projects_list_without_what_networks_need() -> None:
    needs = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    assert listed() == [need for need in needs if not need.startswith(HEAVY)]


def test_torch_is_among_what_is_refused() -> None:
    assert {"torch", "fvcore", "safetensors", "pytest"} <= set(refused())
    assert {"numpy", "cv2", "pandas", "dateutil", "stdtrack"}.isdisjoint(refused())


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("run", "kcf"),
        ("score", "0.8810"),
        ("report", "report"),
        ("doctor", "networks and profiles need it, scoring does not"),
    ],
)
def test_a_command_needs_no_more(name: str, says: str, told: dict[str, tuple[int, str, str]]) -> None:
    code, out, err = told[name]
    assert code == 0, err
    assert says in out + err


@pytest.mark.parametrize("name", ["complexity", "nano"])
def test_what_needs_torch_says_so_in_a_line(name: str, told: dict[str, tuple[int, str, str]]) -> None:
    code, _, err = told[name]
    assert code == 2
    assert "Traceback" not in err
    assert "torch" in err.splitlines()[-1]
