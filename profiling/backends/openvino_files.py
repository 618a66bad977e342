"""OpenVINO's pair of files, looked through before the runtime sees it: layers in XML, and the weights' bytes."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from evalkit.errors import InputError, one_line

_SET = re.compile(r"opset\d+")
_PLACE = re.compile(r"path|dir$|file|library|plugin", re.IGNORECASE)


def check_openvino(path: Path) -> Path:
    """The weights' file of a .xml file that holds layers of OpenVINO's own sets and names no other file.

    Raises:
        InputError: it is no such file, a layer needs an extension, or weights reach beyond their file.
    """
    weights = path.with_suffix(".bin")
    for file in (path, weights):
        if not file.is_file():
            raise InputError("missing file of an OpenVINO network", path=file)
    if weights.is_symlink() and weights.resolve().parent != path.resolve().parent:
        raise InputError("is a link to another folder", path=weights, hint="put the weights beside the .xml file")
    for element in _read(path).iter():
        _check(element, weights.stat().st_size, path)
    return weights


def _read(path: Path) -> ElementTree.Element:
    try:
        text = path.read_bytes().decode("utf-8")
        if "<!" in re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL):
            raise ValueError("it declares entities")
        root = ElementTree.fromstring(text)
    except (OSError, ValueError, ElementTree.ParseError, RecursionError) as error:
        raise InputError(f"is no OpenVINO network: {one_line(error)}", path=path) from error
    if root.tag != "net" or root.find("layers") is None:
        raise InputError("is no OpenVINO network: it has no layers", path=path)
    return root


def _check(element: ElementTree.Element, size: int, path: Path) -> None:
    odd = next((name for name in (element.tag, *element.attrib) if _PLACE.search(name)), None)
    if odd is not None:
        raise InputError(f"names another file in '{odd[:80]}'", path=path)
    if element.tag == "layer" and not _SET.fullmatch(element.get("version", "")):
        name, kind = element.get("name", "")[:80], element.get("version", "")[:80]
        raise InputError(f"layer '{name}' is of '{kind}', which would need an extension", path=path)
    if element.tag == "data" and "offset" in element.attrib:
        begin, length = element.get("offset", ""), element.get("size", "")
        if not (begin.isdecimal() and length.isdecimal() and int(begin[:20]) + int(length[:20]) <= size):
            raise InputError(f"weights reach beyond the .bin file: {begin[:20]} + {length[:20]} of {size}", path=path)
