"""Eight bits for an ONNX file that no adapter knows, and inputs that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from evalkit.errors import InputError
from evalkit.trackers.onnx import Session
from profiling.backends import onnx
from stdtrack.cli.main import cli
from stdtrack.compression.onnx_inputs import read_samples

pytest.importorskip("onnxscript")

SHAPES = {"image": (1, 3, 16, 16), "scale": (1, 1)}
TYPES = {name: np.dtype(np.float32) for name in SHAPES}


class Scaled(torch.nn.Module):
    """Three convolutions, the answer times the second input."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Conv2d(3, 8, 3),
            torch.nn.ReLU(),
            torch.nn.Conv2d(8, 8, 3),
            torch.nn.ReLU(),
            torch.nn.Conv2d(8, 4, 1),
        )

    def forward(self, image: torch.Tensor, scale: torch.Tensor) -> tuple[torch.Tensor, ...]:
        features = self.layers(image)
        return features * scale[:, :, None, None], features.argmax(1)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("raw") / "scaled.onnx"
    zeros = [torch.zeros(shape) for shape in SHAPES.values()]
    onnx.export(Scaled().eval(), zeros, path, tuple(SHAPES), ("features", "place"))
    return path


def samples(count: int = 12, seed: int = 0) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    return {"image": random.normal(size=(count, 3, 16, 16)), "scale": random.uniform(1, 2, size=(count, 1, 1))}


def compressed(network: Path, out: Path, *arguments: str) -> tuple[int, str, BaseException | None]:
    result = CliRunner().invoke(cli, ["compress", str(network), "--min-time", "0.01", "-o", str(out), *arguments])
    return result.exit_code, result.stdout.strip(), result.exception


def test_any_file_in_eight_bits(network: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "inputs.npz", **samples())
    out = tmp_path / "eight"
    code, printed, error = compressed(network, out, "--int8", "--inputs", str(tmp_path / "inputs.npz"))
    assert (code, printed) == (0, str(out / "scaled.onnx")), error
    card = json.loads((out / "card.json").read_text())
    assert card["samples"] == [6, 6]
    assert card["quantised"]["layers"] == {"scaled.onnx": 1}, "the first and the last stay in float"
    one = {name: array[None].astype(np.float32) for name, array in (("image", samples()["image"][1]),)}
    one["scale"] = samples()["scale"][1].astype(np.float32)
    before, after = Session(network, 1)(**one)[0], Session(out / "scaled.onnx", 1)(**one)[0]
    assert not np.array_equal(before, after)
    np.testing.assert_allclose(after, before, atol=0.1 * np.abs(before).max())
    assert 0.98 < card["agreement"]["features"] < 1.0
    assert set(card["agreement"]) == {"features"}
    assert "Agreement of features" in (out / "card.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--int8",), "nothing says what its inputs look like"),
        (("--prune", "0.3", "--int8", "--inputs", "x.npz"), "eight bits are all"),
        (("--int8", "--inputs", "nowhere.npz"), "is no .npz or .npy file"),
    ],
)
def test_what_is_refused(network: Path, tmp_path: Path, arguments: tuple[str, ...], problem: str) -> None:
    code, _, error = compressed(network, tmp_path / "new", *arguments)
    assert isinstance(error, InputError)
    assert problem in str(error)
    assert code == 1
    assert not (tmp_path / "new").exists()


def test_a_tracker_takes_no_inputs(tmp_path: Path) -> None:
    arguments = ["compress", "stdtrack:nano", "--int8", "--inputs", "x.npz", "-o", str(tmp_path / "new")]
    assert "is no ONNX file" in str(CliRunner().invoke(cli, arguments).exception)


def test_a_header_that_promises_more_than_there_is_is_refused(tmp_path: Path) -> None:
    path, header = tmp_path / "alone.npy", {"descr": "<f4", "fortran_order": False, "shape": (10**13, 8)}
    with path.open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, header)
    with pytest.raises(InputError, match=r"alone\.npy: is no \.npz or \.npy file of numbers"):
        read_samples(path, {"image": (8,)}, {"image": np.dtype(np.float32)})


def test_samples_lie_along_the_first_axis_which_may_be_the_batchs(tmp_path: Path) -> None:
    given = samples()
    np.savez(tmp_path / "batch.npz", **given)
    np.savez(tmp_path / "own.npz", image=given["image"][:, None], scale=given["scale"])
    read = [read_samples(tmp_path / name, SHAPES, TYPES) for name in ("batch.npz", "own.npz")]
    for one, other in zip(*read, strict=True):
        assert {name: array.shape for name, array in one.items()} == SHAPES
        assert one["image"].dtype == np.float32
        assert all(np.array_equal(one[name], other[name]) for name in SHAPES)
    np.save(tmp_path / "alone.npy", given["image"])
    assert len(read_samples(tmp_path / "alone.npy", {"image": (1, 3, None, None)}, TYPES)) == 12


@pytest.mark.parametrize(
    ("arrays", "problem"),
    [
        ({"image": np.zeros((5, 3, 16, 16))}, "input 'scale' is missing"),
        ({**samples(), "more": np.zeros(3)}, "input 'more' is unknown"),
        ({**samples(), "scale": np.zeros((12, 2, 1))}, r"'scale' has the shape \[12, 2, 1\]"),
        ({**samples(), "scale": np.zeros((5, 1, 1))}, "different numbers of samples: image 12, scale 5"),
        (samples(3), "holds 3 samples"),
        ({**samples(), "scale": np.full((12, 1, 1), np.nan)}, "no finite number"),
        ({**samples(), "scale": np.full((12, 1, 1), "a")}, "no finite number"),
    ],
)
def test_inputs_that_cannot_be_used(arrays: dict[str, np.ndarray], problem: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "inputs.npz", **arrays)
    with pytest.raises(InputError, match=problem):
        read_samples(tmp_path / "inputs.npz", SHAPES, TYPES)


def test_one_array_is_for_one_input(tmp_path: Path) -> None:
    np.save(tmp_path / "inputs.npy", samples()["image"])
    with pytest.raises(InputError, match="one array for 2 inputs"):
        read_samples(tmp_path / "inputs.npy", SHAPES, TYPES)
    (tmp_path / "inputs.npy").write_bytes(b"PK no archive")
    with pytest.raises(InputError, match=r"is no \.npz or \.npy file"):
        read_samples(tmp_path / "inputs.npy", SHAPES, TYPES)
