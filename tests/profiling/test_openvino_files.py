"""OpenVINO's files: layers of its own sets, weights in the .bin file beside them, nothing else."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import torch
from torch import nn

from evalkit.errors import InputError
from profiling.backends import openvino

pytest.importorskip("openvino")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "small.xml"
    openvino.export(nn.Linear(3, 2).eval(), (torch.ones(1, 3),), path)
    return path


def copy(original: Path, folder: Path, pattern: str = "", replacement: str = "", weights: bytes | None = None) -> Path:
    """The pair with the first match of a pattern in the .xml file replaced."""
    text = original.read_text()
    changed = re.sub(pattern, replacement, text, count=1) if pattern else text
    assert not pattern or changed != text
    path = folder / "small.xml"
    path.write_text(changed)
    path.with_suffix(".bin").write_bytes(original.with_suffix(".bin").read_bytes() if weights is None else weights)
    return path


def test_an_untouched_pair_is_opened(tmp_path: Path, original: Path) -> None:
    assert openvino.load(copy(original, tmp_path))(torch.ones(1, 3))[0].shape == (1, 2)


@pytest.mark.parametrize(
    ("pattern", "replacement", "problem"),
    [
        ('version="opset1"', 'version="extension"', "layer '.*' is of 'extension', which would need an extension"),
        ('version="opset1"', 'version="evil_custom"', "is of 'evil_custom'"),
        ('version="opset1"', "", "is of ''"),
        ("<rt_info>", '<rt_info><weights_path value="/etc/passwd" />', "names another file in 'weights_path'"),
        ("<rt_info>", '<rt_info><x cache_dir="/tmp" />', "names another file in 'cache_dir'"),
        ("<rt_info>", '<rt_info><x extension_library="a.so" />', "names another file"),
        ('size="24"', 'size="2400"', "weights reach beyond"),
        ('offset="0"', 'offset="20"', "weights reach beyond"),
        ('offset="0"', 'offset="-8"', "weights reach beyond"),
        ('size="24"', f'size="{2**64 - 1}"', "weights reach beyond"),
        ("<net ", '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><net ', "declares entities"),
        ("</net>", "", "is no OpenVINO network"),
        ("<net ", "<other ", "is no OpenVINO network"),
        ('type="MatMul"', 'type="Nothing"', "OpenVINO cannot open it"),
        ('element_type="f32"', 'element_type="i8"', "OpenVINO cannot open it"),
    ],
)
def test_what_names_code_or_other_files_is_refused(
    tmp_path: Path, original: Path, pattern: str, replacement: str, problem: str
) -> None:
    with pytest.raises(InputError, match=problem) as caught:
        openvino.load(copy(original, tmp_path, pattern, replacement))
    assert "\n" not in str(caught.value)


def test_weights_that_are_missing_short_or_elsewhere(tmp_path: Path, original: Path) -> None:
    path = copy(original, tmp_path, weights=bytes(4))
    with pytest.raises(InputError, match="weights reach beyond"):
        openvino.load(path)
    weights = path.with_suffix(".bin")
    weights.unlink()
    with pytest.raises(InputError, match="missing file"):
        openvino.load(path)
    os.mkfifo(weights)
    with pytest.raises(InputError, match="missing file"):
        openvino.load(path)
    weights.unlink()
    weights.symlink_to(original.with_suffix(".bin"))
    with pytest.raises(InputError, match="link to another folder"):
        openvino.load(path)


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xfe<\x00", b"<net>" * 100_000])
def test_what_is_no_xml_ends_in_one_line(tmp_path: Path, original: Path, content: bytes) -> None:
    path = copy(original, tmp_path)
    path.write_bytes(content)
    with pytest.raises(InputError, match="is no OpenVINO network"):
        openvino.load(path)
