"""The published schemas of JSON outputs (docs/schemas), and whether something fits one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "schemas"
SCHEMAS: dict[str, Any] = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.json")}
"""By name and version, such as ``score-1``."""


def closed(schema: Any) -> Any:
    """The same schema, in which an object has no other properties than those that are described.

    Readers should ignore what they do not know; here, what is written and not described is a fault.
    """
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(value) for name, value in schema.items()}
    return {"additionalProperties": False, **inner} if isinstance(inner.get("properties"), dict) else inner


CLOSED = {name: closed(schema) for name, schema in SCHEMAS.items()}
_REGISTRY = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in CLOSED.values())


def faults(name: str, content: Any) -> list[str]:
    """What in the content does not fit the schema: where, and why."""
    errors = Draft202012Validator(CLOSED[name], registry=_REGISTRY).iter_errors(content)
    return [f"{error.json_path}: {error.message[:300]}" for error in errors]
