"""Pickles read as data: a stack machine of our own, in which nothing that a pickle names is looked up or called.

``pickletools`` splits the stream into opcodes and runs none of them. Numbers, texts and containers become Python's;
every class and function is a name (:class:`Global`), and every object made by calling one is a record that it was
(:class:`Record`). The two exceptions are the caller's: what a call to a known name means, and what a persistent id is.
No value is hashed but plain ones, none is copied, and nothing recurses, so that size and depth of what comes out are
bounded by the length of what goes in.
"""

from __future__ import annotations

import pickletools
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, Any

MOST_OPCODES = 2_000_000
"""A checkpoint with its optimiser has some hundred thousand."""

_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_LITERALS = frozenset(
    {"INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"}
    | {"STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"}
    | {"BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"}
)
_PLAIN = (str, int, float, bytes, type(None))
_DAMAGED = (ValueError, IndexError, KeyError, TypeError, OverflowError, struct.error)


class PickleError(Exception):
    """The pickle is damaged, or needs what is not read here."""


@dataclass(frozen=True, slots=True, eq=False)
class Global:
    """The name of a class or function."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"[:100]


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """An object that a pickle would have made: who would have made it; its contents are dropped."""

    maker: str


Call = Callable[[Global, Sequence[Any]], Any]
"""What calling a name with positional arguments gives; a :class:`Record` where that is not known."""
Persistent = Callable[[Any], Any]
"""What a persistent id stands for."""


class Machine:
    """One pickle's stack and memo."""

    def __init__(self, call: Call, persistent: Persistent) -> None:
        self._call, self._persistent = call, persistent
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}

    def run(self, stream: IO[bytes]) -> Any:
        """The value of the pickle that begins where the stream stands; the stream is left behind its end.

        Raises:
            PickleError: see there.
        """
        try:
            for count, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
                if count >= MOST_OPCODES:
                    raise PickleError(f"has more than {MOST_OPCODES:,} steps")
                if opcode.name == "STOP":
                    return self._pop()
                self._step(opcode.name, argument)
        except _DAMAGED as error:
            raise PickleError(f"is damaged: {str(error)[:200] or type(error).__name__}") from error
        raise PickleError("has no end")

    def _step(self, name: str, argument: Any) -> None:
        if name in _LITERALS:
            self._push(argument)
        elif name in _CONSTANTS:
            self._push(_CONSTANTS[name])
        elif name not in ("PROTO", "FRAME"):
            handler = _HANDLERS.get(name)
            if handler is None:
                raise PickleError(f"has a step {name}, which no checkpoint needs")
            handler(self, argument)

    def _push(self, value: Any) -> None:
        self._stack.append(value)

    def _pop(self) -> Any:
        if self._marks and len(self._stack) <= self._marks[-1]:
            raise ValueError("a mark where a value should be")
        return self._stack.pop()

    def _top(self) -> Any:
        value = self._pop()
        self._push(value)
        return value

    def _mark(self, _: Any) -> None:
        self._marks.append(len(self._stack))

    def _since_mark(self) -> list[Any]:
        start = self._marks.pop()
        values = self._stack[start:]
        del self._stack[start:]
        return values

    def _tuple(self, count: int) -> None:
        values = [self._pop() for _ in range(count)]
        self._push(tuple(reversed(values)))

    def _pop_any(self, _: Any) -> None:
        if self._marks and len(self._stack) == self._marks[-1]:
            self._marks.pop()
        else:
            self._stack.pop()

    def _put(self, argument: Any) -> None:
        self._memo[len(self._memo) if argument is None else argument] = self._top()

    def _append(self, values: Sequence[Any]) -> None:
        target = self._top()
        if isinstance(target, list):
            target.extend(values)

    def _set(self, values: Sequence[Any]) -> None:
        target = self._top()
        if isinstance(target, dict):
            target.update(_pairs(values))

    def _global(self, argument: Any) -> None:
        module, _, name = argument.partition(" ")
        self._push(Global(module, name))

    def _stack_global(self, _: Any) -> None:
        name, module = self._pop(), self._pop()
        if not (isinstance(name, str) and isinstance(module, str)):
            raise ValueError("a class whose name is no text")
        self._push(Global(module, name))

    def _make(self, maker: Any, arguments: Any) -> None:
        if isinstance(maker, Global) and isinstance(arguments, list | tuple):
            self._push(self._call(maker, arguments))
        else:
            self._push(maker if isinstance(maker, Record) else Record("nameless object"))

    def _reduce(self, _: Any) -> None:
        arguments, maker = self._pop(), self._pop()
        self._make(maker, arguments)

    def _new_with_keywords(self, _: Any) -> None:
        self._pop()
        self._reduce(None)

    def _obj(self, _: Any) -> None:
        maker, *arguments = self._since_mark()
        self._make(maker, arguments)

    def _inst(self, argument: Any) -> None:
        arguments = self._since_mark()
        self._global(argument)
        self._make(self._pop(), arguments)

    def _build(self, _: Any) -> None:
        """The state of the object below: never kept, and no object here has a method that takes it."""
        self._pop()
        self._top()


def _pairs(values: Sequence[Any]) -> dict[Any, Any]:
    """Keys and values in turn; what has another key than a number or a text is dropped."""
    if len(values) % 2:
        raise ValueError("a key without a value")
    pairs = zip(values[::2], values[1::2], strict=True)
    return {key: value for key, value in pairs if isinstance(key, _PLAIN)}


_HANDLERS: dict[str, Callable[[Machine, Any], None]] = {
    "MARK": Machine._mark,
    "POP": Machine._pop_any,
    "POP_MARK": lambda machine, _: _forget(machine._since_mark()),
    "DUP": lambda machine, _: machine._push(machine._top()),
    "EMPTY_LIST": lambda machine, _: machine._push([]),
    "EMPTY_TUPLE": lambda machine, _: machine._push(()),
    "EMPTY_DICT": lambda machine, _: machine._push({}),
    "EMPTY_SET": lambda machine, _: machine._push(Record("set")),
    "FROZENSET": lambda machine, _: machine._push(Record(f"frozenset of {len(machine._since_mark())}")),
    "LIST": lambda machine, _: machine._push(machine._since_mark()),
    "TUPLE": lambda machine, _: machine._push(tuple(machine._since_mark())),
    "DICT": lambda machine, _: machine._push(_pairs(machine._since_mark())),
    "TUPLE1": lambda machine, _: machine._tuple(1),
    "TUPLE2": lambda machine, _: machine._tuple(2),
    "TUPLE3": lambda machine, _: machine._tuple(3),
    "APPEND": lambda machine, _: machine._append([machine._pop()]),
    "APPENDS": lambda machine, _: machine._append(machine._since_mark()),
    "ADDITEMS": lambda machine, _: _forget(machine._since_mark()),
    "SETITEM": lambda machine, _: machine._set([machine._pop(), machine._pop()][::-1]),
    "SETITEMS": lambda machine, _: machine._set(machine._since_mark()),
    "PUT": Machine._put,
    "BINPUT": Machine._put,
    "LONG_BINPUT": Machine._put,
    "MEMOIZE": Machine._put,
    "GET": lambda machine, index: machine._push(machine._memo[index]),
    "BINGET": lambda machine, index: machine._push(machine._memo[index]),
    "LONG_BINGET": lambda machine, index: machine._push(machine._memo[index]),
    "GLOBAL": Machine._global,
    "STACK_GLOBAL": Machine._stack_global,
    "EXT1": lambda machine, code: machine._push(Record(f"extension {code}")),
    "EXT2": lambda machine, code: machine._push(Record(f"extension {code}")),
    "EXT4": lambda machine, code: machine._push(Record(f"extension {code}")),
    "REDUCE": Machine._reduce,
    "NEWOBJ": Machine._reduce,
    "NEWOBJ_EX": Machine._new_with_keywords,
    "OBJ": Machine._obj,
    "INST": Machine._inst,
    "BUILD": Machine._build,
    "PERSID": lambda machine, name: machine._push(machine._persistent(name)),
    "BINPERSID": lambda machine, _: machine._push(machine._persistent(machine._pop())),
}


def _forget(values: Sequence[Any]) -> None:
    """Items of a set, or of what a pickle threw away itself."""
