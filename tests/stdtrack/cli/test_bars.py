"""Bars: late, on a terminal alone, gone when the work is done; names that stay distinct."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.running.steps import steps
from evalkit.shown import shortened, shortened_apart
from stdtrack.cli import bars
from stdtrack.cli.bars import LateBar, late_bar
from stdtrack.cli.progress import BarProgress


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 80 columns, as far as rich can tell."""
    for name, value in (("FORCE_COLOR", "1"), ("COLUMNS", "80"), ("TERM", "xterm")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(bars, "is_watched", lambda: True)


def work(rounds: int, seconds: float) -> None:
    for _ in steps("measuring", range(rounds)):
        time.sleep(seconds)


def test_quick_work_has_no_bar(terminal: None, capsys: pytest.CaptureFixture[str]) -> None:
    with late_bar():
        work(3, 0.0)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("background", [True, False])
def test_long_work_has_one(
    background: bool, terminal: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bars, "PATIENCE", 0.1)
    monkeypatch.setattr(bars, "REFRESHED", 0.0)
    with late_bar(background=background):
        work(6, 0.05)
    err = capsys.readouterr().err
    assert "measuring" in err
    assert "/6" in err


def test_nothing_is_drawn_behind_the_back_of_who_measures(
    terminal: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bars, "PATIENCE", 0.05)
    bar = LateBar(background=False)
    bar("measuring", 0, 2)
    time.sleep(0.3)
    assert capsys.readouterr().err == ""
    bar.close()


def test_no_bar_where_nobody_watches(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bars, "PATIENCE", 0.0)
    with late_bar():
        work(3, 0.02)
    assert capsys.readouterr() == ("", "")


def test_one_bar_is_for_all(terminal: None, capsys: pytest.CaptureFixture[str]) -> None:
    with BarProgress() as progress:
        for name in ("a", "b"):
            progress.begin(name, "otb100", sequences=2, frames=30, finished=0)
        progress.advance("a", "otb100", "one", 10, None)
        tasks = [(task.description, task.completed, task.total) for task in progress._progress.tasks if task.visible]
    assert tasks == [("all", 10, 60), ("a on otb100", 10, 30), ("b on otb100", 0, 30)]


def test_long_names_stay_distinct_in_bars(terminal: None, capsys: pytest.CaptureFixture[str]) -> None:
    specs = [f"stdtrack:nano?weights=/a/long/path/to/seed{seed}/weights/last.safetensors" for seed in (1, 2)]
    with BarProgress() as progress:
        for spec in specs:
            progress.begin(spec, "otb100", sequences=2, frames=30, finished=0)
        names = [task.description for task in progress._progress.tasks]
    assert len(set(names)) == 3
    assert all(len(name) <= 30 for name in names)


def test_a_label_stands_in_every_line(capsys: pytest.CaptureFixture[str]) -> None:
    with BarProgress({"a:b": "Ours"}.__getitem__) as progress:
        progress.begin("a:b", "otb100", sequences=1, frames=30, finished=1)
        progress.advance("a:b", "otb100", "one", 30, "it fell")
    err = capsys.readouterr().err
    assert "a:b" not in err
    assert err.count("Ours on otb100") == 3


@given(st.lists(st.text(max_size=40), unique=True, max_size=12), st.integers(8, 30))
def test_shortened_names_are_short_and_distinct(names: list[str], longest: int) -> None:
    short = shortened_apart(names, longest)
    assert list(short) == names
    assert len(set(short.values())) == len(names)
    assert all(len(text) <= longest for text in short.values())
    assert all(short[name] == name for name in names if max(map(len, names)) <= longest)


@given(st.text(max_size=60), st.integers(2, 30))
def test_a_shortened_text_keeps_both_ends(text: str, longest: int) -> None:
    short = shortened(text, longest)
    assert len(short) == min(len(text), longest)
    before, gap, behind = short.partition("…")
    assert text == short or not gap or (text.startswith(before) and text.endswith(behind)) or "…" in text
