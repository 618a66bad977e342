"""What a shell offers behind Tab: click's own completion, with benchmarks and trackers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

STDTRACK = str(Path(sys.executable).with_name("stdtrack"))


def offered(line: str, shell: str = "zsh") -> list[str]:
    """What click answers a shell that asks for the last word of a line."""
    words = line.split(" ")
    asked = {"_STDTRACK_COMPLETE": f"{shell}_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run([STDTRACK], env={**os.environ, **asked}, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    return lines[1::3]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("stdtrack ro", ["robustness"]),
        ("stdtrack run opencv:c", ["opencv:csrt"]),
        ("stdtrack run openc", ["opencv:csrt", "opencv:kcf"]),
        ("stdtrack run opencv:csrt --on otb", ["otb100", "otb2013", "otb50"]),
        ("stdtrack run opencv:csrt --on dtb70,uav20", ["dtb70,uav20l"]),
        ("stdtrack score runs --protocol off", ["official"]),
        ("stdtrack report runs --style cv", ["cvpr"]),
        ("stdtrack report runs --only plots,t", ["plots,tables"]),
        ("stdtrack track walk.mp4 --layout t", ["tiles"]),
        ("stdtrack track walk.mp4 --tracker opencv:k", ["opencv:kcf"]),
    ],
)
def test_words_are_offered(line: str, words: list[str]) -> None:
    found = offered(line)
    assert found[: len(words)] == words or set(words) <= set(found)
    assert all(word.startswith(line.split(" ")[-1]) for word in found)


def test_prefixes_are_offered_before_names() -> None:
    found = offered("stdtrack run o")
    assert {"opencv:", "onnx:", "ostrack:"} <= set(found)


@pytest.mark.skipif(shutil.which("bash") is None, reason="skipped: no bash")
def test_bash_takes_the_script_that_the_docs_name() -> None:
    script = (
        f'PATH="{Path(STDTRACK).parent}:$PATH"; eval "$(_STDTRACK_COMPLETE=bash_source stdtrack)"; '
        "COMP_WORDS=(stdtrack run opencv:mo); COMP_CWORD=2; _stdtrack_completion stdtrack; echo ${COMPREPLY[@]}"
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "opencv:mosse", done.stderr
