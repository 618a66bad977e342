"""Peers on backends and as files, beside the network in PyTorch."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from evalkit.errors import InputError
from evalkit.trackers.spec import load_tracker
from profiling.backends import BACKENDS, formats
from stdtrack.cli.main import cli
from stdtrack.inference.networks import MANIFEST
from stdtrack.peers.exporting import FORMAT, ExportedPeer

BOX = np.array([130.0, 90.0, 40.0, 30.0])
SMALL = ("asymtrack:t", "hit:tiny", "litetrack:b4", "mixformerv2:s", "smat:base")


def boxes(spec: str) -> np.ndarray:
    """Two frames of noise."""
    random = np.random.default_rng(0)
    tracker = load_tracker(spec)
    tracker.init(random.integers(0, 256, (240, 320, 3), dtype=np.uint8), BOX)
    return np.array([tracker.update(random.integers(0, 256, (240, 320, 3), dtype=np.uint8)).box for _ in range(2)])


@pytest.mark.slow
@pytest.mark.parametrize("spec", [*SMALL, "ostrack:256", "mixformer:cvt21", "hit:tiny?cached=false"])
@pytest.mark.parametrize("form", formats())
def test_exported_graphs_track_like_the_network(spec: str, form: str, tmp_path: Path) -> None:
    for needed in BACKENDS[form].needs:
        pytest.importorskip(needed)
    folder = tmp_path / "exported"
    result = CliRunner().invoke(cli, ["export", spec, "--format", form, "-o", str(folder)])
    assert result.exit_code == 0, result.output
    assert "equal to PyTorch within" in result.output
    name = spec.partition("?")[0]
    np.testing.assert_allclose(boxes(f"{name}?backend={form}&path={folder}"), boxes(spec), atol=1e-2)
    with pytest.raises(InputError, match=f"holds '{name}', not 'litetrack:b9'"):
        load_tracker(f"litetrack:b9?path={folder}")


@pytest.mark.slow
@pytest.mark.parametrize("spec", SMALL)
@pytest.mark.parametrize("backend", ["compile", "onnx", "openvino", "eager&precision=bf16"])
def test_backends_track_like_eager(spec: str, backend: str) -> None:
    for needed in BACKENDS[backend.partition("&")[0]].needs:
        pytest.importorskip(needed)
    # Random weights leave bf16 no margin between cells: a quarter of the search window, whose side is 139 pixels.
    limit = 139 / 4 if "bf16" in backend else 1e-2
    np.testing.assert_allclose(boxes(f"{spec}?backend={backend}"), boxes(spec), atol=limit)


MANIFESTS = {
    "nothing": ({}, "is not of the format"),
    "list": ([], "is not of the format"),
    "kinds": ({"format": FORMAT, "tracker": 3, "cached": True, "backend": "onnx", "facts": {}}, "of other kinds"),
    "facts": (
        {"format": FORMAT, "tracker": "a:b", "cached": True, "backend": "onnx", "facts": {"a": 1}},
        "other kinds",
    ),
    "backend": (
        {"format": FORMAT, "tracker": "a:b", "cached": True, "backend": "eager", "facts": {}},
        "no file format",
    ),
}


@pytest.mark.parametrize(("content", "problem"), MANIFESTS.values(), ids=MANIFESTS)
def test_damaged_manifests_are_refused(content: object, problem: str, tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text(json.dumps(content))
    with pytest.raises(InputError, match=problem):
        ExportedPeer.read(tmp_path)


def test_a_folder_without_graphs_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    with pytest.raises(InputError, match="is no exported network"):
        load_tracker(f"hit:tiny?path={tmp_path}")
    ExportedPeer("hit:tiny", True, "onnx", {}).write(tmp_path)
    with pytest.raises(InputError, match="missing file of an exported network"):
        load_tracker(f"hit:tiny?path={tmp_path}")
    with pytest.raises(InputError, match="option 'weights' does not go with path"):
        load_tracker(f"hit:tiny?path={tmp_path}&weights=a")
