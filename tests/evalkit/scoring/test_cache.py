"""Cached scores: keyed by content, and never trusted when damaged."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evalkit.benchmarks.registry import open_benchmark
from evalkit.private_cache import VARIABLE, cache_folder
from evalkit.results.trees import read_tree
from evalkit.scoring import evaluate as evaluation
from evalkit.scoring.evaluate import Evaluated, evaluate
from evalkit.scoring.opening import Annotation

ROWS = "10,20,30,40\n" * 5


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    for folder in ("anno", "mine"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "Biker.txt").write_text(ROWS)
    return tmp_path


def score(place: Path, protocol: str = "official") -> Evaluated:
    annotation = Annotation(open_benchmark("otb100", annotations=place / "anno"))
    (results,) = read_tree(place / "mine", "otb100", annotation.inventory.present)
    return evaluate(results, annotation, (protocol,))


def forbid_scoring(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("scored again")

    monkeypatch.setattr(evaluation, "load_results", fail)


def test_the_second_score_is_the_first(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = score(place)
    forbid_scoring(monkeypatch)
    second = score(place)
    assert second.notes == first.notes
    (one,), (other,) = first.scores, second.scores
    assert replace(one, curves={}, sequences=()) == replace(other, curves={}, sequences=())
    for name, curve in one.curves.items():
        np.testing.assert_array_equal(curve.values, other.curves[name].values)
        np.testing.assert_array_equal(one.sequences[0].curves[name], other.sequences[0].curves[name])


@pytest.mark.parametrize("changed", ["anno/Biker.txt", "mine/Biker.txt"])
def test_a_changed_file_is_noticed_whatever_its_date_and_size(place: Path, changed: str) -> None:
    before = score(place).scores[0].metrics["auc"]
    path = place / changed
    date = path.stat().st_mtime_ns
    path.write_text(ROWS.replace("10,20,30,40\n10,20", "10,20,30,40\n15,20", 1))
    os.utime(path, ns=(date, date))
    assert path.stat().st_size == len(ROWS)
    assert score(place).scores[0].metrics["auc"] != before


def test_another_protocol_is_another_entry(place: Path) -> None:
    assert score(place).scores[0].protocol == "official"
    assert score(place, "pysot").scores[0].protocol == "pysot"


def checked(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


@pytest.mark.parametrize(
    "damage",
    [b"", b"{}", b"nonsense\n{}", b"\xff\xfe", *map(checked, (b"[]", b"1", b'{"score": {}}', b'{"score": 1}'))],
)
def test_a_damaged_entry_is_scored_again(place: Path, damage: bytes) -> None:
    first = score(place)
    (entry,) = (cache_folder() / "scores").glob("*.json")
    entry.write_bytes(damage)
    assert score(place).scores[0].metrics == first.scores[0].metrics


def test_a_flipped_digit_is_noticed(place: Path) -> None:
    first = score(place)
    (entry,) = (cache_folder() / "scores").glob("*.json")
    entry.write_bytes(entry.read_bytes().replace(b'"auc": 0.9', b'"auc": 0.1'))
    assert score(place).scores[0].metrics == first.scores[0].metrics


def test_a_cache_that_cannot_be_written_is_left_alone(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "file").write_text("")
    monkeypatch.setenv(VARIABLE, str(place / "file"))
    assert score(place).scores[0].metrics["precision"] == 1
