"""What a report scores: frames are kept where they are shown, and variations come from the cache."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from evalkit.scoring import evaluate
from evalkit.scoring.evaluate import Told
from stdtrack.api.report_scores import ReportScores, score_all

VARIED = "folder+grey@3"


@pytest.fixture
def with_variation(make_runs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Results of one tracker on a benchmark and on a variation of it; an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    runs: Path = make_runs({"one": 1.0})
    shutil.copytree(runs / "one" / "folder", runs / "one" / VARIED)
    manifest = runs / "one" / VARIED / "run.json"
    manifest.write_text(manifest.read_text().replace('"name": "folder"', f'"name": "{VARIED}"'))
    return runs


def scored(runs: Path, *, frames: bool = True) -> ReportScores:
    return score_all(runs, (), (None, None), (), (), Told(), frames=frames, cached=True)


def kept(found: ReportScores) -> dict[str, bool]:
    """Whether frames were kept, by benchmark."""
    scores = [score for part in found.every for score in part.scores]
    return {score.benchmark: all(each.detail is not None for each in score.sequences) for score in scores}


def test_frames_are_kept_of_what_is_shown(with_variation: Path) -> None:
    found = scored(with_variation)
    assert [score.benchmark for score in found.scores] == ["folder"]
    assert found.robustness["variation"].tolist() == ["grey"]
    assert kept(found) == {"folder": True, VARIED: False}
    assert not any(kept(scored(with_variation, frames=False)).values())


def test_a_variation_is_scored_once(with_variation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = scored(with_variation)
    again = []
    plain = evaluate._score
    monkeypatch.setattr(evaluate, "_score", lambda *facts: again.append(facts[1].benchmark.key) or plain(*facts))
    assert scored(with_variation).robustness.equals(first.robustness)
    assert again == ["folder"]


def test_a_variation_without_its_benchmarks_results_is_shown_as_any_benchmark(with_variation: Path) -> None:
    shutil.copytree(with_variation / "one" / "folder", with_variation / "two" / "folder")
    shutil.rmtree(with_variation / "one" / "folder")
    found = scored(with_variation)
    assert [score.benchmark for score in found.scores] == ["folder", VARIED]
    assert kept(found) == {"folder": True, VARIED: True}
    assert found.robustness.empty
