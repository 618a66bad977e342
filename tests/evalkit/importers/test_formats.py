"""What a result file looks like."""

from __future__ import annotations

import pytest

from evalkit.importers.formats import delimiter


@pytest.mark.parametrize(
    ("line", "name"), [(b"1,2,3,4", "comma"), (b"1\t2", "tab"), (b"1 2", "space"), (b"1;2", "semicolon")]
)
def test_delimiters(line: bytes, name: str) -> None:
    assert delimiter(line + b"\n5,6") == name
