"""``profile.json``: what is written is read back."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from evalkit.errors import InputError
from reports.profile_file import FILE, FORMAT, profile_text, read_profile

TABLE = pd.DataFrame({"tracker": ["a", "b"], "p50_ms": [1.5, float("nan")], "threads": [1, 2], "note": ["", "ü <b>"]})


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    facts = {"machine": {"cpu": "one", "cores": 2}, "where": Path("/data"), "failures": {}}
    (tmp_path / FILE).write_text(profile_text(facts, {"latency": TABLE, "stages": TABLE.iloc[:0]}), encoding="utf-8")
    content = read_profile(tmp_path)
    assert content["format"] == FORMAT
    assert content["machine"] == facts["machine"]
    assert content["where"] == "/data"
    assert content["tables"]["stages"] == []
    assert content["tables"]["latency"] == [
        {"tracker": "a", "p50_ms": 1.5, "threads": 1, "note": ""},
        {"tracker": "b", "p50_ms": None, "threads": 2, "note": "ü <b>"},
    ]


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    content = {**json.loads(profile_text({"machine": {}}, {})), "format": FORMAT + 1}
    (tmp_path / FILE).write_text(json.dumps(content))
    with pytest.raises(InputError, match=f"has format {FORMAT + 1}, this version reads up to {FORMAT}"):
        read_profile(tmp_path)
