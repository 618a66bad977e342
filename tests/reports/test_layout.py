"""Tables on a terminal: they fit, nothing is escaped, and nothing that tells rows apart is left out."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from rich.console import Console

from reports.layout import column_blocks, numbered_notes, shared_settings
from reports.profiles import profile_table
from reports.robustness import variation_table
from reports.tables import Table
from reports.terminal import print_table

TRACKERS = ("stdtrack:nano", "onnx:nanotrack_v3 [int8]")


def latency(notes: tuple[str, str] = ("", "")) -> Table:
    columns = {"tracker": TRACKERS, "backend": ("eager", "onnx:int8"), "threads": (1, 1), "device": ("cpu", "cpu")}
    columns |= {"scope": ("track", "track"), "p50_ms": (14.25, 3.5), "p90_ms": (15.0, 4.0), "p99_ms": (1900.0, 5.0)}
    columns |= {"fps_median": (70.2, 285.7), "fps_mean": (60.1, 270.0), "waited": (0.01, 0.2), "note": notes}
    return profile_table("latency", pd.DataFrame(columns))


def shown(table: Table, width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    print_table(table, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [60, 80, 140])
def test_every_value_is_shown_unescaped_within_the_width(width: int) -> None:
    text = shown(latency(("slow; odd", "odd")), width)
    assert max(map(len, text.splitlines())) <= width
    for value in ("stdtrack:nano ", "onnx:nanotrack_v3 [int8]", "14.25", "1900.00", "70.2", "270.0", "20.0%"):
        assert value in text
    assert "\\" not in text
    assert "note 1: slow" in text
    assert "note 2: odd" in text


def test_settings_that_all_rows_share_are_told_once_and_those_that_differ_stay() -> None:
    table, shared = shared_settings(latency())
    assert shared == {"threads": "1", "device": "cpu"}
    assert "backend" in table.columns
    assert "note" not in table.columns  # empty
    assert all(len(row) == len(table.columns) == len(table.numeric) for row in table.rows)


def test_notes_are_numbered_and_equal_ones_share_a_number() -> None:
    table, notes = numbered_notes(latency(("slow; odd", "odd")))
    assert notes == ("slow", "odd")
    assert [row[-1].text for row in table.rows] == ["1, 2", "2"]


def test_a_narrow_terminal_gets_blocks_that_each_name_their_rows() -> None:
    table = latency()
    blocks = column_blocks(table, 60)
    assert len(blocks) > 1
    assert all(block.columns[:2] == ("tracker", "scope") for block in blocks)
    assert {name for block in blocks for name in block.columns} == set(table.columns)
    assert len(column_blocks(table, 300)) == 1
    # Even where nothing fits, every column is in some block.
    assert {name for block in column_blocks(table, 5) for name in block.columns} == set(table.columns)


def test_variations_of_many_trackers_are_named_in_every_block() -> None:
    facts = {"benchmark": "otb100", "protocol": "official", "metric": "auc", "kind": "weather", "variation": "fog"}
    facts |= {"level": 3, "value": 0.5, "clean": 0.6, "clips": 10}
    facts |= dict.fromkeys(("psnr", "ssim", "queries"), float("nan"))
    table = variation_table(pd.DataFrame([{**facts, "tracker": f"tracker_{at}"} for at in range(12)]), "otb100")
    blocks = column_blocks(table, 80)
    assert len(blocks) > 1
    assert all(block.columns[:3] == ("Kind", "Variation", "Level") for block in blocks)
