"""Fills the page's template: text from outside is escaped, and a policy in the page forbids any foreign script."""

from __future__ import annotations

import base64
import hashlib
import json
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports.claims import claims_table
from reports.inputs import ReportTables
from reports.page.payload import payload
from reports.profiles import profile_tables
from reports.published import published_tables
from reports.quality_view import quality_view
from reports.robustness import robustness_tables
from reports.tables import attribute_table, score_table, sequence_table, speed_table
from reports.views import View, labels

SCRIPTS = (
    *("core.js", "export.js", "zoom.js", "chart.js", "contents.js", "tables.js", "overview.js", "speeds.js"),
    *("frames.js", "player.js", "sequences.js", "difference.js", "main.js"),
)
HIGHLIGHT = "highlight.js"


def render_page(tables: ReportTables, views: tuple[View, ...]) -> str:
    """The report as one HTML document that loads nothing from anywhere."""
    environment = Environment(
        loader=PackageLoader("reports.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    scripts = (*SCRIPTS[:-1], *([HIGHLIGHT] if tables.named.highlight or tables.named.order else []), SCRIPTS[-1])
    script = "\n".join(_asset(name) for name in scripts)
    return environment.get_template("report.html.j2").render(
        title=" · ".join(dict.fromkeys(view.title for view in views)),
        style=Markup(_asset("page.css")),
        script=Markup(script),
        script_hash=_hash(script),
        data=embed_json(payload(tables, views)),
        views=[_sections(view, tables) for view in views],
        profiles=profile_tables(tables.profiles, tables.facts),
        claims=claims_table(tables),
        published=[] if tables.published.empty else published_tables(tables.published),
        hardware=tables.hardware,
        methods=tables.methods,
        trackers=labels(tables.trackers, tables.facts),
        indices={name: at for at, name in enumerate(tables.trackers)},
    )


def _sections(view: View, tables: ReportTables) -> dict[str, Any]:
    return {
        "key": view.key,
        "title": view.title,
        "protocol": view.protocol,
        "scores": score_table(view, tables) if view.headline else None,
        "speeds": speed_table(view, tables.speeds),
        "attributes": attribute_table(view, tables.attributes),
        "sequences": sequence_table(view),
        "quality": quality_view(view, tables),
        "robustness": _robustness(view, tables),
    }


def _robustness(view: View, tables: ReportTables) -> dict[str, Any] | None:
    """Tables, plots as PNG and example frames of a benchmark's variations; None where there are none."""
    made = robustness_tables(tables.robustness, view.benchmark, view.protocol)
    if not made:
        return None
    from reports.plots.canvas import look, render
    from reports.plots.robustness import draw

    with look():
        plots = [(plot.caption, _data(render(plot, ("png",))["png"], "png")) for plot in draw(tables, view)]
    examples = [
        (name, _data(each.jpeg, "jpeg")) for (key, name), each in tables.examples.items() if key == view.benchmark
    ]
    return {"tables": made, "plots": plots, "examples": examples}


def _data(content: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _asset(name: str) -> str:
    return resources.files("reports.page").joinpath("templates", name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    """A script's name in a Content-Security-Policy."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def embed_json(value: object) -> Markup:
    r"""JSON that is safe inside a script element, whatever strings it holds.

    >>> embed_json({"name": "</script>"})
    Markup('{"name":"\\u003c/script\\u003e"}')
    """
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)
