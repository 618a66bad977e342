"""Published figures: complete, sourced, conflicts kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evalkit.errors import InputError
from reports.published import COLUMNS, _read, comparable, parse_published, published, published_tables


def test_every_row_has_its_source_and_no_row_is_there_twice() -> None:
    table = published()
    assert tuple(table.columns) == COLUMNS
    assert (table["source"] != "").all()
    assert not table.duplicated().any()
    assert table["tracker"].nunique() >= 25


def test_stdtrack_has_what_its_abstract_states_and_nothing_else() -> None:
    own = published().query("tracker == 'STDTrack'")
    stated = own.dropna(subset=["value"])
    assert dict(zip(stated["quantity"], stated["value"], strict=True)) == {"gpu_fps": 192, "cpu_fps": 41}
    assert {"ao", "auc", "parameters", "macs"} <= set(own.loc[own["value"].isna(), "quantity"])


def test_conflicting_sources_stand_side_by_side() -> None:
    overview, sources = published_tables(published())
    cells = dict(zip(overview.columns, overview.rows[overview.keys.index("HiT-Small")], strict=True))
    assert cells["LaSOT AUC"].text == "60.5 / 60.4"
    assert len(sources.rows) == len(published())
    own = dict(zip(overview.columns, overview.rows[overview.keys.index("STDTrack")], strict=True))
    assert (own["GPU FPS"].text, own["LaSOT AUC"].text) == ("192", "not stated")


def test_every_tracker_is_marked_as_published() -> None:
    for table in published_tables(published()):
        assert all(row[0].text.endswith(" †") for row in table.rows)


def test_plausible_units() -> None:
    table = published().dropna(subset=["value"])
    percent = table[table["unit"] == "%"]
    assert percent["value"].between(20, 100).all()
    assert (table["value"] > 0).all()
    speeds = table[table["unit"] == "fps"]
    assert (speeds["device"] != "").all()


def test_speeds_of_like_devices_alone_are_compared() -> None:
    on_cpu = {row["tracker"]: row["fps"] for row in comparable(published(), "lasot", "auc", "AMD EPYC")}
    on_gpu = {row["tracker"]: row["fps"] for row in comparable(published(), "lasot", "auc", "NVIDIA A100")}
    assert (on_cpu["HiT-Base"], on_gpu["HiT-Base"]) == (33, 175)
    assert "STDTrack" not in on_cpu
    assert comparable(published(), "otb100", "auc", "cpu") == []


ROW = b"Other,auc,lasot,%s,%%,,,a paper\n"
HEAD = ",".join(COLUMNS).encode() + b"\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "row 1: the first line must be tracker,quantity,"),
        (b"\0" * 1000, "row 1: the first line must be tracker,quantity,"),
        (b"tracker,value\nOther,1\n", "row 1: the first line must be tracker,quantity,"),
        (HEAD + b"Other,auc\n", "row 2: has 2 columns, expected 8"),
        *(
            (HEAD + ROW % value, "row 2: .* is neither a number nor 'not stated'")
            for value in (b"nan", b"-inf", b"1e999", b"9" * 5000, b"", b"True", b"0x10", "٣".encode(), b"1_0")
        ),
        (HEAD + ROW % b"\xed\xb2\x80", "row 2: is neither UTF-8 nor marked UTF-16 text"),
        (HEAD + b'"Other\n', "is no CSV file: unexpected end of data"),
        (HEAD + ROW % (b"1" * 200_000), "is no CSV file: field larger than field limit"),
    ],
)
def test_a_file_of_somebody_else_is_one_line(content: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        parse_published(content, "published.csv")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("published.csv")


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: os.truncate(os.open(path, os.O_CREAT | os.O_RDWR), 20 << 30)])
def test_a_pipe_or_a_file_without_end_is_not_read(make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path / "published.csv")
    monkeypatch.setattr("reports.published.resources.files", lambda package: tmp_path)
    with pytest.raises(InputError, match=r"is (a pipe, not a file|larger than 1 GiB)"):
        _read.__wrapped__()
