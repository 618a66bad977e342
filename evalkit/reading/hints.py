"""What a line holds that is no row of numbers, and what to do about it: a hint for the error that refuses it."""

from __future__ import annotations

import re

_POINT = "write numbers with a decimal point and a comma between them: 1.5,2.5,3.5,4.5"
_ALONE = "a row is x,y,w,h alone"
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_GROUPED = re.compile(
    r"[+-]?(\d{1,3}(\.\d{3})+,\d+|\d{1,3}(,\d{3})+\.\d+|\d{1,3}(['’.]\d{3}){2,}|\d{1,3}(['’]\d{3})+([.,]\d+)?)"
)
_PLAIN = re.compile(r"[+-]?\d+(\.\d+)?|nan", re.IGNORECASE)
_NO_VALUE = re.compile(r"(?<![\w.])(none|null|nil|n/?a|#n/a|undefined|-|\?)(?![\w.])", re.IGNORECASE)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
# In this order: the first that the line holds is told.
_SIGNS = (
    (re.compile("\0"), "NUL bytes: a binary file, or UTF-16 without its byte order mark"),
    (re.compile(r"[\[\](){}]"), f"brackets, as Python prints lists: {_ALONE}"),
    (re.compile(r"\d['’]\d{3}(?!\d)"), f"thousands separators: {_POINT}"),
    (re.compile(r"[\"']"), f"quotation marks: {_ALONE}"),
    (re.compile(r"\d_\d"), "digits with underscores between them: leave these out"),
    (re.compile(r"\b0[xX][0-9a-fA-F]"), "a hexadecimal number: write it in decimal"),
    (re.compile(r"[=:]"), f"names beside the numbers: {_ALONE}"),
    (re.compile(r"%"), "percent signs: boxes are in pixels"),
)


def hint_of_commas(line: str, columns: int = 0) -> str | None:
    """What to do about commas within numbers, where something else stands between them; None if there are none.

    Args:
        columns: how many numbers the line should have; 0 if that is not known.

    >>> hint_of_commas("1,5;2,5;3;4"), hint_of_commas("1,5 2,5", 4), hint_of_commas("0,05", 1) is None
    ('decimal commas: write numbers with a decimal point and a comma between them: 1.5,2.5,3.5,4.5', None, False)
    """
    fields = re.split(r"\s*;\s*|\s+", line.strip(" \t;"))
    if len(fields) != columns if columns else len(fields) < 2:
        return None
    grouped, commas = ([bool(form.fullmatch(field)) for field in fields] for form in (_GROUPED, _DECIMAL_COMMA))
    known = zip(fields, grouped, commas, strict=True)
    if not all(group or comma or _PLAIN.fullmatch(field) for field, group, comma in known):
        return None
    if any(grouped):
        return f"thousands separators: {_POINT}"
    return f"decimal commas: {_POINT}" if any(commas) else None


def hint_of_eight(line: str) -> str | None:
    """What eight numbers may be where four are wanted, all with commas between them; None for any other line.

    >>> hint_of_eight("10,5,20,0,30,0,24,0"), hint_of_eight("1,2,3,4")
    ('a polygon, or decimal commas: a row is x,y,w,h with a decimal point', None)
    """
    fields = line.strip().split(",")
    is_eight = len(fields) == 8 and all(_PLAIN.fullmatch(field.strip(" +-")) for field in fields)
    return "a polygon, or decimal commas: a row is x,y,w,h with a decimal point" if is_eight else None


def _decoded(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")


def hint_of(line: bytes, columns: int = 0) -> str | None:
    """What is odd about a line that is no row of numbers; None if nothing known is.

    Args:
        columns: how many numbers it should have; 0 if that is not known.

    >>> hint_of(b"[1, 2, 3, 4]")
    'brackets, as Python prints lists: a row is x,y,w,h alone'
    """
    text = _decoded(line[:1000])
    hint = (
        hint_of_commas(text, columns)
        or (hint_of_eight(text) if columns == 4 else None)
        or next((hint for sign, hint in _SIGNS if sign.search(text)), None)
    )
    if hint is not None:
        return hint
    missing = _NO_VALUE.search(text)
    if missing is not None:
        return f"'{missing[0]}': write NaN in every column of a frame without a box"
    odd = _NOT_ASCII.search(text)
    return None if odd is None else f"U+{ord(odd[0]):04X} is no part of a number: plain ASCII is expected"
