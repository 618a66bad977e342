"""The Python blocks of the texts run, in the folder of the docstrings' examples."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SETTING = (("RESULTS", "results"), ("otb100", "folder"), ("/data", "clips"))
"""What a reader would put in place of the README's placeholders."""


def python_blocks(path: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", ["README.md", "docs/python.md"])
def test_the_blocks_of_a_text_run_one_after_another(
    name: str, examples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shutil.copytree(examples, tmp_path / "examples"))
    monkeypatch.setenv("STDTRACK_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("STDTRACK_DATA", raising=False)
    text = "\n".join(python_blocks(ROOT / name))
    for placeholder, replacement in SETTING if name == "README.md" else ():
        text = text.replace(placeholder, replacement)
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "mine, theirs on folder" in done.stdout
    written = {"README.md": "success.pdf", "docs/python.md": "baseline.json"}[name]
    assert Path(written).stat().st_size > 0
