"""Steps kept in the user's cache: made once, proven at every load, worthless when they are not the network's."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import torch

from evalkit.errors import InputError
from evalkit.private_cache import VARIABLE
from evalkit.trackers.spec import load_tracker
from profiling import backends
from profiling.backends import onnx
from profiling.backends.onnx import export
from stdtrack.inference.early_exit import Ending
from stdtrack.inference.graphs import StepGraph
from stdtrack.inference.networks import example_inputs, own_choice
from stdtrack.inference.prepared import GRAPHS, prepared, step_digest
from stdtrack.model import STDTrack
from stdtrack.tracker import STDTracker
from tests.stdtrack.tiny import TINY, make

pytest.importorskip("onnxscript")
pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module")
def network() -> STDTrack:
    return make(TINY).fold()


@pytest.fixture(scope="module")
def exported(network: STDTrack, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The network's step as ONNX, exported once for all tests."""
    path = tmp_path_factory.mktemp("exported") / "step.onnx"
    onnx.export(StepGraph(network).eval(), example_inputs(network)[1], path)
    return path.read_bytes()


@pytest.fixture
def exports(exported: bytes, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What is exported in a test, in order; the exporter itself is the one thing that stands in."""
    written: list[Path] = []

    def export(module: object, inputs: object, path: Path, *names: object) -> None:
        written.append(path)
        path.write_bytes(exported)

    backend, form = backends.check("onnx"), backends.file_format("onnx")
    changed = replace(backend, file=replace(form, export=export))
    monkeypatch.setattr(backends, "check", lambda *args, **kwargs: changed)
    monkeypatch.setattr(onnx, "export", export)
    return written


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache" / "graphs"


def answers(network: STDTrack) -> tuple[torch.Tensor, ...]:
    _, inputs = example_inputs(network)
    step = StepGraph(network).eval()
    with torch.inference_mode():
        return tuple(prepared("onnx", step, inputs)(*inputs))


def test_a_step_is_exported_once_and_answers_as_the_network(
    network: STDTrack, cache: Path, exports: list[Path]
) -> None:
    first, second = answers(network), answers(network)
    assert len(exports) == 1
    assert GRAPHS.usage()[0] == 1
    _, inputs = example_inputs(network)
    with torch.inference_mode():
        expected = StepGraph(network)(*inputs)
    for one, again, other in zip(first, second, expected, strict=True):
        assert torch.equal(one, again)
        torch.testing.assert_close(one, other, atol=1e-4, rtol=0.0)
    (file,) = cache.iterdir()
    assert file.stat().st_mode & 0o077 == 0


def test_a_damaged_file_is_made_anew(network: STDTrack, cache: Path, exports: list[Path], exported: bytes) -> None:
    answers(network)
    (file,) = cache.iterdir()
    for content in (b"", b"no graph", exported[: len(exported) // 2]):
        file.write_bytes(content)
        answers(network)
        assert file.read_bytes() == exported
    assert len(exports) == 4


def test_a_file_of_other_weights_is_not_believed(network: STDTrack, cache: Path, exports: list[Path]) -> None:
    """The exporter gives the first network's graph for another one, as a forged file would."""
    other = make(TINY, seed=1).fold()
    answers(network)
    (file,) = cache.iterdir()
    forged = GRAPHS.path(f"{step_digest(StepGraph(other), example_inputs(other)[1])}.onnx")
    assert forged is not None
    forged.write_bytes(file.read_bytes())
    forged.chmod(0o600)
    with pytest.raises(InputError, match="answers otherwise than the network"):
        answers(other)
    assert len(exports) == 2


def test_a_graph_of_other_shapes_is_made_anew(
    network: STDTrack, cache: Path, exports: list[Path], exported: bytes, tmp_path: Path
) -> None:
    """ONNX Runtime refuses the inputs with an error of its own, which is no RuntimeError."""

    class Doubled(torch.nn.Module):
        def forward(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
            return tuple(2 * tensor for tensor in tensors)

    answers(network)
    (file,) = cache.iterdir()
    wider = [torch.zeros(*tensor.shape[:-1], tensor.shape[-1] + 1) for tensor in example_inputs(network)[1]]
    export(Doubled(), wider, tmp_path / "other.onnx")
    file.write_bytes((tmp_path / "other.onnx").read_bytes())
    answers(network)
    assert file.read_bytes() == exported
    assert len(exports) == 2


@pytest.mark.parametrize("changed", [{"admission": 0.9}, {"memory": "fifo"}, {"keep": 0.5}])
def test_a_network_with_another_rule_of_its_memory_is_another_file(changed: dict[str, Any]) -> None:
    """Weights, layers and shapes are the same, and so may be the answer to one crop."""
    models = [make(config).fold() for config in (TINY, replace(TINY, **changed))]
    inputs = example_inputs(models[0])[1]
    for graph in (StepGraph, Ending):
        first, second = (step_digest(graph(model), inputs) for model in models)
        assert first != second


@pytest.mark.parametrize("package", ["torch", "onnx", "onnxscript"])
def test_what_another_exporter_wrote_is_another_file(
    network: STDTrack, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may answer alike and be slower, which no proof of its answers shows."""
    step, inputs = StepGraph(network), example_inputs(network)[1]
    before = step_digest(step, inputs)
    monkeypatch.setattr("stdtrack.inference.prepared.version", lambda name: version(name) + "+" * (name == package))
    assert step_digest(step, inputs) != before


def test_what_our_exporter_wrote_before_it_was_changed_is_another_file(
    network: STDTrack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step, inputs = StepGraph(network), example_inputs(network)[1]
    before = step_digest(step, inputs)
    changed = tmp_path / "onnx.py"
    changed.write_bytes(Path(onnx.__file__).read_bytes())
    monkeypatch.setattr(onnx, "__file__", str(changed))
    assert step_digest(step, inputs) == before
    changed.write_text(changed.read_text().replace("OPSET = 20", "OPSET = 19"))
    assert step_digest(step, inputs) != before


def test_without_a_cache_the_step_is_prepared_all_the_same(network: STDTrack, cache: Path, exports: list[Path]) -> None:
    cache.parent.mkdir(mode=0o777)
    cache.parent.chmod(0o777)
    assert GRAPHS.refusal()
    assert answers(network)[0].shape == (1, 1, 4, 4)
    assert len(exports) == 1
    assert not cache.exists()


def test_nano_chooses_its_fastest_backend_and_base_stays_eager(monkeypatch: pytest.MonkeyPatch) -> None:
    assert own_choice("nano", "cpu") == "onnx"
    assert own_choice("nano", "cuda:0") == "eager"
    assert own_choice("base", "cpu") == "eager"
    monkeypatch.setattr("profiling.backends.is_installed", lambda name: name != "onnxscript")
    assert own_choice("nano", "cpu") == "eager"


def test_a_spec_that_names_a_backend_has_its_way() -> None:
    shown = {}
    for spec in ("stdtrack:nano", "stdtrack:nano?backend=eager", "stdtrack:nano?precision=bf16"):
        tracker = load_tracker(spec)
        assert isinstance(tracker, STDTracker)
        shown[spec] = tracker.describe()["backend"]
    assert shown == {
        "stdtrack:nano": "onnx",
        "stdtrack:nano?backend=eager": "eager",
        "stdtrack:nano?precision=bf16": "eager",
    }


def test_a_backend_that_fails_unasked_leaves_eager_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise InputError("the step for 'onnx' answers otherwise than the network")

    monkeypatch.setattr("stdtrack.factory.on_backend", fail)
    monkeypatch.setattr(STDTracker, "network", None)
    monkeypatch.setattr(STDTracker, "warm_up", lambda tracker: None)
    facts = load_tracker("stdtrack:nano").describe()
    assert facts["backend"] == "eager"
    assert facts["note"] == "not on onnx: the step for 'onnx' answers otherwise than the network"
    with pytest.raises(InputError, match="otherwise than the network"):
        load_tracker("stdtrack:nano?backend=onnx")
