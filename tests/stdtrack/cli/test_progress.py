"""What a run shows of itself: bars for what is not done, a line for what is."""

from __future__ import annotations

import pytest

from evalkit.shown import counted
from stdtrack.cli.progress import BarProgress, PlainProgress, make_progress


def test_counts_are_words():
    assert (counted(0), counted(1), counted(2)) == ("0 sequences", "1 sequence", "2 sequences")


@pytest.mark.parametrize("kind", [PlainProgress, BarProgress])
def test_every_end_is_told(kind, capsys):
    with kind() as progress:
        progress.begin("[a]:b", "otb100", sequences=2, frames=30, finished=5)
        progress.advance("[a]:b", "otb100", "one", 10, None)
        progress.advance("[a]:b", "otb100", "two", 20, "it fell over")
    output, messages = capsys.readouterr()
    assert output == ""
    assert "5 finished before" in messages
    assert "[a]:b on otb100: two FAILED: it fell over\n" in messages
    assert "done\n" in messages


@pytest.mark.parametrize("kind", [PlainProgress, BarProgress])
def test_a_reason_is_said_once_as_long_as_it_is_the_same(kind, capsys):
    with kind() as progress:
        progress.begin("a:b", "otb100", sequences=4, frames=40, finished=0)
        for name, reason in (("one", "no init"), ("two", "no init"), ("three", "no box"), ("four", "no init")):
            progress.advance("a:b", "otb100", name, 10, reason)
    messages = capsys.readouterr().err
    assert messages.count("FAILED: no init\n") == 2
    assert "two FAILED like the one before\n" in messages
    assert "three FAILED: no box\n" in messages


@pytest.mark.parametrize("kind", [PlainProgress, BarProgress])
def test_an_untrained_tracker_is_told_at_once(kind, capsys):
    with kind() as progress:
        assert not progress.begun
        progress.remark("stdtrack:base", "untrained")
        assert not progress.begun
        progress.begin("stdtrack:base", "otb100", sequences=1, frames=40, finished=0)
        assert progress.begun
    text = " ".join(capsys.readouterr().err.split())
    assert "stdtrack:base: untrained: its boxes and scores mean nothing; give it weights (?weights=FILE)" in text


def test_what_is_done_makes_room(capsys):
    with BarProgress() as progress:
        progress.begin("a:b", "otb100", sequences=0, frames=0, finished=5)
        progress.begin("a:b", "lasot", sequences=1, frames=30, finished=0)
        assert bars(progress) == ["a:b on lasot"]
        progress.advance("a:b", "lasot", "one", 30, None)
        assert bars(progress) == []
    assert "a:b on lasot: done\n" in capsys.readouterr().err


def bars(progress: BarProgress) -> list[str]:
    return [task.description for task in progress._progress.tasks if task.visible]


def test_no_bars_where_nobody_watches():
    assert isinstance(make_progress(), PlainProgress)
