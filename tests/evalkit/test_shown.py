"""Names from outside cannot act where they are shown."""

from __future__ import annotations

import csv
import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.shown import escape_latex, escape_markdown, one_line, shown_names, spreadsheet

HOSTILE = {
    "newline": "a\n::error::b",
    "carriage return": "a\rb",
    "escape": "a\x1b[31mb\x1b[2J",
    "C1": "a\x9b31mb",
    "bell": "\x07a\x08\x08",
    "null": "a\0b",
    "right to left": "a\u202egnp.exe",
    "isolate": "a\u2066b\u2069",
    "zero width": "cs\u200brt",
    "joiner": "cs\u2060rt\ufeff",
    "soft hyphen": "cs\u00adrt",
    "filler": "a\u3164b\u115fc",
    "variation": "a\ufe0fb",
    "tag": "a\U000e0041b",
    "line separator": "a\u2028b\u2029c",
    "surrogate": "a\udc80b",
    "private": "a\ue000b",
    "workflow": "::error file=a::b",
    "old workflow": "a ##[error]b",
    "blank": " \t ",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_is_shown_is_one_line_of_visible_characters(text: str) -> None:
    shown = one_line(text)
    assert all(character == " " or unicodedata.category(character)[0] not in "CZ" for character in shown)
    assert not shown.startswith("::")
    assert "##[" not in shown
    assert shown == shown.strip()


@given(st.text())
def test_any_text_is_one_line_and_shown_the_same_again(text: str) -> None:
    shown = one_line(text)
    assert len(shown.splitlines()) <= 1
    assert one_line(shown) == shown
    shown.encode()


@given(st.text(alphabet=":a #[", max_size=30), st.integers(0, 30))
def test_a_folded_text_has_no_command_at_any_line_s_beginning(text: str, at: int) -> None:
    assert not one_line(text, folded=True)[at:].lstrip().startswith("::")


@pytest.mark.parametrize(
    "name", ["opencv:csrt", "stdtrack:nano?weights=a.b", "my.pkg:Make_it", "aten::mm", "Straße", "跟踪"]
)
def test_ordinary_names_are_as_they_were(name: str) -> None:
    assert one_line(name) == name == spreadsheet(name)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1", "\u200b=1"])
def test_no_cell_of_text_is_a_formula(text: str) -> None:
    stream = io.StringIO()
    csv.writer(stream).writerow([spreadsheet(text)])
    (cell,) = next(csv.reader(io.StringIO(stream.getvalue())))
    assert cell[0] == "'"


def test_markdown_has_neither_html_nor_links_nor_tables() -> None:
    text = escape_markdown("<b>|`x`[a](http://b) www.c.d *e* _f_")
    assert text == r"&lt;b&gt;\|\`x\`\[a\](http\://b) www\.c.d \*e\* \_f\_"


def test_latex_has_no_commands() -> None:
    assert escape_latex("\\input{/etc/passwd}%\n$x$") == r"\textbackslash{}input\{/etc/passwd\}\% \$x\$"


def test_names_that_look_alike_are_told_apart() -> None:
    names = ["csrt", "cs\u200brt", "cs rt", "csrt (2)", "csrt\u200b"]
    shown = shown_names(names)
    assert shown["csrt"] == "csrt"
    assert len(set(shown.values())) == len(names)
