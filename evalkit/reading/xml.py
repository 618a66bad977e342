"""XML of other people: elements with the row they begin in, and nothing that a parser could be told to do.

A document type is refused, and with it every entity: what ten lines can unfold to (a billion laughs), and what names
other files.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from evalkit.errors import InputError

_DEPTH = 64
_ENTITIES = "entities are not read; an annotation tool's export has none"


@dataclass
class Element:
    """One element: its name, its attributes, the text in it, its children, and the 1-based row where it begins."""

    tag: str
    attributes: dict[str, str]
    row: int
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, tag: str) -> Iterator[Element]:
        """Children of this name, in order."""
        return (child for child in self.children if child.tag == tag)

    def first(self, *tags: str) -> Element | None:
        """The first child, grandchild, ... by a path of names; None where there is none."""
        found: Element | None = self
        for tag in tags:
            found = None if found is None else next(found.all(tag), None)
        return found


def parse_xml(content: bytes, path: str) -> Element:
    """The root element of an XML text.

    Raises:
        InputError: with the row, it is no XML, has a document type, or is nested more than 64 deep.
    """
    reader = _Reader(path)
    try:
        reader.parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # LookupError: an encoding that nobody knows
        row = error.lineno if isinstance(error, expat.ExpatError) else None
        said = expat.errors.messages[error.code] if isinstance(error, expat.ExpatError) else str(error)
        raise InputError(f"is no XML: {said}", path=path, row=row) from error
    return reader.root.children[0]


class _Reader:
    """Builds the elements while expat tells of them."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.root = Element("", {}, 0)
        self._open = [self.root]
        self._texts: list[list[str]] = [[]]
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse_type

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self._open) > _DEPTH:
            raise InputError(f"is nested more than {_DEPTH} deep", path=self.path, row=self.parser.CurrentLineNumber)
        element = Element(tag, attributes, self.parser.CurrentLineNumber)
        self._open[-1].children.append(element)
        self._open.append(element)
        self._texts.append([])

    def _end(self, tag: str) -> None:
        self._open.pop().text = "".join(self._texts.pop())

    def _text(self, text: str) -> None:
        self._texts[-1].append(text)

    def _refuse_type(self, *declared: object) -> NoReturn:
        raise InputError("has a document type", path=self.path, row=self.parser.CurrentLineNumber, hint=_ENTITIES)
