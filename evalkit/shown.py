"""Names and messages as they are shown: text from outside cannot act on a terminal, a log, a page or a spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Letters and marks that Unicode counts as printable and nobody sees: Hangul and Khmer fillers, joiners, variation
# selectors, the blank pattern of Braille. Control, format (direction of writing, zero width), surrogate, private and
# unassigned characters are no printable ones for Python already.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_COMMAND = re.compile(r"(?<!\S):(?=:)|##(?=\[)")
_COMMAND_IF_FOLDED = re.compile(r":(?=:)|##(?=\[)")
"""What GitHub Actions takes a line of a log for a command by: ``::`` at its beginning, ``##[`` anywhere."""
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
UNNAMED = "unnamed"
_MARKDOWN_SPECIAL = re.compile(r"([\\`*_{}\[\]#|~$])")
_LINK = re.compile(r":(?=//)|(?<=www)\.")
"""What makes an address a link without any brackets."""
_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "–": "--",
    "†": r"\dag{}",
    "∆": r"$\Delta$",
}


def one_line(text: str, *, folded: bool = False) -> str:
    r"""Text in one line of visible characters: everything else, and a run of blanks, becomes one space.

    What GitHub Actions would take for a command is taken apart: ``##[``, and ``::`` where a line may begin.

    Args:
        folded: the text may be broken into lines within a word, as in a table's narrow column.

    >>> one_line("a\x1b[31m\nb\u202e"), one_line("::error::x aten::mm")
    ('a [31m b', ': :error::x aten::mm')
    """
    visible = "".join(character if character.isprintable() else " " for character in _INVISIBLE.sub(" ", text))
    command = _COMMAND_IF_FOLDED if folded else _COMMAND
    return command.sub(lambda found: f"{found[0]} ", " ".join(visible.split()))


def spreadsheet(text: str) -> str:
    """Text that a spreadsheet takes for text: what it would take for a formula begins with an apostrophe.

    >>> spreadsheet("=1+1"), spreadsheet("csrt")
    ("'=1+1", 'csrt')
    """
    shown = one_line(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def escape_markdown(text: str) -> str:
    r"""Text that Markdown shows as it is.

    >>> print(escape_markdown("a_b|<i>"))
    a\_b\|&lt;i&gt;
    """
    plain = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _LINK.sub(r"\\\g<0>", _MARKDOWN_SPECIAL.sub(r"\\\1", plain))


def escape_latex(text: str) -> str:
    r"""Text that LaTeX prints as it is.

    >>> print(escape_latex("50%_a"))
    50\%\_a
    """
    return "".join(_LATEX.get(character, character) for character in one_line(text))


def shown_names(names: Iterable[str]) -> dict[str, str]:
    r"""Each name as it is shown; names that look alike then are numbered, an invisible one is called unnamed.

    >>> shown_names(["a", "a\u200b", "\n"])
    {'a': 'a', 'a\u200b': 'a (2)', '\n': 'unnamed'}
    """
    shown: dict[str, str] = {}
    taken: set[str] = set()
    for name in dict.fromkeys(names):
        plain = text = one_line(name) or UNNAMED
        number = 1
        while text in taken:
            number += 1
            text = f"{plain} ({number})"
        taken.add(text)
        shown[name] = text
    return shown


def shortened(text: str, longest: int, head: int | None = None) -> str:
    """A long text with its middle left out.

    Args:
        longest: letters, at least 2.
        head: how many of them stand before the gap; as many as behind it by default.

    >>> shortened("a" * 50, 9)
    'aaaa…aaaa'
    """
    if len(text) <= longest:
        return text
    before = (longest - 1) // 2 if head is None else head
    return f"{text[:before]}…{text[len(text) - (longest - 1 - before) :]}"


def shortened_apart(names: Iterable[str], longest: int) -> dict[str, str]:
    """Names with their middles left out where they are too long, at one place in all, so that they stay distinct.

    Where no place tells them apart, they are numbered.

    Args:
        longest: letters, at least 8.

    >>> shortened_apart(["net?weights=/runs/seed1/last.pt", "net?weights=/runs/seed2/last.pt"], 16)
    {'net?weights=/runs/seed1/last.pt': 'net?we…1/last.pt', 'net?weights=/runs/seed2/last.pt': 'net?we…2/last.pt'}
    """
    texts = list(dict.fromkeys(names))
    half = (longest - 1) // 2
    for head in sorted(range(longest), key=lambda at: abs(at - half)):
        short = {text: shortened(text, longest, head) for text in texts}
        if len(set(short.values())) == len(texts):
            return short
    marks = {text: f" ({number})" for number, text in enumerate(texts, 1)}
    return {text: shortened(text, longest - len(mark)) + mark for text, mark in marks.items()}


def counted(count: int, what: str = "sequence") -> str:
    """``1 sequence``, ``2 sequences``."""
    return f"{count} {what}{'' if count == 1 else 's'}"
