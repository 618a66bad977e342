"""Tables as data, and as Markdown, CSV and LaTeX."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.markup import comma_separated, escape_latex, latex, latex_grid, markdown, markdown_grid, plain
from reports.tables import Cell, Table, attribute_table, ranks, score_table, sequence_table, speed_table
from reports.views import views

NASTY = [
    "<script>alert(1)</script>",
    "a|b",
    "50%_$x$ & {y} #1 ~^\\",
    "spaces and /slashes/",
    "[link](http://x)",
    "*b* `c`",
]


def scores(made):
    return score_table(views(made)[0], made)


def test_caption_states_part_protocol_and_setting(tables) -> None:
    caption = scores(tables(2, 5, total=100)).caption
    for words in (
        "5 of 100 sequences",
        "protocol official",
        "scope track",
        "eager",
        "2 threads",
        "Example CPU",
        "95 %",
    ):
        assert words in caption


def test_values_are_those_of_the_score_table(tables) -> None:
    made = tables(3, 4)
    table = scores(made)
    overall = made.scores[made.scores["sequence"].isna()].set_index(["tracker", "metric"])["value"]
    for key, row in zip(table.keys, table.rows, strict=True):
        assert row[1].value == overall[key, "auc"]
        assert row[1].text == f"{100 * overall[key, 'auc']:.1f}"


def test_left_out_speeds_say_why(tables) -> None:
    made = tables(2, 2)
    figures = ["fps_median", "fps_mean", "p50_ms", "p90_ms", "p99_ms"]
    speeds = made.speeds.assign(note="left out: 2 workers shared the machine", **dict.fromkeys(figures, np.nan))
    made = replace(made, speeds=speeds)
    table = scores(made)
    assert "FPS" not in table.columns
    assert "2 workers shared the machine" in table.caption
    detail = speed_table(views(made)[0], speeds)
    assert detail is not None
    assert detail.rows[0][-1].text == "left out: 2 workers shared the machine"
    assert detail.rows[0][5].text == "–"


def test_speeds_of_two_settings_are_not_put_in_one_column(tables) -> None:
    made = tables(2, 2)
    speeds = made.speeds.copy()
    speeds.loc[0, "threads"] = 1
    assert "FPS" not in scores(replace(made, speeds=speeds)).columns


def test_best_three_are_marked_in_every_format(tables) -> None:
    table = scores(tables(5, 4))
    assert [row[1].rank for row in table.rows] == [1, 2, 3, None, None]
    for text, marks in (
        (markdown(table), ("**", "<ins>", "*")),
        (latex(table), (r"\textbf", r"\underline", r"\textit")),
    ):
        body = [line for line in text.splitlines() if line.startswith(("| tracker", "tracker"))]
        for line, mark in zip(body, marks, strict=False):
            assert mark in line
        assert not any(mark in body[3].split("|")[2] for mark in marks if "|" in body[3])


@given(st.lists(st.floats(0, 1), min_size=2, max_size=8))
def test_equal_values_share_a_rank(values: list[float]) -> None:
    found = ranks(pd.Series(values, index=[str(at) for at in range(len(values))]))
    best = {at for at, value in enumerate(values) if value == max(values)}
    assert {int(name) for name, rank in found.items() if rank == 1} == best


def test_csv_keeps_full_precision_and_repeats_its_context(tables) -> None:
    made = tables(2, 3, total=9)
    rows = list(csv.DictReader(io.StringIO(comma_separated(scores(made)))))
    assert {row["part"] for row in rows} == {"3 of 9 sequences"}
    assert {row["protocol"] for row in rows} == {"official"}
    assert float(rows[0]["AUC"]) == scores(made).rows[0][1].value


@pytest.mark.parametrize("name", NASTY)
def test_names_cannot_break_a_table(tables, name: str) -> None:
    table = scores(tables([name, "plain"], 2))
    columns = len(table.columns)
    for line in markdown(table).splitlines()[2:]:
        assert len(re.findall(r"(?<!\\)\|", line)) == columns + 1
    assert "<script" not in markdown(table)
    assert list(csv.reader(io.StringIO(comma_separated(table))))[1][3] in (name, "plain")
    for line in latex(table).splitlines():
        if line.endswith(r"\\") and "tabular" not in line:
            assert len(re.findall(r"(?<!\\)&", line)) == columns - 1


@given(st.text(max_size=40))
def test_latex_has_no_bare_special_character(text: str) -> None:
    escaped = escape_latex(text)
    for command in (
        r"\\textbackslash\{\}",
        r"\\text(asciitilde|asciicircum|less|greater|bar|quotedbl)\{\}",
        r"\\dag\{\}",
    ):
        escaped = re.sub(command, "", escaped)
    escaped = re.sub(r"\\[&%$#_{}]", "", escaped).replace(r"$\Delta$", "")
    assert not set(escaped) & set("\\&%$#_{}~^<>|")


def test_long_tables_run_over_pages() -> None:
    rows = tuple((Cell(f"s{number}"), Cell("1.0", 1.0)) for number in range(60))
    text = latex(Table("long", "Long.", ("a", "b"), rows, (False, True)))
    assert r"\begin{longtable}{lr}" in text
    assert r"\begin{table}" not in text


def test_sequence_and_attribute_tables(tables) -> None:
    made = tables(3, 4)
    (view,) = views(made)
    by_sequence, by_attribute = sequence_table(view), attribute_table(view, made.attributes)
    assert by_sequence is not None
    assert by_attribute is not None
    assert by_sequence.column_keys == ("", *view.trackers)
    assert len(by_sequence.rows) == 4
    assert by_attribute.columns[1] == "IV (2)"
    assert attribute_table(view, made.attributes.iloc[:0]) is None


def test_a_row_of_one_cell_stands_above_the_rows_that_it_names() -> None:
    cells = [[Cell("KCF")], [Cell("all"), Cell("0.5", 0.5)], [Cell("OCC"), Cell("-12.25", -12.25)]]
    table = Table("t", "c", ("part", "AUC"), tuple(map(tuple, cells)), (False, True))
    assert plain(table).splitlines() == ["  part     AUC", "  ----  ------", "KCF", "  all      0.5", "  OCC   -12.25"]
    assert markdown_grid(table).splitlines()[2:4] == ["| KCF |  |", "| all | 0.5 |"]
    assert comma_separated(table).splitlines() == ["part,AUC", "KCF,", "all,0.5", "OCC,-12.25"]
    assert r"KCF &  \\" in latex_grid(table)
