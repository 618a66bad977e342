"""``baseline.json``: what is written comes back, and nothing else is believed."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import InputError
from evalkit.regression.file import (
    Baseline,
    Record,
    SequenceRecord,
    dump_baseline,
    load_baseline,
    read_baseline,
    write_baseline,
)
from evalkit.scoring.scores import Curve


def make_baseline(sequences: int = 2, tracker: str = "a:b?c=d") -> Baseline:
    rng = np.random.default_rng(0)
    records = {
        f"s{index}": SequenceRecord(
            100, {"auc": rng.random(), "ao": rng.random()}, "ab" * 32, (1.25, 2.0, 3.0, 1 / 3), rng.random()
        )
        for index in range(sequences)
    }
    curves = {
        name: Curve(np.linspace(0, 1, size), rng.random(size))
        for name, size in (("success", 21), ("precision", 51), ("normalized_precision", 51))
    }
    metrics = {"auc": 0.5, "precision": None}
    return Baseline((Record(tracker, "otb100", "official", "f" * 64, metrics, curves, records),), "0.1.0")


def test_comes_back_as_it_was(tmp_path: Path) -> None:
    baseline = make_baseline()
    write_baseline(baseline, tmp_path / "baseline.json")
    record, before = read_baseline(tmp_path / "baseline.json").records[0], baseline.records[0]
    assert record.key == before.key
    assert record.sequences == before.sequences
    assert record.metrics == before.metrics
    np.testing.assert_allclose(record.curves["success"].values, before.curves["success"].values, atol=5e-7)


def test_a_missing_score_comes_back_as_nan(fits) -> None:
    sequence = SequenceRecord(0, {"auc": float("nan")}, "ab" * 32)
    record = Record("a:b", "demo", "official", "f", {}, {}, {"s": sequence})
    text = dump_baseline(Baseline((record,)))
    fits("baseline-1", json.loads(text))
    loaded = load_baseline(text).records[0].sequences["s"]
    assert np.isnan(loaded.metrics["auc"])
    assert (loaded.initial_box, loaded.seconds) == (None, None)


def test_writing_twice_gives_the_same_bytes() -> None:
    text = dump_baseline(make_baseline())
    assert dump_baseline(load_baseline(text)) == text


def test_one_sequence_a_line() -> None:
    lines = dump_baseline(make_baseline(5)).splitlines()
    assert sum('"boxes"' in line for line in lines) == 5


def test_lasot_fits_into_a_hundred_kilobytes() -> None:
    assert len(dump_baseline(make_baseline(280))) < 100_000


def test_update_replaces_by_key_and_keeps_the_rest() -> None:
    first, second = make_baseline(2, "x:y"), make_baseline(3, "x:y").updated(make_baseline(1, "a:b").records)
    assert [(r.tracker, len(r.sequences)) for r in first.updated(second.records).records] == [("a:b", 1), ("x:y", 3)]


def _edit(change: Callable[[dict[str, Any]], object]) -> str:
    content = json.loads(dump_baseline(make_baseline()))
    change(content)
    return json.dumps(content)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no JSON"),
        ("[" * 100_000, "nested more than 64 deep"),
        ('{"format": NaN, "records": []}', "NaN is no number"),
        ("[]", "no baseline"),
        ('{"format": 1}', "no baseline"),
        (_edit(lambda c: c.update(format=2)), "has format 2, this version reads up to 1"),
        (_edit(lambda c: c.update(format="1")), "format is '1'"),
        (_edit(lambda c: c.update(records={})), "records is no list"),
        (_edit(lambda c: c["records"].append(c["records"][0])), "two records"),
        (_edit(lambda c: c["records"][0].pop("fingerprint")), r"records\[0\] has no 'fingerprint'"),
        (_edit(lambda c: c["records"][0].update(tracker=1)), r"records\[0\].tracker is no text"),
        (_edit(lambda c: c["records"][0].update(tracker="\ud800")), "surrogate"),
        (_edit(lambda c: c["records"][0]["sequences"]["s0"].update(initial_box=[1, 2])), "2 numbers instead of 4"),
        (_edit(lambda c: c["records"][0]["sequences"]["s0"]["metrics"].update(auc="x")), "auc is no finite number"),
        (_edit(lambda c: c["records"][0]["sequences"]["s0"]["metrics"].update(auc=1e300)), "1e\\+300, no fraction"),
        (_edit(lambda c: c["records"][0]["sequences"]["s0"].update(seconds=-1)), "-1.0, no time of a frame"),
        (_edit(lambda c: c["records"][0]["curves"]["success"]["x"].pop()), "20 thresholds and 21 values"),
        ('{"format": 1, "records": [{"tracker": 1e999}]}', "1e999 is beyond every number"),
    ],
)
def test_refuses_and_names_what_is_wrong(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read_baseline(path)
    assert caught.value.path == path


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="stdtrack baseline RUNS"):
        read_baseline(tmp_path / "none.json")


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="UTF-8"):
        read_baseline(tmp_path / "b.json")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(json_values, st.sampled_from(["format", "records", "tracker", "metrics", "curves", "sequences"]))
def test_any_json_in_any_field_is_read_or_refused(value: object, field: str) -> None:
    content = json.loads(dump_baseline(make_baseline()))
    (content if field in ("format", "records") else content["records"][0])[field] = value
    with contextlib.suppress(InputError):
        assert isinstance(load_baseline(json.dumps(content)), Baseline)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(InputError):
        load_baseline(text)
