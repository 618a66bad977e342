"""Published checkpoints: what is read, what is refused, and that nothing in a file ever runs."""

from __future__ import annotations

import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from evalkit.errors import InputError
from stdtrack.peers.checkpoint import NO_RULES, Rules, convert, load_state, read_state
from stdtrack.peers.inert_pickle import MOST_OPCODES


class Settings:
    """A class of somebody's training code: not installed where the file is read."""

    def __init__(self) -> None:
        self.path = "/home/somebody"
        self.nested = [self]


def state() -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        "conv.weight": torch.randn(4, 3, 3, 3, generator=generator),
        "conv.bias": torch.randn(4, generator=generator),
        "norm.num_batches_tracked": torch.tensor(7),
        "half": torch.randn(5, generator=generator).half(),
        "transposed": torch.randn(3, 2, generator=generator).t(),
    }


def published(tensors: dict[str, Tensor]) -> dict[str, Any]:
    """As pytracking's trainer saves: the weights under ``net``, beside objects and an optimiser."""
    optimizer = {"state": {0: {"step": 5, "exp_avg": torch.zeros(9)}}, "param_groups": [{"lr": 1e-4, "params": [0]}]}
    return {
        "epoch": 300, "actor_type": "Actor", "net": OrderedDict(tensors), "optimizer": optimizer,
        "stats": OrderedDict(train=Settings()), "settings": Settings(), "sets": {1, 2}, "frozen": frozenset((1, 2)),
        "complex": 1j, "range": range(3), "shape": torch.Size([1, 2]), "kind": torch.float32, "bytes": b"x" * 300,
    }  # fmt: skip


FORMATS: dict[str, Callable[[Any, Path], None]] = {
    "zip": torch.save,
    "legacy": lambda content, path: torch.save(content, path, _use_new_zipfile_serialization=False),
    **{
        f"zip, protocol {protocol}": lambda content, path, protocol=protocol: torch.save(
            content, path, pickle_protocol=protocol
        )
        for protocol in (3, 4, 5)
    },
}
both_formats = pytest.mark.parametrize("save", [FORMATS["zip"], FORMATS["legacy"]], ids=["zip", "legacy"])


def assert_equal(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    assert list(found) == list(expected)
    for key, tensor in expected.items():
        assert found[key].dtype == tensor.dtype
        assert torch.equal(found[key], tensor), key


@pytest.mark.parametrize("save", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize(
    "wrap", [published, dict, lambda tensors: {"state_dict": tensors}], ids=["net", "flat", "state"]
)
def test_both_formats_of_torch_save_are_read(save: Callable[[Any, Path], None], wrap: Any, tmp_path: Path) -> None:
    path = tmp_path / "Tracker_ep0300.pth.tar"
    save(wrap(state()), path)
    assert_equal(read_state(path), state())


def test_parameters_and_shared_numbers_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    rows = torch.arange(12.0).reshape(4, 3)
    torch.save({"net": {"first": nn.Parameter(rows[1:]), "second": rows[:, 1], "empty": rows[:0]}}, path)
    assert_equal(read_state(path), {"first": rows[1:], "second": rows[:, 1], "empty": rows[:0]})


@both_formats
def test_converted_file_holds_the_same_tensors(save: Callable[[Any, Path], None], tmp_path: Path) -> None:
    save(published(state()), tmp_path / "a.pth.tar")
    convert(tmp_path / "a.pth.tar", tmp_path / "a.safetensors")
    assert read_state(tmp_path / "a.safetensors").keys() == state().keys()
    own = state()
    loaded = load_state(tmp_path / "a.safetensors", own, NO_RULES, "tiny:one", lambda found: "")
    assert_equal(loaded, own)


def test_file_is_not_converted_onto_itself(tmp_path: Path) -> None:
    torch.save(state(), tmp_path / "a.pth")
    before = (tmp_path / "a.pth").read_bytes()
    with pytest.raises(InputError, match="is the file that is to be converted"):
        convert(tmp_path / "a.pth", tmp_path / "a.pth")
    assert (tmp_path / "a.pth").read_bytes() == before


def load(path: Path, own: dict[str, Tensor], rules: Rules = NO_RULES) -> dict[str, Tensor]:
    return load_state(path, own, rules, "tiny:one", lambda found: "tiny:two" if "extra" in found else "")


@both_formats
def test_keys_that_miss_or_do_not_fit_are_named(save: Callable[[Any, Path], None], tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    own = state()
    tensors = {**state(), "extra": torch.zeros(1), "conv.bias": torch.zeros(5)}
    del tensors["half"]
    save({"net": tensors}, path)
    with pytest.raises(InputError) as error:
        load(path, own)
    assert str(error.value) == (
        f"{path}: does not fit tiny:one: 'half' is missing; 'extra' is unknown; 'conv.bias' has another shape "
        "(first (5,), the network needs (4,)) (it fits tiny:two)"
    )


def test_only_the_first_of_many_keys_are_named(tmp_path: Path) -> None:
    torch.save({f"k{number}": torch.zeros(1) for number in range(9)}, tmp_path / "a.pth")
    with pytest.raises(InputError, match=r"'k0', 'k1', 'k2' and 6 more are unknown \(is it the file of another"):
        load(tmp_path / "a.pth", {})


def test_what_a_family_names_may_be_more_or_less(tmp_path: Path) -> None:
    own = state()
    tensors = {**state(), "score_branch.weight": torch.zeros(3)}
    del tensors["norm.num_batches_tracked"]
    torch.save({"net": tensors}, tmp_path / "a.pth")
    rules = Rules(ignored=("score_branch.",), optional=("num_batches_tracked",))
    loaded = load(tmp_path / "a.pth", own, rules)
    assert loaded.keys() == own.keys() - {"norm.num_batches_tracked"}
    with pytest.raises(InputError, match=r"'norm.num_batches_tracked' is missing; 'score_branch.weight' is unknown"):
        load(tmp_path / "a.pth", own)


def test_numbers_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    torch.save({"net": {"a": torch.tensor([1.0, float("nan")])}}, tmp_path / "a.pth")
    with pytest.raises(InputError, match="'a' holds values that are not finite"):
        load(tmp_path / "a.pth", {"a": torch.zeros(2)})


def test_a_file_of_a_half_is_refused_at_any_length(tmp_path: Path) -> None:
    for name in ("zip", "legacy"):
        path, part = tmp_path / f"{name}.pth", tmp_path / f"part-{name}.pth"
        FORMATS[name](published(state()), path)
        whole = path.read_bytes()
        for length in [0, 1, 3, 8, 9, *range(10, len(whole), 97), len(whole) - 1]:
            part.write_bytes(whole[:length])
            with pytest.raises(InputError) as error:
                read_state(part)
            assert str(error.value).startswith(f"{part}: ")


def test_any_changed_byte_gives_tensors_or_one_line(tmp_path: Path) -> None:
    for name in ("zip", "legacy"):
        path = tmp_path / f"{name}.pth"
        FORMATS[name](published(state()), path)
        whole = path.read_bytes()
        for place in range(0, len(whole), 13):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
            with suppress(InputError):
                assert read_state(path)


REFUSED = {
    "text": (b"Sign in to continue\n<html>", "is neither what torch.save writes nor a safetensors file"),
    "empty": (b"", "is empty"),
    "plain pickle": (pickle.dumps({"net": 1}), "none that torch.save wrote"),
    "number": (pickle.dumps(3, protocol=2), "none that torch.save wrote"),
}


@pytest.mark.parametrize(("content", "reason"), REFUSED.values(), ids=REFUSED)
def test_other_files_are_refused(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "a.pth.tar"
    path.write_bytes(content)
    with pytest.raises(InputError, match=reason):
        read_state(path)


OTHERS = {
    "list": ([torch.zeros(1)], "holds a list, not a dictionary"),
    "module": (nn.Linear(2, 2), "holds a torch.nn.modules.linear.Linear, not a dictionary"),
    "nothing": ({"net": {}}, "holds no tensors"),
    "numbers": ({"net": {"a": 3}}, "entry 'a' is a int, no tensor"),
    "no state": ({"epoch": 3}, "entry 'epoch' is a int, no tensor"),
    "number for name": ({"net": {3: torch.zeros(1)}}, "entry '3' is a StoredTensor, no tensor by a name"),
    "name of an escape": ({"net": {"a\x1b[2J": torch.zeros(1)}}, "no tensor by a name"),
    "truth values": ({"net": {"a": torch.zeros(1, dtype=torch.bool)}}, "entry 'a' is a tensor of torch.bool"),
    "complex numbers": (
        {"net": {"a": torch.zeros(1, dtype=torch.complex64)}}, "entry 'a' is a tensor of torch.complex64",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "reason"), OTHERS.values(), ids=OTHERS)
@both_formats
def test_what_is_no_state_is_refused(
    save: Callable[[Any, Path], None], content: Any, reason: str, tmp_path: Path
) -> None:
    save(content, tmp_path / "a.pth")
    with pytest.raises(InputError, match=reason):
        read_state(tmp_path / "a.pth")


def archive(path: Path, data: bytes, **entries: bytes) -> Path:
    """A file as torch.save makes one, with any pickle in it."""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", data)
        for name, content in entries.items():
            file.writestr(f"archive/{name}", content)
    return path


class Marker:
    """Unpickling one would write a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def attacks(target: Path) -> dict[str, bytes]:
    """Pickles that would touch a file, each by another opcode."""
    command = f"touch {target}"
    system = b"cos\nsystem\n"
    argument = text(command) + b"\x85"
    return {
        "reduce": b"\x80\x02" + system + argument + b"R.",
        "stack global": b"\x80\x04" + text("os") + text("system") + b"\x93" + argument + b"R.",
        "inst": b"(" + text(command) + b"ios\nsystem\n.",
        "obj": b"(" + system + text(command) + b"o.",
        "newobj": b"\x80\x02" + system + argument + b"\x81.",
        "newobj_ex": b"\x80\x04" + system + argument + b"}\x92.",
        "build": b"\x80\x02"
        + b"cbuiltins\nobject\n)\x81}"
        + text("__setstate__")
        + system
        + b"sb"
        + text(command)
        + b"b.",
        "build slots": b"\x80\x02" + system + b"N}" + text("__code__") + text(command) + b"s\x86b.",
        "eval": b"\x80\x02cbuiltins\neval\n" + text(f"__import__('os').system({command!r})") + b"\x85R.",
        "getattr": b"\x80\x02cbuiltins\ngetattr\ncos\nsystem\n" + text("__call__") + b"\x86R" + argument + b"R.",
        "in a tensor": b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(" + system + argument + b"RK\x00))tR.",
        "as a hook": b"\x80\x02ctorch._utils\n_rebuild_parameter\n(" + system + argument + b"R\x89" + system + b"tR.",
        "persistent": b"\x80\x02("
        + text("storage")
        + system
        + text("0")
        + text("cpu")
        + K(4)
        + b"tQ"
        + argument
        + b"R.",
        "real": pickle.dumps({"net": {"a": Marker(target)}}),
        "below net": b"\x80\x02}" + text("net") + b"}" + text("a") + system + argument + b"Rss.",
    }


def K(number: int) -> bytes:
    return b"K" + bytes([number])


@pytest.mark.parametrize("name", attacks(Path("x")))
@pytest.mark.parametrize("container", ["zip", "bare", "legacy"])
def test_nothing_in_a_file_runs(name: str, container: str, tmp_path: Path) -> None:
    target, path = tmp_path / "touched", tmp_path / "a.pth"
    data = attacks(target)[name]
    if container == "zip":
        archive(path, data)
    else:
        head = (
            pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + pickle.dumps({"little_endian": True}, 2)
        )
        path.write_bytes((head if container == "legacy" else b"") + data + pickle.dumps([], 2))
    with pytest.raises(InputError):
        read_state(path)
    assert not target.exists()


def test_a_real_file_with_an_attack_beside_its_weights_is_read_without_it(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    torch.save({**published(state()), "settings": Marker(tmp_path / "touched")}, path)
    assert_equal(read_state(path), state())
    assert not (tmp_path / "touched").exists()


def tensor(numel: int, shape: bytes, stride: bytes, key: str = "0") -> bytes:
    """Opcodes of one tensor over a storage of ``numel`` numbers."""
    identity = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(key) + text("cpu")
    number = b"\x8a\x08" + struct.pack("<q", numel)
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + identity + number + b"tQK\x00" + shape + stride + b"\x89NtR"


def huge(number: int) -> bytes:
    return b"\x8a\x08" + struct.pack("<q", number)


BOMBS = {
    "memo of the largest index": b"\x80\x02Nr\xff\xff\xff\x7f.",
    "bytes of any length": b"\x80\x05\x96" + struct.pack("<Q", 1 << 60) + b".",
    "text of any length": b"\x80\x04\x8d" + struct.pack("<Q", 1 << 60) + b".",
    "frame of any length": b"\x80\x04\x95" + struct.pack("<Q", 1 << 60) + b"N.",
    "number of any length": b"\x80\x02\x8b" + struct.pack("<I", 0x7FFFFFFF) + b".",
    "number in decimal": b"L" + b"9" * 5000 + b"L\n.",
    "deep lists": b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b".",
    "deep tuples": b"\x80\x02)" + b"\x85" * 100_000 + b".",
    "deep key": b"\x80\x02})" + b"\x85" * 100_000 + b"Ns.",
    "cycle": b"\x80\x02]q\x00h\x00a.",
    "cycle of state": b"\x80\x02}q\x00" + text("net") + b"h\x00s.",
    "laughs": b"\x80\x02]q\x00" + b"".join(b"](" + b"h\x00" * 10 + b"eq\x00" for _ in range(60)) + b".",
    "tuples doubled": b"\x80\x02)" + b"2\x86" * 3000 + b".",
    "too many steps": b"\x80\x02" + b"N0" * (MOST_OPCODES // 2 + 1) + b"N.",
    "no end": b"\x80\x02N",
    "mark missing": b"\x80\x02e.",
    "mark beneath": b"\x80\x02((.",
    "pop from nothing": b"\x80\x020.",
    "memo missing": b"\x80\x02h\x07.",
    "odd items": b"\x80\x02}(Nu.",
    "unknown opcode": b"\x80\x02\xff.",
    "buffer": b"\x80\x05\x97.",
    "extension": b"\x80\x02\x82\x01.",
    "expanded tensor": b"\x80\x02}" + text("a") + tensor(1, huge(1 << 40) + b"\x85", K(0) + b"\x85") + b"s.",
    "tensor beyond": b"\x80\x02}" + text("a") + tensor(1, K(9) + b"\x85", K(1) + b"\x85") + b"s.",
    "negative stride": b"\x80\x02}" + text("a") + tensor(1, K(1) + b"\x85", huge(-1) + b"\x85") + b"s.",
    "huge storage": b"\x80\x02}" + text("a") + tensor(1 << 40, huge(1 << 40) + b"\x85", K(1) + b"\x85") + b"s.",
    "missing storage": b"\x80\x02}" + text("a") + tensor(1, K(1) + b"\x85", K(1) + b"\x85", "../../etc/passwd") + b"s.",
    "axes": b"\x80\x02}" + text("a") + tensor(1, b"(" + K(1) * 99 + b"t", b"(" + K(1) * 99 + b"t") + b"s.",
    "shape of lists": b"\x80\x02}" + text("a") + tensor(1, b"]", b"]") + b"s.",
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_end_in_one_line(name: str, tmp_path: Path) -> None:
    path = archive(tmp_path / "a.pth", BOMBS[name], **{"data/0": b"\0\0\0\0"})
    with pytest.raises(InputError) as error:
        read_state(path)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 1000


def test_many_tensors_over_one_storage_are_refused(tmp_path: Path) -> None:
    one = tensor(10_000, huge(10_000) + b"\x85", K(1) + b"\x85")
    data = b"\x80\x02}" + one + b"q\x000" + b"".join(text(f"k{n}") + b"h\x00s" for n in range(1000)) + b"."
    path = archive(tmp_path / "a.pth", data, **{"data/0": bytes(40_000)})
    with pytest.raises(InputError, match="is damaged: tensors of 40,000,000 bytes in a file of"):
        read_state(path)


def test_packed_and_doubled_entries_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("archive/data.pkl", bytes(1 << 20))
    with pytest.raises(InputError, match="entries are packed, or share their bytes"):
        read_state(path)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", b"N.")
        file.writestr(zipfile.ZipInfo("archive/data/0"), bytes(100), zipfile.ZIP_DEFLATED)
    with pytest.raises(InputError, match="holds a NoneType, not a dictionary"):
        read_state(path)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", b"N.")
        with pytest.warns(UserWarning, match="Duplicate name"):
            file.writestr("archive/data.pkl", b"N.")
    with pytest.raises(InputError, match="one name twice"):
        read_state(path)


def test_a_packed_entry_is_refused_where_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    data = b"\x80\x02}" + text("a") + tensor(25, K(25) + b"\x85", K(1) + b"\x85") + b"s."
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", data)
        file.writestr(zipfile.ZipInfo("archive/data/0"), bytes(100), zipfile.ZIP_DEFLATED)
    with pytest.raises(InputError, match="'archive/data/0' is packed"):
        read_state(path)


def test_entries_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.pth", b"N.", **{"data/0": bytes(1000), "data/1": b""})
    content = path.read_bytes()
    place = content.rindex(b"PK\x01\x02")  # the last entry of the directory: it takes the first one's length
    sizes = struct.pack("<II", 1000, 1000)
    path.write_bytes(content[: place + 20] + sizes + content[place + 28 :])
    with pytest.raises(InputError, match="share their bytes"):
        read_state(path)


def test_torchscript_is_refused_by_name(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.pth", b"N.", **{"constants.pkl": b")."})
    with pytest.raises(InputError, match="a TorchScript archive, which holds code"):
        read_state(path)
