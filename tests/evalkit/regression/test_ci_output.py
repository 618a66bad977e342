"""What continuous integration reads must survive every name."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from evalkit.regression.ci_output import as_json, github_annotations, junit_xml, markdown_summary
from evalkit.regression.paired_bound import MeanBounds
from evalkit.regression.verdicts import Comparison, CurveChange, SequenceChange, Verdict

HOSTILE = "a:b|<script>&]]>,%\n::error::x\x00\ud7ff`*_"

WORSE = Comparison(
    HOSTILE,
    "demo",
    "official",
    "auc",
    Verdict.WORSE,
    before=0.7,
    after=0.5,
    difference=MeanBounds(-0.2, -0.3, -0.1),
    changes=tuple(SequenceChange(f"{HOSTILE}{index}", 0.7, 0.5) for index in range(7)),
    curves=(CurveChange("success", 0.65, 0.8, 0.4),),
)
SAME = Comparison(
    "c:d", "demo", "official", "auc", Verdict.SAME, (), 0.5, 0.5, MeanBounds(0.0, 0.0, 0.0),
    (SequenceChange("s", 0.5, 0.5),), (), 1,
)  # fmt: skip
NOT = Comparison("e:f", "otb100", "official", "auc", Verdict.NOT_COMPARABLE, ("fingerprint: other annotation",))
ALL = (WORSE, SAME, NOT)


def test_junit_counts_and_holds_every_name() -> None:
    suite = ElementTree.fromstring(junit_xml(ALL)).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "1")
    cases = suite.findall("testcase")
    assert [[child.tag for child in case] for case in cases] == [["failure"], ["system-out"], ["error"]]
    assert str(cases[0].get("name")).startswith("a:b|<script>&]]>")
    failure = cases[0].find("failure")
    assert failure is not None
    assert "0.7000 -> 0.5000" in str(failure.text)
    assert "success curve at 0.65" in str(failure.text)


def test_markdown_keeps_its_table_and_runs_no_html() -> None:
    text = markdown_summary(ALL)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(ALL)
    assert {row.replace("\\|", "").count("|") for row in rows} == {10}
    assert "<script>" not in text
    assert "::error" not in "".join(line[:7] for line in text.splitlines())


def test_markdown_lists_the_five_worst_sequences() -> None:
    worst = [line for line in markdown_summary(ALL).splitlines() if line.startswith("- a:b")]
    assert len(worst) == 5


def test_annotations_are_one_line_each_and_escaped() -> None:
    lines = github_annotations(ALL, ["g:h on demo: no results, 100 %"])
    assert [line.split(" ")[0] for line in lines] == ["::error", "::warning", "::warning"]
    assert all(line.startswith("::") for line in lines)
    assert all(" ::" not in line and "%0A" not in line for line in lines)
    assert not any("\n" in line or "\r" in line for line in lines)
    assert "title=stdtrack check%3A worse::" in lines[0]
    assert lines[2].endswith("g:h on demo: no results, 100 %25")


def test_json_has_null_for_what_does_not_exist() -> None:
    content = json.loads(json.dumps(as_json(ALL), allow_nan=False))
    assert [item["verdict"] for item in content] == ["worse", "same", "not comparable"]
    assert content[2]["difference"] is None
    assert content[2]["reasons"] == ["fingerprint: other annotation"]
    assert content[1]["changes"] == {"s": [0.5, 0.5]}


def test_an_infinite_bound_is_null() -> None:
    alone = Comparison("a:b", "demo", "official", "auc", Verdict.SAME, difference=MeanBounds(0.0, -float("inf"), 1.0))
    assert as_json([alone])[0]["lower_bound"] is None


@pytest.mark.parametrize("render", [junit_xml, markdown_summary, github_annotations, as_json])
def test_nothing_to_say_is_no_error(render: object) -> None:
    assert callable(render)
    assert render(()) is not None
