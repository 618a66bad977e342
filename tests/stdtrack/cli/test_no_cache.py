"""``--no-cache``, and a cache that cannot be used: scored all the same, and said."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from evalkit.private_cache import VARIABLE
from evalkit.scoring.cache import SCORES
from stdtrack.cli.compare import compare
from stdtrack.cli.report import report
from stdtrack.cli.score import score

COMMANDS = {"score": score, "compare": compare, "report": report}
ROWS = "0,1,30,40\n" * 4


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    for path in (
        "anno/one.txt",
        "anno/two.txt",
        "runs/A/one.txt",
        "runs/A/two.txt",
        "runs/B/one.txt",
        "runs/B/two.txt",
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(ROWS if "B/two" not in path else ROWS.replace("30", "20"))
    return tmp_path


def command(place: Path, *arguments: str) -> Result:
    where = ["--on", "folder", "--annotations", str(place / "anno")]
    result = CliRunner().invoke(COMMANDS[arguments[0]], [str(place / "runs"), *arguments[1:], *where])
    assert result.exit_code == 0, result.output
    return result


def forge(place: Path) -> None:
    """Entries that would be believed."""
    for path in (place / "cache" / "scores").iterdir():
        entry = json.loads(path.read_bytes().partition(b"\n")[2])
        body = json.dumps(entry | {"metrics": entry["metrics"] | {"auc": 0.125}}).encode()
        path.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)


def figures(result: Result) -> list[float]:
    return [round(each["metrics"]["auc"], 4) for each in json.loads(result.stdout)]


def test_scores_are_neither_taken_nor_kept(place: Path) -> None:
    right = figures(command(place, "score", "--format", "json", "--no-cache"))
    assert right[0] == 0.9524
    assert SCORES.usage() == (0, 0)
    assert figures(command(place, "score", "--format", "json")) == right
    assert SCORES.usage()[0] == 2
    forge(place)
    assert figures(command(place, "score", "--format", "json")) == [0.125, 0.125]
    assert figures(command(place, "score", "--format", "json", "--no-cache")) == right
    assert figures(command(place, "score", "--format", "json", "--no-cache", "--workers", "2")) == right


@pytest.mark.parametrize("arguments", [("compare", "A", "B"), ("report", "--only", "tables", "--out")])
def test_other_commands_keep_nothing_either(place: Path, arguments: tuple[str, ...]) -> None:
    arguments = (*arguments, str(place / "report")) if arguments[-1] == "--out" else arguments
    command(place, *arguments, "--no-cache")
    assert SCORES.usage() == (0, 0)
    command(place, *arguments)
    assert SCORES.usage()[0] == 2


def test_why_the_cache_is_not_used_is_said_once(place: Path) -> None:
    (place / "cache").mkdir()
    (place / "cache").chmod(0o777)
    result = command(place, "score", "--format", "json")
    assert figures(result)[0] == 0.9524
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("cache of scores: ")]
    assert line.startswith(f"cache of scores: not used: others can write to {place / 'cache'}")
    assert "cache of scores" not in command(place, "score", "--no-cache").stderr
