"""Exports and backends: files that compute what the module computes, and the same tracker on them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from evalkit.errors import InputError
from profiling.backends import BACKENDS, formats
from stdtrack import factory
from stdtrack import tracker as trackers
from stdtrack.checkpoints import save_model
from stdtrack.factory import create
from stdtrack.inference.differences import TOLERANCE
from stdtrack.inference.exporting import export, verified_export
from stdtrack.inference.networks import Exported, on_backend
from stdtrack.tracker import STDTracker
from tests.stdtrack.tiny import TINY, TINY_HYBRID, make

BOX = np.array([30.0, 20.0, 24.0, 16.0])


def frames(count: int) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.integers(0, 256, (90, 120, 3), dtype=np.uint8) for _ in range(count)]


@pytest.fixture(autouse=True)
def tiny_variants(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (factory, trackers):
        monkeypatch.setattr(module, "VARIANTS", {"tiny": TINY, "tiny-hybrid": TINY_HYBRID})


@pytest.mark.parametrize("backend", formats())
def test_exported_files_track_alike(backend: str, tmp_path: Path) -> None:
    for needed in BACKENDS[backend].needs:
        pytest.importorskip(needed)
    folder = tmp_path / "exported"
    tracker = STDTracker(make(TINY_HYBRID))
    difference = verified_export(tracker, backend, folder, frames(13), BOX)
    assert max(difference.values()) <= TOLERANCE
    assert difference["memory_frame"] == 0.0
    exported = create("tiny-hybrid", {"backend": backend, "path": str(folder)})
    for one in (tracker, exported):
        one.init(frames(1)[0], BOX)
    for image in frames(5):
        np.testing.assert_allclose(exported.update(image).box, tracker.update(image).box, atol=1e-2)
    assert exported.describe()["backend"] == backend
    for precision in BACKENDS[backend].precisions:  # without a word of the backend, which the folder knows
        named = create("tiny-hybrid", {"path": str(folder), "precision": precision})
        assert named.describe()["precision"] == precision
        named.init(frames(1)[0], BOX)
        assert np.isfinite(named.update(frames(1)[0]).box).all()
    with pytest.raises(InputError, match="has no precision 'fp4'"):
        create("tiny-hybrid", {"path": str(folder), "precision": "fp4"})
    with pytest.raises(InputError, match="holds a network for the backend"):
        create("tiny-hybrid", {"backend": "compile", "path": str(folder)})
    with pytest.raises(InputError, match="holds 'tiny-hybrid'"):
        create("tiny", {"path": str(folder)})


@pytest.mark.parametrize(("backend", "precision"), [("onnx", "int8"), ("openvino", "bf16")])
def test_a_folder_says_which_backend_a_precision_is_of(backend: str, precision: str, tmp_path: Path) -> None:
    for needed in BACKENDS[backend].needs:
        pytest.importorskip(needed)
    Exported(TINY, backend, {}).write(tmp_path)
    with pytest.raises(InputError, match="missing file of an exported network"):  # and not: eager has no int8
        create("tiny", {"path": str(tmp_path), "precision": precision})


def test_a_backend_in_memory_tracks_alike(tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    path = tmp_path / "tiny.safetensors"
    save_model(path, make(TINY))
    one, other = (create("tiny", {"weights": str(path), "backend": name}) for name in ("eager", "openvino"))
    for tracker in (one, other):
        tracker.init(frames(1)[0], BOX)
    for image in frames(4):
        np.testing.assert_allclose(other.update(image).box, one.update(image).box, atol=1e-2)


def test_a_wrong_network_is_noticed(tmp_path: Path) -> None:
    """The check compares with the tracker at hand: files of other weights do not pass."""
    export(STDTracker(make(TINY, seed=1)), "torch-export", tmp_path / "other")
    (tmp_path / "here").mkdir()
    with pytest.raises(InputError, match="exists already"):
        export(STDTracker(make(TINY)), "torch-export", tmp_path / "here")
    from stdtrack.inference.exporting import compare
    from stdtrack.inference.networks import from_folder

    network = from_folder(tmp_path / "other", Exported.read(tmp_path / "other"))
    difference = compare(STDTracker(make(TINY)), network, frames(3), BOX)
    assert difference["score"] > TOLERANCE
    assert difference["cache"] > TOLERANCE


def test_export_formats_and_folders(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file format"):
        export(STDTracker(make(TINY)), "compile", tmp_path / "new")
    with pytest.raises(InputError, match="no frame"):
        verified_export(STDTracker(make(TINY)), "torch-export", tmp_path / "empty", [], BOX)
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "stdtrack.json").write_text(json.dumps({"format": "something else"}))
    with pytest.raises(InputError, match="not of the format"):
        create("tiny", {"path": str(folder)})
    (folder / "stdtrack.json").write_text("{")
    with pytest.raises(InputError, match="is no JSON"):
        create("tiny", {"path": str(folder)})


def test_missing_backend_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'stdtrack\[openvino\]'"):
        on_backend(make(TINY), "openvino")


def exported_tiny(folder: Path, backend: str = "onnx") -> Path:
    for needed in BACKENDS[backend].needs:
        pytest.importorskip(needed)
    export(STDTracker(make(TINY)), backend, folder)
    return folder


def test_a_folder_of_another_network_or_with_wild_weights_is_refused(tmp_path: Path) -> None:
    folder = exported_tiny(tmp_path / "exported")
    manifest = json.loads((folder / "stdtrack.json").read_text())
    for change, problem in (
        ({"dim": 64}, "config key 'dim' is 64, 'tiny' has 32"),
        ({"depth": 10**9}, "config key 'depth' is '1000000000'"),
    ):
        text = json.dumps({**manifest, "config": manifest["config"] | change})
        (folder / "stdtrack.json").write_text(text)
        with pytest.raises(InputError, match=problem):
            create("tiny", {"path": str(folder)})
    for facts in ([1], {"note": 3}):
        (folder / "stdtrack.json").write_text(json.dumps({**manifest, "facts": facts}))
        with pytest.raises(InputError, match="its 'facts' are no texts"):
            create("tiny", {"path": str(folder)})
    (folder / "stdtrack.json").write_text(json.dumps(manifest))
    wild = make(TINY)
    wild.start_11C.data.fill_(float("nan"))
    export(STDTracker(wild), "onnx", tmp_path / "wild")
    with pytest.raises(InputError, match="not finite"):
        create("tiny", {"path": str(tmp_path / "wild")})
    (folder / "step.onnx").write_bytes((folder / "init.onnx").read_bytes())
    with pytest.raises(InputError, match="do not run on what its config says") as caught:
        create("tiny", {"path": str(folder)})
    assert "\n" not in str(caught.value)


def test_both_files_are_looked_through_before_one_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = exported_tiny(tmp_path / "exported", "torch-export")
    (folder / "step.pt2").write_bytes(b"not an archive")
    monkeypatch.setattr("torch.export.load", lambda *_: pytest.fail("init.pt2 was loaded"))
    with pytest.raises(InputError, match=r"step\.pt2: is no \.pt2 archive"):
        create("tiny", {"path": str(folder)})
