"""The schemas of docs/schemas: sound, versioned as the code is, and able to refuse."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from evalkit.regression.file import FORMAT as BASELINE_FORMAT
from reports.profile_file import FORMAT as PROFILE_FORMAT
from reports.score_formats import to_json
from stdtrack.cli.main import cli
from tests.schemas import FOLDER, SCHEMAS, faults

SCORE = {
    **{"tracker": "a", "benchmark": "otb100", "protocol": "official", "metrics": {"auc": 0.5, "ao": None}},
    **{"sequences_scored": 1, "sequences_total": 2, "missing": ["Biker"], "excluded": [], "shortcoming": ""},
    **{"total_verified": True, "remark": ""},
}
COMPLEXITY = {
    **{"parameters": 3, "init": {"macs": 1, "flops": 2}, "frame": {"macs": 4, "flops": 8}, "counter": "by hand"},
    "by_module": [{"part": "frame", "module": "", "parameters": 3, "macs": 4, "flops": 8}],
    "uncounted": [{"part": "frame", "operator": "aten.relu", "calls": 1, "reason": "element-wise"}],
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_it_is_a_schema_that_says_its_name_and_version(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    kind, version = name.rsplit("-", 1)
    assert SCHEMAS[name]["$id"] == f"urn:stdtrack:{kind}:{version}"
    assert kind in cli.list_commands(None)  # type: ignore[arg-type]


def test_versions_are_those_that_the_code_writes() -> None:
    for kind, version in (("baseline", BASELINE_FORMAT), ("profile", PROFILE_FORMAT)):
        assert SCHEMAS[f"{kind}-{version}"]["properties"]["format"]["const"] == version
        assert f"{kind}-{version + 1}" not in SCHEMAS


def test_the_page_of_formats_names_each_schema() -> None:
    text = (FOLDER.parent / "formats.md").read_text(encoding="utf-8")
    assert [name for name in SCHEMAS if f"schemas/{name}.json" not in text] == []


def test_the_projects_own_baseline_fits() -> None:
    path = Path(__file__).parent / "regression" / "baseline.json"
    assert faults("baseline-1", json.loads(path.read_text(encoding="utf-8"))) == []


def test_no_scores_are_an_empty_array() -> None:
    assert faults("score-1", json.loads(to_json([]))) == []


def damaged(content: Any, at: str = "$") -> Iterator[tuple[str, Any]]:
    """Copies of a content, each with one member gone, renamed or of another kind."""
    for name in content if isinstance(content, dict) else range(len(content)):
        others = [[]] if isinstance(content, list) else [None, "gone", "renamed"]
        for damage in others:
            changed = copy.deepcopy(content)
            value = changed.pop(name)
            if damage == "renamed":
                changed[f"{name}s"] = value
            elif damage is None:
                changed[name] = {"what": "is this"}
            elif damage == []:
                changed.insert(name, None)
            yield f"{at}.{name} {damage}", changed


@pytest.mark.parametrize(("name", "content"), [("score-1", [SCORE]), ("complexity-1", COMPLEXITY)])
def test_what_is_missing_misspelt_or_of_another_kind_is_refused(name: str, content: Any) -> None:
    assert faults(name, content) == []
    item, wrap = (content[0], lambda item: [item]) if isinstance(content, list) else (content, lambda item: item)
    optional = {"$.init gone"}
    taken = {what for what, changed in damaged(item) if not faults(name, wrap(changed))}
    assert taken <= optional, taken


def test_a_profile_holds_complexities_as_they_are_told_alone() -> None:
    tracker = SCHEMAS["profile-1"]["properties"]["trackers"]["additionalProperties"]
    assert tracker["properties"]["complexity"]["anyOf"][0]["$ref"] == SCHEMAS["complexity-1"]["$id"]
