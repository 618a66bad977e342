"""Figures as PGF, which a LaTeX document sets in its own letters; written where LaTeX is installed to measure them."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.text import Text

from evalkit.shown import escape_latex

PROGRAMS = ("pdflatex", "lualatex", "xelatex")


@cache
def tex_program() -> str | None:
    """The LaTeX that is installed; None where none is."""
    return next((program for program in PROGRAMS if shutil.which(program)), None)


def has_pictures(figure: Figure) -> bool:
    """The figure holds images, which PGF in one file cannot."""
    return bool(figure.findobj(AxesImage))


def pgf(figure: Figure, program: str) -> bytes:
    """A laid out figure without images as PGF; names in it are no commands of TeX.

    Args:
        program: of :data:`PROGRAMS`.
    """
    settings: Any = {"pgf.texsystem": program, "pgf.rcfonts": False}
    buffer = io.BytesIO()
    with mpl.rc_context(settings), _escaped(figure):
        figure.savefig(buffer, format="pgf")
    return buffer.getvalue()


@contextmanager
def _escaped(figure: Figure) -> Iterator[None]:
    """The figure with every text in it as LaTeX prints it, restored afterwards."""
    texts = [(text, text.get_text()) for text in figure.findobj(Text)]
    for text, plain in texts:
        text.set_text("\n".join(map(escape_latex, plain.split("\n"))))
    try:
        yield
    finally:
        for text, plain in texts:
            text.set_text(plain)
