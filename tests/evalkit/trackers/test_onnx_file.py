"""ONNX files: weights outside of the file lie in its folder, and are all there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit.errors import InputError
from evalkit.trackers.onnx_file import check_onnx, open_session, read_onnx

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")
WEIGHTS = np.arange(6, dtype=np.float32).reshape(2, 3)


def network(entries: dict[str, str], nested: bool = False) -> Any:
    """``y = x @ w`` whose weights lie outside, as its own initialiser or as a constant in a branch."""
    tensor = onnx.numpy_helper.from_array(WEIGHTS, "w")
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in entries.items():
        tensor.external_data.add(key=key, value=value)
    helper, kinds = onnx.helper, onnx.TensorProto
    shape = [helper.make_tensor_value_info(name, kinds.FLOAT, [None, size]) for name, size in (("x", 2), ("y", 3))]
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
    if nested:
        constant = helper.make_node("Constant", [], ["inner"], value=tensor)
        branch = helper.make_graph(
            [constant], "branch", [], [helper.make_tensor_value_info("inner", kinds.FLOAT, None)]
        )
        nodes = [helper.make_node("If", ["yes"], ["w"], then_branch=branch, else_branch=branch), *nodes]
    graph = helper.make_graph(nodes, "graph", [shape[0]], [shape[1]], [] if nested else [tensor])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with weights, and a file above it that no network may read."""
    inside = tmp_path / "inside"
    (inside / "deeper").mkdir(parents=True)
    for path in (inside / "w.bin", inside / "deeper" / "w.bin", tmp_path / "secret.bin"):
        path.write_bytes(WEIGHTS.tobytes())
    (inside / "link.bin").symlink_to(tmp_path / "secret.bin")
    (inside / "linked").symlink_to(tmp_path)
    os.mkfifo(inside / "pipe")
    return inside


def write(folder: Path, entries: dict[str, str], nested: bool = False) -> Path:
    path = folder / "network.onnx"
    path.write_bytes(network(entries, nested).SerializeToString())
    return path


@pytest.mark.parametrize("location", ["w.bin", "deeper/w.bin"])
def test_weights_in_the_folder_are_read(folder: Path, location: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(folder, {"location": location, "offset": "0", "length": "24"})
    monkeypatch.chdir(folder / "deeper")  # names start at the file, not at the current folder
    x = np.array([[1.0, 2.0]], np.float32)
    assert open_session(path, 1).run(None, {"x": x})[0].tolist() == (x @ WEIGHTS).tolist()
    assert onnx.numpy_helper.to_array(read_onnx(path).graph.initializer[0]).tolist() == WEIGHTS.tolist()


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize(
    ("location", "problem"),
    [
        ("../secret.bin", "not in the file's folder"),
        ("deeper/../../secret.bin", "not in the file's folder"),
        ("..\\secret.bin", "not in the file's folder"),
        ("/etc/hostname", "not in the file's folder"),
        ("C:\\secret.bin", "not in the file's folder"),
        ("link.bin", "is a link"),
        ("linked/secret.bin", "is a link"),
        ("absent.bin", "is not there"),
        ("deeper", "is not there"),
        ("pipe", "is not there"),
        (".", "no file's name"),
        ("", "no file's name"),
        ("*/_ORT_MEM_ADDR_/*", "no file's name"),
    ],
)
def test_weights_elsewhere_are_refused(folder: Path, location: str, problem: str, nested: bool) -> None:
    path = write(folder, {"location": location}, nested)
    for reader in (check_onnx, read_onnx, lambda file: open_session(file, 1)):
        with pytest.raises(InputError, match=f"the weights 'w' lie in .*{problem}"):
            reader(path)


@pytest.mark.parametrize(
    "entries",
    [
        {"offset": "8"},
        {"length": "25"},
        {"offset": "25", "length": "0"},
        {"offset": "-8"},
        {"length": "9" * 30},
        {"length": "²"},
    ],
)
def test_weights_beyond_their_file_are_refused(folder: Path, entries: dict[str, str]) -> None:
    with pytest.raises(InputError, match=r"reach beyond 'w\.bin', which has 24 bytes"):
        check_onnx(write(folder, {"location": "w.bin", "length": "24", **entries}))


def test_what_is_no_network_ends_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "network.onnx"
    for content in (b"", b"hello", b"PK\x03\x04", bytes(1000), b"\x08\x09"):
        path.write_bytes(content)
        with pytest.raises(InputError, match="is no ONNX file") as caught:
            open_session(path, 1)
        assert "\n" not in str(caught.value)
    for missing in (tmp_path, tmp_path / "absent.onnx"):
        with pytest.raises(InputError, match="is no ONNX file"):
            check_onnx(missing)


def test_weights_of_another_type_or_shape_end_in_one_line(folder: Path) -> None:
    for change in ({"data_type": onnx.TensorProto.INT8}, {"dims": [3, 2]}, {"data_type": 99}, {"dims": [2**40, 3]}):
        model = network({"location": "w.bin"})
        tensor = model.graph.initializer[0]
        tensor.ClearField("external_data")
        tensor.data_location, tensor.raw_data = onnx.TensorProto.DEFAULT, WEIGHTS.tobytes()
        tensor.data_type = change.get("data_type", tensor.data_type)
        tensor.dims[:] = change.get("dims", list(tensor.dims))
        path = folder / "odd.onnx"
        path.write_bytes(model.SerializeToString())
        with pytest.raises(InputError, match="ONNX Runtime cannot open it") as caught:
            open_session(path, 1)
        assert "\n" not in str(caught.value)
