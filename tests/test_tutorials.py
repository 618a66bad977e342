"""Each tutorial runs as it stands, block after block, in one folder and one interpreter."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_docs import TUTORIALS, lines, reason, without_comment

BLOCK = re.compile(r"(?:^`([\w./]+)`\n\n)?^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHOWN = ("yaml", "latex", "text")
"""Languages of blocks that are for other programs."""
FASTER = (
    (r'render\("data"\)', 'render("data", frames=17)'),
    ("opencv:csrt", "opencv:medianflow"),
    (r"stdtrack profile (.*)", r"stdtrack profile \1 --min-time 0.1"),
    ("min_time=1", "min_time=0.1"),
)
"""What makes a tutorial short; nothing else is changed."""
DRIVER = """
import json, sys
from pathlib import Path

if __name__ == "__main__":
    from stdtrack.cli.main import main
    names = {"__name__": "notebook"}
    for kind, name, content in json.loads(Path(sys.argv[1]).read_text()):
        sys.path.insert(0, str(Path.cwd()))
        if kind == "file":
            Path(name).write_text(content)
        elif kind == "python":
            exec(compile(content, "tutorial", "exec"), names)
        else:
            try:
                main(content)
            except SystemExit as end:
                if end.code:
                    sys.exit(f"{name}: exit code {end.code}")
"""


def steps(page: Path) -> list[tuple[str, str, object]]:
    """Files to write, Python to run and commands to give, in the page's order."""
    found: list[tuple[str, str, object]] = []
    for name, language, block in BLOCK.findall(page.read_text(encoding="utf-8")):
        for pattern, replacement in FASTER:
            block = re.sub(pattern, replacement, block)
        if name:
            found.append(("file", name, block))
        elif language == "python":
            found.append(("python", "", block))
        elif language == "sh":
            commands = [without_comment(line) for line in lines(block) if reason(line) is None]
            assert all(line.startswith("stdtrack ") for line in commands), commands
            found += [("command", line, shlex.split(line)[1:]) for line in commands]
        else:
            assert language in SHOWN, f"{page.name}: nobody runs a block of {language}"
    return found


def test_there_are_five_and_none_is_empty() -> None:
    assert len(TUTORIALS) == 5
    assert all(len([step for step in steps(page) if step[0] == "command"]) >= 2 for page in TUTORIALS)


def marked(page: Path) -> object:
    slow = [pytest.mark.slow] if "stdtrack profile " in page.read_text(encoding="utf-8") else []
    return pytest.param(page, id=page.stem, marks=slow)


@pytest.mark.parametrize("page", [marked(page) for page in TUTORIALS])
def test_it_runs_from_the_first_block_to_the_last(page: Path, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    (tmp_path / "driver.py").write_text(DRIVER)
    (tmp_path / "steps.json").write_text(json.dumps(steps(page)))
    environment = {**os.environ, "STDTRACK_CACHE": str(tmp_path / "cache")}
    environment.pop("STDTRACK_DATA", None)
    command = [sys.executable, str(tmp_path / "driver.py"), str(tmp_path / "steps.json")]
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    for path in re.findall(r"[`{]((?:report|profile)/[\w./-]+)[`}]", page.read_text(encoding="utf-8")):
        assert (place / path).exists(), f"the page speaks of {path}"
