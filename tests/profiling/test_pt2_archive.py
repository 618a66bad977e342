"""Archives of torch.export: every way in which one could run code is refused, before torch sees the file."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from evalkit.errors import InputError
from profiling.backends import exported

Entries = dict[str, bytes]
MODEL, WEIGHTS, CONSTANTS = (
    "models/model.json",
    "data/weights/model_weights_config.json",
    "data/constants/model_constants_config.json",
)


class Small(nn.Module):
    """A weight, a constant, and several operators."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2)
        self.register_buffer("offset", torch.arange(2.0), persistent=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = self.linear(x) + self.offset
        return y, nn.functional.gelu(y, approximate="tanh")


class Runs:
    """A pickle that makes a file when it is read."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> object:
        return Path.touch, (self.target,)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Entries:
    """What an export holds, without the folder that all names share."""
    path = tmp_path_factory.mktemp("export") / "small.pt2"
    exported.export(Small().eval(), (torch.ones(1, 3),), path)
    with zipfile.ZipFile(path) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def write(path: Path, entries: Entries, method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(f"small/{name}", data)
    return path


def changed(entries: Entries, name: str, change: Callable[[Any], object]) -> Entries:
    """With one of the tables changed."""
    table = json.loads(entries[name])
    change(table)
    return {**entries, name: json.dumps(table).encode()}


def test_an_untouched_archive_computes_what_the_module_does(tmp_path: Path, original: Entries) -> None:
    module, x = Small().eval(), torch.randn(1, 3)
    path = tmp_path / "small.pt2"
    exported.export(module, (x,), path)
    for one, other in zip(exported.load(path)(x), module(x), strict=True):
        torch.testing.assert_close(one, other)


def test_the_sample_inputs_pickle_is_not_read(tmp_path: Path, original: Entries) -> None:
    ran = tmp_path / "ran"
    evil = write(tmp_path / "evil.pt2", {**original, "data/sample_inputs/model.pt": pickle.dumps(Runs(ran))})
    assert len(exported.load(evil)(torch.ones(1, 3))) == 2
    assert not ran.exists()


def saved(value: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "name",
    [
        *("data/weights/model.pt", "data/constants/model.pt", "data/constants/custom_obj_0", "data/weights/evil.pkl"),
        *("data/constants/opaque_obj_0", "data/aotinductor/model/model.so", "extra/note", "models/other.json"),
        *("../outside", "/absolute", "data/weights/../weight_0", ""),
    ],
)
def test_an_entry_that_a_network_does_not_need_is_named(tmp_path: Path, original: Entries, name: str) -> None:
    evil = write(tmp_path / "evil.pt2", {**original, name: saved(Runs(tmp_path / "ran"))})
    with pytest.raises(InputError, match=r"entry 'small/.*has no place in a network") as caught:
        exported.load(evil)
    assert name in str(caught.value)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("table", [WEIGHTS, CONSTANTS])
@pytest.mark.parametrize("mark", [True, None, 1, "no"])
def test_weights_marked_as_pickles_are_refused(tmp_path: Path, original: Entries, table: str, mark: object) -> None:
    def pickled(content: Any) -> None:
        payload = next(iter(content["config"].values()))
        payload["use_pickle"] = mark
        entries[f"{table.rpartition('/')[0]}/{payload['path_name']}"] = saved(Runs(tmp_path / "ran"))

    entries = dict(original)
    evil = write(tmp_path / "evil.pt2", entries | changed(entries, table, pickled))
    with pytest.raises(InputError, match=f"entry '{table}' says that '.*is a pickle"):
        exported.load(evil)
    assert not (tmp_path / "ran").exists()


def first_node(model: Any) -> Any:
    return model["graph_module"]["graph"]["nodes"][0]


def first_argument(model: Any) -> Any:
    return first_node(model)["inputs"][0]["arg"]


def signature(model: Any) -> Any:
    return model["graph_module"]["module_call_graph"][0]["signature"]


def tree(kind: str, context: str) -> str:
    return json.dumps([1, {"type": kind, "context": context, "children_spec": []}])


ENUM = '{"__enum__": true, "fqn": "evil:Name", "name": "x"}'


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda m: first_node(m).update(target="torch.os.system"), "calls 'torch.os.system'"),
        (lambda m: first_node(m).update(target="_operator.call"), "calls '_operator.call'"),
        (lambda m: first_node(m).update(target="math.exp"), "calls 'math.exp'"),
        (lambda m: first_node(m).update(target="#evil:run"), "calls '#evil:run'"),
        (lambda m: first_node(m).update(target="torch.ops.evil.run.default"), "calls 'torch.ops.evil"),
        (lambda m: first_node(m).update(target="torch.ops.aten.__class__.mro"), "calls 'torch.ops.aten.__class__"),
        (lambda m: first_node(m).update(target="torch.ops.aten.from_file.default"), "which opens files"),
        (lambda m: first_node(m).update(target="torch.ops.higher_order.cond"), "calls 'torch.ops.higher_order"),
        (lambda m: first_argument(m).update(as_graph={"name": "g"}), "holds a value 'as_graph'"),
        (lambda m: first_argument(m).update(as_operator="torch.os.system"), "holds a value 'as_operator'"),
        (lambda m: first_argument(m).update(as_custom_obj={"name": "g"}), "holds a value 'as_custom_obj'"),
        (lambda m: first_argument(m).update(as_expr={"expr_str": "s0"}), "holds a value 'as_expr'"),
        (lambda m: m.update(guards_code=["__import__('os').system('x')"]), "guards"),
        (lambda m: m.update(range_constraints={"s0": {"min_val": 1, "max_val": 2}}), "sizes that are expressions"),
        (lambda m: signature(m).update(in_spec=tree("collections.defaultdict", "{}")), "nests its inputs or outputs"),
        (lambda m: signature(m).update(out_spec=tree("builtins.dict", ENUM)), "nests its inputs or outputs"),
        (lambda m: signature(m).update(forward_arg_names=["x): import os\n#"]), "which is no name"),
        (lambda m: m["graph_module"]["graph"]["inputs"][0]["as_tensor"].update(name="x(a)"), "which is no name"),
        (lambda m: m["graph_module"]["graph"]["outputs"][0]["as_tensor"].update(name="y;import"), "which is no name"),
    ],
)
def test_what_a_graph_could_run_is_refused(
    tmp_path: Path, original: Entries, change: Callable[[Any], object], problem: str
) -> None:
    evil = write(tmp_path / "evil.pt2", changed(original, MODEL, change))
    with pytest.raises(InputError, match=problem) as caught:
        exported.load(evil)
    assert MODEL in str(caught.value)


def test_notes_about_the_source_do_not_reach_torch(tmp_path: Path, original: Entries) -> None:
    notes = {"source_fn_stack": "x,torch.os.system", "custom": "{", "from_node": "["}
    path = write(tmp_path / "notes.pt2", changed(original, MODEL, lambda m: first_node(m).update(metadata=notes)))
    assert len(exported.load(path)(torch.ones(1, 3))) == 2


def payload(table: Any) -> Any:
    return next(iter(table["config"].values()))


@pytest.mark.parametrize(
    "change",
    [
        lambda table: payload(table)["tensor_meta"].update(sizes=[{"as_int": 2**40}]),
        lambda table: payload(table)["tensor_meta"].update(storage_offset={"as_int": 10**9}),
        lambda table: payload(table)["tensor_meta"].update(strides=[{"as_int": -1}]),
        lambda table: payload(table)["tensor_meta"].update(dtype=99),
        lambda table: payload(table).update(tensor_meta=None),
        lambda table: payload(table).update(path_name="weight_999"),
        lambda table: payload(table).update(path_name="../../weight_0"),
        lambda table: table.update(config=[]),
        lambda table: table["config"].clear(),
    ],
)
def test_a_table_that_lies_ends_in_one_line(tmp_path: Path, original: Entries, change: Callable[[Any], object]) -> None:
    with pytest.raises(InputError) as caught:
        exported.load(write(tmp_path / "evil.pt2", changed(original, WEIGHTS, change)))
    assert "\n" not in str(caught.value)


def test_damaged_and_packed_archives(tmp_path: Path, original: Entries) -> None:
    whole = write(tmp_path / "whole.pt2", original).read_bytes()
    for name, content in {"cut": whole[:-30], "empty": b"", "text": b"hello", "pickle": pickle.dumps(1)}.items():
        path = tmp_path / f"{name}.pt2"
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"no \.pt2 archive|entry 'archive/"):
            exported.load(path)
    bomb = write(tmp_path / "bomb.pt2", {**original, "data/weights/weight_0": bytes(10**6)}, zipfile.ZIP_DEFLATED)
    with pytest.raises(InputError, match="is packed"):
        exported.load(bomb)
    for missing in (MODEL, WEIGHTS, CONSTANTS):
        path = write(tmp_path / "part.pt2", {name: data for name, data in original.items() if name != missing})
        with pytest.raises(InputError, match=f"entry '{missing}' is missing"):
            exported.load(path)
    with zipfile.ZipFile(tmp_path / "twice.pt2", "w") as archive:
        for folder in ("small", "other"):
            archive.writestr(f"{folder}/{MODEL}", original[MODEL])
    with pytest.raises(InputError, match="is there twice"):
        exported.load(tmp_path / "twice.pt2")


def test_a_deep_or_wrong_graph_ends_in_one_line(tmp_path: Path, original: Entries) -> None:
    for text in (b"[" * 100_000, b"\xff\xfe{", b"3", b"{}", b"null", b'{"graph_module": {"module_call_graph": []}}'):
        with pytest.raises(InputError) as caught:
            exported.load(write(tmp_path / "evil.pt2", {**original, MODEL: text}))
        assert "\n" not in str(caught.value)
