"""Backends of other packages: one file and one line of entry points each."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from evalkit.entry_points import not_installed
from evalkit.errors import InputError
from profiling.backends import BACKENDS, ENTRY_POINT_GROUP, file_format, formats
from profiling.backends.module_runner import module_call, split_backend
from tests.installed import install

MODULE = '''
"""A backend of somebody else's: what eager computes, doubled."""

from profiling.backends import Backend


def prepare(module, inputs, precision):
    return lambda *tensors: tuple(2 * output for output in module(*tensors))


BACKEND = Backend(prepare, ("fp32", "fp4"))
'''
OURS = ["compile", "cuda-graphs", "eager", "folded", "onnx", "openvino", "tensorrt", "torch-export"]


def bring(site: Path, package: str, entry_point: str, module: str) -> None:
    """A package with a module ``code``."""
    files = {f"{package}/__init__.py": "", f"{package}/code.py": module}
    install(site, package, f"[{ENTRY_POINT_GROUP}]\n{entry_point}\n", files)


def test_a_package_brings_a_backend_in_one_file(site: Path) -> None:
    bring(site, "doubled_package", "doubled = doubled_package.code:BACKEND", MODULE)
    assert split_backend("doubled:fp4", "cpu") == ("doubled", "fp4")
    (output,) = module_call((nn.Identity(), (torch.full((2,), 3.0),)), "doubled", "cpu")()
    assert output.tolist() == [6.0, 6.0]
    with pytest.raises(InputError, match=r"did you mean 'doubled'"):
        split_backend("double")
    assert list(BACKENDS) == sorted([*OURS, "doubled"])


@pytest.mark.parametrize(
    ("entry_point", "module", "problem"),
    [
        ("odd = odd_package.nowhere:BACKEND", "", "odd_package.nowhere:BACKEND, cannot be imported: No module named"),
        ("odd = odd_package.code:BACKEND", "", "odd_package.code:BACKEND, cannot be imported: .*no attribute"),
        ("odd = odd_package.code:BACKEND", "BACKEND = (", "odd_package.code:BACKEND, cannot be imported: .*closed"),
        ("odd = odd_package.code:BACKEND", "BACKEND = 1 / 0", "cannot be imported: division by zero"),
        ("odd = odd_package.code:BACKEND", "BACKEND = 1", r"BACKEND, is no profiling\.backends\.Backend"),
        ("eager = odd_package.code:BACKEND", MODULE, "'eager' is brought by .*uninstall one of the packages"),
    ],
)
def test_a_broken_package_is_named_and_stops_no_other(site: Path, entry_point: str, module: str, problem: str) -> None:
    bring(site, "odd_package", entry_point, module)
    with pytest.raises(InputError, match=problem):
        split_backend(entry_point.partition(" ")[0])
    assert split_backend("folded") == ("folded", "fp32")
    assert {"onnx", "openvino", "torch-export"} <= set(formats())
    for name in [name for name in sys.modules if name.startswith("odd_package")]:
        del sys.modules[name]


def test_our_installation_is_up_to_date() -> None:
    """If this fails: run ``pip install -e .`` again; ``pyproject.toml`` has more backends than the metadata."""
    assert not_installed(ENTRY_POINT_GROUP) == ()
    assert list(BACKENDS) == OURS


def test_one_that_came_after_the_installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project.entry-points."stdtrack.backends"]\nnewest = "a:B"\n')
    monkeypatch.setattr("evalkit.entry_points.HOME", tmp_path)
    with pytest.raises(InputError, match=r"no backend 'newest' \(newest came after .* run `pip install -e .*`"):
        split_backend("newest")


def test_a_backend_without_files_is_no_file_format() -> None:
    assert file_format("onnx").suffix == ".onnx"
    with pytest.raises(InputError, match=r"'compile' is no file format \(there are: onnx, openvino, torch-export\)"):
        file_format("compile")
