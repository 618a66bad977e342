"""Workflows, the action that users take and the Dockerfile: sound by published schemas, and true to the project."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WORKFLOWS = [*sorted((ROOT / ".github" / "workflows").glob("*.yml")), ROOT / "examples" / "github-actions.yml"]
ACTION = ROOT / "action.yml"
KINDS = dict.fromkeys(WORKFLOWS, "github-workflows") | {ACTION: "github-actions"}


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", KINDS, ids=lambda path: path.name)
def test_it_has_the_published_structure(path: Path) -> None:
    """The schemas come with the package check-jsonschema: nothing is fetched."""
    pytest.importorskip("check_jsonschema", reason="an environment made before it was needed: make .venv/.test")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{KINDS[path]}", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def shell_lines() -> list[str]:
    """Every script of the project's own workflow."""
    jobs = read(WORKFLOWS[0])["jobs"].values()
    return [step["run"] for job in jobs for step in job["steps"] if "run" in step]


def test_it_tests_each_python_that_the_project_names() -> None:
    named = {text.rsplit(" ", 1)[1] for text in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", text)}
    jobs = read(WORKFLOWS[0])["jobs"]
    assert set(jobs["test"]["strategy"]["matrix"]["python"]) == set(jobs["scoring"]["strategy"]["matrix"]["python"])
    assert set(jobs["test"]["strategy"]["matrix"]["python"]) == named


def test_targets_extras_and_files_that_it_names_are_there() -> None:
    text = "\n".join(shell_lines())
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)", text)) <= targets
    extras = [name for group in re.findall(r"\.\[([\w,]+)\]", text) for name in group.split(",")]
    assert set(extras) <= set(PROJECT["optional-dependencies"])
    assert extras
    files = re.findall(r"(?:-r|-c) (\S+\.txt)", text)
    assert files
    assert all((ROOT / name).is_file() for name in files)


@pytest.fixture
def job(examples: Path, tmp_path: Path) -> Path:
    """A user's checkout: clips, results and a baseline."""
    folder = shutil.copytree(examples, tmp_path / "checkout")
    from stdtrack import baseline

    baseline(folder / "results", out=folder / "baseline.json", on="folder", data=folder / "clips")
    return folder


def step(name: str, folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run one step's script of the action as GitHub would: inputs in variables, defaults where none is given."""
    action = read(ACTION)
    (found,) = (each for each in action["runs"]["steps"] if each.get("name") == name)
    values = {key: str(entry["default"]) for key, entry in action["inputs"].items()} | inputs
    variables = {
        key: values[re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", text)[1]] for key, text in found["env"].items()
    }
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | variables | {"PATH": path, "GITHUB_OUTPUT": str(folder / "output")}
    environment = {name: value for name, value in environment.items() if name != "STDTRACK_DATA"}
    script = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", found["run"]]
    return subprocess.run(script, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300)


def test_the_actions_steps_run_and_judge(job: Path) -> None:
    ran = step("Run the trackers", job, trackers="opencv:kcf opencv:mosse", data="clips", runs="new")
    assert ran.returncode == 0, ran.stderr
    assert {path.name for path in (job / "new").iterdir() if path.is_dir()} >= {"opencv%3Akcf", "opencv%3Amosse"}
    done = step("Compare with the baseline", job, runs="results", data="clips", options="--format json --max-drop 0.01")
    assert done.returncode == 0, done.stderr
    assert [each["verdict"] for each in json.loads(done.stdout)] == ["same", "same"]
    assert (job / "output").read_text() == "junit=check.xml\n"
    assert (job / "check.xml").is_file()


def test_the_action_fails_where_nothing_can_be_compared(job: Path) -> None:
    assert step("Compare with the baseline", job, runs="results", data="clips", baseline="none.json").returncode == 2


@pytest.mark.parametrize("name", ["runs", "data", "options", "speed-reference"])
def test_an_input_is_no_script(job: Path, name: str) -> None:
    step(
        "Compare with the baseline", job, **{"runs": "results", "data": "clips", name: "$(touch hacked); touch hacked"}
    )
    assert not (job / "hacked").exists()
    texts = [each["run"] for each in read(ACTION)["runs"]["steps"] if "run" in each]
    assert "${{" not in "".join(texts), "an input put into a script is a script"


def docker_lines() -> list[str]:
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_the_dockerfile_copies_what_is_there_and_all_that_is_built_from() -> None:
    """It is not built in the tests: no container can be."""
    copied = [name for line in docker_lines() if line.startswith("COPY") for name in line.split()[1:-1]]
    assert all((ROOT / name).exists() for name in copied)
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {*wheel["packages"], "pyproject.toml", PROJECT["readme"], *PROJECT["license-files"]} <= set(copied)
    allowed = (ROOT / ".dockerignore").read_text().split()
    assert {f"!{name}" for name in copied} == {line for line in allowed if line.startswith("!")}


def test_the_dockerfile_uses_its_arguments_and_known_extras() -> None:
    lines = docker_lines()
    assert {line.split()[0] for line in lines} <= {
        *("ARG", "FROM", "ENV", "WORKDIR", "COPY", "RUN", "USER", "ENTRYPOINT", "CMD"),
    }
    arguments = [line.split()[1].partition("=")[0] for line in lines if line.startswith("ARG")]
    rest = "\n".join(line for line in lines if not line.startswith("ARG"))
    assert all(re.search(rf"\$\{{?{name}\b", rest) for name in arguments)
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    extras = {name for group in re.findall(r"EXTRAS=([\w,]+)", text) for name in group.split(",")}
    assert extras <= set(PROJECT["optional-dependencies"])
    entry, first = (
        json.loads(next(line for line in lines if line.startswith(kind))[len(kind) :]) for kind in ("ENTRYPOINT", "CMD")
    )
    assert (entry[0], first[0]) == ("stdtrack", "demo")
