"""What continuous integration reads: JUnit XML, a Markdown summary, GitHub's annotation lines, JSON."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

from evalkit.regression.paired_bound import MeanBounds
from evalkit.regression.verdicts import Comparison, Verdict
from evalkit.shown import escape_markdown, one_line

LISTED_SEQUENCES = 5

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def sentence(comparison: Comparison) -> str:
    """One comparison in a line.

    >>> sentence(Comparison("opencv:csrt", "demo", "official", "auc", Verdict.NOT_COMPARABLE, ("fingerprint: other",)))
    'opencv:csrt on demo (official): not comparable: fingerprint: other'
    """
    what = f"{comparison.tracker} on {comparison.benchmark} ({comparison.protocol}): {comparison.verdict}"
    if comparison.verdict is Verdict.NOT_COMPARABLE:
        return one_line(f"{what}: {'; '.join(comparison.reasons)}")
    figures = f"{comparison.before:.4f} -> {comparison.after:.4f}, {_interval(comparison.difference)}"
    return one_line(f"{what}: {comparison.metric} {figures}, sequences: {_count(comparison)}")


def as_json(comparisons: Sequence[Comparison]) -> list[dict[str, Any]]:
    """Plain objects for ``--format json``; a number that does not exist is null."""
    return [
        {
            "tracker": c.tracker,
            "benchmark": c.benchmark,
            "protocol": c.protocol,
            "metric": c.metric,
            "verdict": str(c.verdict),
            "reasons": list(c.reasons),
            "baseline": _number(c.before),
            "current": _number(c.after),
            "difference": _number(c.difference.mean),
            "lower_bound": _number(c.difference.lower),
            "upper_bound": _number(c.difference.upper),
            "sequences": len(c.changes),
            "identical": c.identical,
            "changes": {change.sequence: [_number(change.before), _number(change.after)] for change in c.changes},
        }
        for c in comparisons
    ]


def junit_xml(comparisons: Sequence[Comparison]) -> str:
    """A JUnit test suite with a case a comparison: worse is a failure, not comparable an error."""
    suite = ElementTree.Element("testsuite", name="stdtrack check", tests=str(len(comparisons)))
    for verdict, attribute in ((Verdict.WORSE, "failures"), (Verdict.NOT_COMPARABLE, "errors")):
        suite.set(attribute, str(sum(c.verdict is verdict for c in comparisons)))
    for comparison in comparisons:
        name = _xml_text(f"{one_line(comparison.tracker)} {comparison.metric or 'accuracy'} ({comparison.protocol})")
        case = ElementTree.SubElement(suite, "testcase", classname=_xml_text(one_line(comparison.benchmark)), name=name)
        element = {Verdict.WORSE: "failure", Verdict.NOT_COMPARABLE: "error"}.get(comparison.verdict)
        message = _xml_text(sentence(comparison))
        if element is None:
            ElementTree.SubElement(case, "system-out").text = message
        else:
            kind = str(comparison.verdict).replace(" ", "-")
            detail = ElementTree.SubElement(case, element, type=kind, message=message)
            detail.text = _xml_text("\n".join((sentence(comparison), *details(comparison))))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def markdown_summary(comparisons: Sequence[Comparison]) -> str:
    """A table of verdicts, then what lies behind each that is worse, and why others cannot be compared."""
    head = ("Tracker", "Benchmark", "Protocol", "Metric", "Baseline", "Now", "Difference", "Sequences", "Verdict")
    lines = ["## Accuracy against the baseline", "", _row(head), _row(["---"] * len(head))]
    lines += [_row(_cells(comparison)) for comparison in comparisons]
    for comparison in comparisons:
        if comparison.verdict in (Verdict.WORSE, Verdict.NOT_COMPARABLE):
            title = f"{comparison.tracker} on {comparison.benchmark}: {comparison.verdict}"
            lines += ["", f"### {escape_markdown(title)}", ""]
            lines += [f"- {escape_markdown(line)}" for line in details(comparison)]
    return "\n".join(lines) + "\n"


def github_annotations(comparisons: Sequence[Comparison], warnings: Sequence[str] = ()) -> list[str]:
    """``::error`` for what is worse, ``::warning`` for what cannot be compared and for ``warnings``."""
    levels = {Verdict.WORSE: "error", Verdict.NOT_COMPARABLE: "warning"}
    annotations = [(levels[c.verdict], str(c.verdict), sentence(c)) for c in comparisons if c.verdict in levels]
    annotations += [("warning", "not checked", one_line(text)) for text in warnings]
    return [
        f"::{level} title={_escape_property(f'stdtrack check: {title}')}::{_escape_data(text)}"
        for level, title, text in annotations
    ]


def details(comparison: Comparison) -> list[str]:
    """Lines on what lies behind a verdict: reasons, the sequences that lost most, the points where curves fell most."""
    lost = [change for change in comparison.changes if change.difference < 0][:LISTED_SEQUENCES]
    lines = [
        *comparison.reasons,
        *(f"{c.sequence}: {c.before:.4f} -> {c.after:.4f} ({c.difference:+.4f})" for c in lost),
        *(f"{c.curve} curve at {c.threshold:g}: {c.before:.4f} -> {c.after:.4f}" for c in comparison.curves),
    ]
    return [one_line(line) for line in lines]


def _cells(comparison: Comparison) -> list[str]:
    named = [comparison.tracker, comparison.benchmark, comparison.protocol, comparison.metric]
    figures = ["", "", "", ""]
    if comparison.verdict is not Verdict.NOT_COMPARABLE:
        means = [f"{value:.4f}" for value in (comparison.before, comparison.after)]
        figures = [*means, _interval(comparison.difference), _count(comparison)]
    return [*named, *figures, str(comparison.verdict)]


def _interval(bounds: MeanBounds) -> str:
    return f"{bounds.mean:+.4f} (one-sided bounds {bounds.lower:+.4f}, {bounds.upper:+.4f})"


def _count(comparison: Comparison) -> str:
    same = f" ({comparison.identical} with identical boxes)" if comparison.identical else ""
    return f"{len(comparison.changes)}{same}"


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell if cell == "---" else escape_markdown(cell) for cell in cells) + " |"


def _xml_text(text: str) -> str:
    """Drop the characters that XML 1.0 cannot hold at all."""
    return _NOT_XML.sub("\ufffd", text)


def _escape_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")
