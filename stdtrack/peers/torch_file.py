"""What ``torch.save`` wrote, in both of its formats, as names, shapes and numbers."""

from __future__ import annotations

import mmap
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Protocol, cast

import torch
from torch import Tensor

from evalkit.errors import InputError
from stdtrack.peers.inert_pickle import Global, Machine, PickleError, Record

ZIP_MARK = b"PK\x03\x04"
PICKLE_MARKS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
LEGACY_PROTOCOL = 1001
LARGEST = 1 << 48
"""No size, stride or offset of a tensor is beyond it."""
MOST_AXES = 16
LARGEST_PICKLE = 1 << 28
SHARED = 4
"""Tensors may share numbers, as tied weights do: together they are no more than this many times the file."""

DTYPES: Mapping[str, torch.dtype] = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
    "ComplexFloatStorage": torch.complex64,
    "ComplexDoubleStorage": torch.complex128,
    "QInt8Storage": torch.qint8,
    "QUInt8Storage": torch.quint8,
    "QInt32Storage": torch.qint32,
}
UNREAD = frozenset({torch.bool, torch.complex64, torch.complex128, torch.qint8, torch.quint8, torch.qint32})
"""Kinds of numbers that no peer's weights are of; their lengths are known, so that others are found behind them."""
_DAMAGED = (OSError, EOFError, ValueError, LookupError, RuntimeError, TypeError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True, slots=True, eq=False)
class Storage:
    """A run of numbers in the file."""

    key: str
    dtype: torch.dtype
    numel: int


@dataclass(frozen=True, slots=True, eq=False)
class StoredTensor:
    """A tensor whose numbers were not read yet.

    Attributes:
        offset, stride: in numbers, into the storage.
    """

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    @property
    def numel(self) -> int:
        """Its elements."""
        product = 1
        for side in self.shape:
            product *= side
        return product


class Container(Protocol):
    """An open file of either format."""

    content: Any

    def numbers(self, storage: Storage) -> bytes:
        """The bytes of a storage."""


@contextmanager
def opened(path: Path) -> Iterator[Container]:
    """Open a file of either format.

    Raises:
        InputError: it is damaged or no such file, or while it is open its numbers are.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            if view[:4] == ZIP_MARK:
                with zipfile.ZipFile(file) as archive:
                    yield ZipContainer(archive, len(view))
            else:
                yield LegacyContainer(view)
    except PickleError as error:
        raise InputError(f"its pickle {error}", path=path, hint="download it again") from error
    except _DAMAGED as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise InputError(f"is damaged: {reason}", path=path, hint="download it again") from error


def numbers_of(container: Container, tensors: Mapping[str, StoredTensor], size: int) -> dict[str, Tensor]:
    """The tensors with their numbers, each in memory of its own; a storage is read once.

    Args:
        size: bytes of the file.

    Raises:
        ValueError: they are more than such a file can hold.
    """
    total = sum(tensor.numel * tensor.storage.dtype.itemsize for tensor in tensors.values())
    if total > SHARED * size:
        raise ValueError(f"tensors of {total:,} bytes in a file of {size:,}")
    by_storage: dict[str, list[str]] = {}
    for name, tensor in tensors.items():
        by_storage.setdefault(tensor.storage.key, []).append(name)
    values: dict[str, Tensor] = {}
    for names in by_storage.values():
        data = bytearray(container.numbers(tensors[names[0]].storage))  # torch reads what can be written alone
        values |= {name: _numbers(data, tensors[name]) for name in names}
    return {name: values[name] for name in tensors}


def _numbers(data: bytearray, tensor: StoredTensor) -> Tensor:
    if tensor.numel == 0:
        return torch.empty(tensor.shape, dtype=tensor.storage.dtype)
    flat = torch.frombuffer(data, dtype=tensor.storage.dtype)
    return flat.as_strided(tensor.shape, tensor.stride, tensor.offset).clone(memory_format=torch.contiguous_format)


class ZipContainer:
    """The format since torch 1.6: an archive of one pickle and one entry a storage."""

    def __init__(self, archive: zipfile.ZipFile, size: int) -> None:
        self._archive, self._size = archive, size
        self._entries = {info.filename: info for info in archive.infolist()}
        if sum(info.file_size for info in archive.infolist()) > size:
            raise ValueError("an archive whose entries are packed, or share their bytes")
        pickles = [name for name in self._entries if name.endswith("/data.pkl")]
        if len(pickles) != 1 or len(self._entries) != len(archive.infolist()):
            raise ValueError(f"an archive with {len(pickles)} entries data.pkl, or with one name twice")
        self._folder = pickles[0].removesuffix("data.pkl")
        if f"{self._folder}constants.pkl" in self._entries:
            raise ValueError("a TorchScript archive, which holds code; weights are needed")
        order = f"{self._folder}byteorder"
        if order in self._entries and self._read(order) != b"little":
            raise ValueError("its numbers are big-endian")
        if self._entries[pickles[0]].file_size > LARGEST_PICKLE:
            raise ValueError("its pickle is larger than any checkpoint's")
        self.content = _machine().run(BytesIO(self._read(pickles[0])))

    def numbers(self, storage: Storage) -> bytes:
        """The entry of a storage."""
        data = self._read(f"{self._folder}data/{storage.key}")
        if len(data) != storage.numel * storage.dtype.itemsize:
            raise ValueError(f"storage '{storage.key[:40]}' has {len(data)} bytes")
        return data

    def _read(self, name: str) -> bytes:
        info = self._entries.get(name)
        if info is None:
            raise ValueError(f"entry '{name[-60:]}' is missing")
        if info.compress_type != zipfile.ZIP_STORED or info.file_size > self._size:
            raise ValueError(f"entry '{name[-60:]}' is packed, or longer than the file")
        return self._archive.read(info)


class LegacyContainer:
    """The format before torch 1.6: five pickles, then the storages one after the other."""

    def __init__(self, view: mmap.mmap) -> None:
        self._view = view
        stream = cast("IO[bytes]", view)
        if _machine().run(stream) != LEGACY_MAGIC:
            raise ValueError("a pickle, but none that torch.save wrote")
        protocol, machine = _machine().run(stream), _machine().run(stream)
        if protocol != LEGACY_PROTOCOL or not isinstance(machine, dict) or machine.get("little_endian") is not True:
            raise ValueError("of another version of the format, or big-endian")
        storages: dict[str, Storage] = {}
        self.content = _machine(storages).run(stream)
        keys = _machine().run(stream)
        if not isinstance(keys, list) or not all(isinstance(key, str) and key in storages for key in keys):
            raise ValueError("its list of storages names others than its tensors")
        self._starts = _starts(view, [storages[key] for key in keys])

    def numbers(self, storage: Storage) -> bytes:
        """The part of the file that is a storage."""
        if storage.key not in self._starts:
            raise ValueError(f"storage '{storage.key[:40]}' is missing")
        start = self._starts[storage.key]
        return self._view[start : start + storage.numel * storage.dtype.itemsize]


def _starts(view: mmap.mmap, storages: Sequence[Storage]) -> dict[str, int]:
    """Where each storage's numbers begin; each is preceded by its length in eight bytes."""
    starts: dict[str, int] = {}
    place = view.tell()
    for storage in storages:
        if int.from_bytes(view[place : place + 8], "little") != storage.numel:
            raise ValueError(f"storage '{storage.key[:40]}' has another length than its tensor says")
        starts[storage.key] = place + 8
        place += 8 + storage.numel * storage.dtype.itemsize
        if place > len(view):
            raise ValueError("the file ends before its last number")
    return starts


def _machine(storages: dict[str, Storage] | None = None) -> Machine:
    """A machine that knows tensors; it keeps the storages that it meets."""
    known: dict[str, Storage] = {} if storages is None else storages

    def persistent(identity: Any) -> Any:
        storage = _storage(identity)
        if isinstance(storage, Storage):
            first = known.setdefault(storage.key, storage)
            if (first.dtype, first.numel) != (storage.dtype, storage.numel):
                raise ValueError(f"storage '{storage.key[:40]}' is of two kinds")
            return first
        return storage

    return Machine(_call, persistent)


def _storage(identity: Any) -> Storage | Record:
    """``("storage", class, key, device, numel)``, and in the old format a view, which is None."""
    if isinstance(identity, tuple) and len(identity) == 4 and identity[0] == "module":
        return Record(str(identity[1]) if isinstance(identity[1], Global) else "module")
    if not (isinstance(identity, tuple) and len(identity) in (5, 6) and identity[0] == "storage"):
        return Record("persistent id")
    kind, key, numel, view = identity[1], identity[2], identity[4], identity[5:]
    plain = isinstance(kind, Global) and kind.module in ("torch", "torch.cuda") and isinstance(key, str)
    if not plain or kind.name not in DTYPES or view not in ((), (None,)) or not _is_size(numel):
        return Record(f"storage {kind}" if isinstance(kind, Global) else "storage")
    return Storage(key, DTYPES[kind.name], numel)


def _call(maker: Global, arguments: Sequence[Any]) -> Any:
    """Tensors and ordered dictionaries; whatever else is called becomes a record."""
    name = str(maker)
    if name == "collections.OrderedDict" and not arguments:  # its items come one by one
        return {}
    if name in ("torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor") and len(arguments) >= 4:
        return _tensor(*arguments[:4])
    if name in ("torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state") and arguments:
        return arguments[0]
    if name == "torch.Size" and len(arguments) == 1 and isinstance(arguments[0], tuple):
        return arguments[0]
    return Record(name)


def _tensor(storage: Any, offset: Any, shape: Any, stride: Any) -> StoredTensor | Record:
    if not isinstance(storage, Storage):
        return Record(f"tensor of {storage.maker}" if isinstance(storage, Record) else "tensor")
    if storage.dtype in UNREAD:
        return Record(f"tensor of {storage.dtype}")
    tuples = isinstance(shape, tuple) and isinstance(stride, tuple)
    if not tuples or not len(shape) == len(stride) <= MOST_AXES or not all(map(_is_size, (offset, *shape, *stride))):
        raise ValueError("a tensor whose shape is none")
    last = offset + sum((side - 1) * step for side, step in zip(shape, stride, strict=True))
    if 0 not in shape and last >= storage.numel:
        raise ValueError("a tensor that reaches beyond its numbers")
    return StoredTensor(storage, offset, shape, stride)


def _is_size(value: Any) -> bool:
    return type(value) is int and 0 <= value <= LARGEST
