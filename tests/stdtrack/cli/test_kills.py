"""Every command ended at random moments: no process lives on, no half file passes for a whole one, no traceback.

STDTRACK_KILLS is how many times each command is ended.
"""

from __future__ import annotations

import json
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import psutil
import pytest

from evalkit.benchmarks.synthetic.writer import render
from evalkit.results.submission import rules_of

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("STDTRACK_KILLS", "8"))
MARK = "STDTRACK_KILL_TEST"
PATIENCE = 60.0
"""Seconds until a process that does not end is said to live on."""
TRAINING = """
variant = "nano"
workers = 2
save_every = 1
stages = [{ steps = 4, frames = 2, batch = 2 }]
sources = [{ kind = "procedural" }]
"""
JUDGED = """
variant = "nano"
save_every = 1
stages = [{ steps = 1, frames = 1, batch = 2 }]
sources = [{ benchmark = "demo", root = "data" }]
validation = { names = ["out-of-view"], every = 1, frames = 3 }
"""
ROOT = Path(__file__).parents[3]
WEIGHTS = ROOT / "stdtrack" / "weights" / "nano.safetensors"
OUTSIDE = f"process:{sys.executable} {ROOT / 'examples' / 'external_tracker.py'}"
SERVED = f"trax:{sys.executable} -m stdtrack serve-trax '{OUTSIDE}'"
COMMANDS = {
    "run": "run opencv:kcf opencv:mosse --on demo --data data --out OUT --workers 2",
    "report": "report runs --data data --out OUT --published",
    "score": "score runs --on demo --data data --workers 2 --format csv --out OUT",
    "score table": "score runs --on demo --data data --workers 3 --per-frame OUT.csv",
    "compare": "compare runs opencv:kcf opencv:mosse --data data",
    "baseline": "baseline runs --data data --out OUT",
    "check": "check runs --baseline baseline.json --data data --junit OUT",
    "merge": "merge runs --out OUT",
    "pack": "pack got10k packed --out OUT.zip",
    "verify": "pack verify packed.zip",
    "data": "data check data",
    "complexity": "complexity stdtrack:nano",
    "profile": "profile opencv:mosse stdtrack:nano --data data --min-time 0.5 --out OUT",
    "export": "export stdtrack:nano --format torch-export --out OUT",
    "track": "track data/demo/val/out-of-view --box 20,20,30,30 --tracker opencv:kcf --out OUT.mp4",
    "train": "train training.toml --set out=OUT --resume",
    "ablate": "ablate nano --repeats 2",
    "doctor": "doctor",
    "validate": "validate judged.toml opencv:kcf opencv:mosse",
    "tune": f"tune judged.toml {WEIGHTS} --window 0.3 --out OUT.safetensors",
    "ablate jobs": "ablate --train judged.toml --set out=OUT --seeds 1 --jobs 2",
    "demo": "demo --out OUT",
    "track outside": f'track data/demo/val/out-of-view --box 20,20,30,30 --tracker "{OUTSIDE}" --out OUT.mp4',
    "serve-trax": f'run "{SERVED}" --on demo --data data --out OUT --sequences out-of-view',
    "convert": "convert runs --on demo --data data --to coco --out OUT",
    "view": "view runs --on demo --data data --rerun OUT",
    "compress": "compress stdtrack:nano --prune 0.2 --data data --min-time 0.5 --out OUT",
    "robustness": "robustness opencv:kcf --on demo --data data --only fog,sre --sequences out-of-view --out OUT",
    "stress": "stress opencv:kcf --frames 50",
    "average": f"average {WEIGHTS} {WEIGHTS} --out OUT.safetensors",
}
LONG = ("demo", "ablate jobs", "compress")
"""Commands that take long, which are ended a third as often."""
NEW = ("export", "convert", "compress")
"""Commands that write to new folders alone."""
FOLDERS = ("report", "profile", *NEW)
"""Commands whose OUT is a folder that is whole or not there."""
MEASURED = (
    *("profile", "export", "track", "track outside", "run", "serve-trax", "train", "ablate jobs", "demo", "compress"),
    *("robustness", "view"),
)
"""Commands whose files hold times, so that their names alone are compared."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data, results, a baseline, and results that can be packed."""
    root = tmp_path_factory.mktemp("kills")
    render(root / "data", frames=24)  # as many as the warm-up of `profile` needs, and some
    packed = root / "packed" / "opencv%3Akcf" / "got10k"
    packed.mkdir(parents=True)
    for name in rules_of("got10k").names:
        (packed / f"{name}.txt").write_text("1,2,3,4\n" * 40)
        (packed / f"{name}_time.txt").write_text("0.01\n" * 40)
    (root / "training.toml").write_text(TRAINING)
    (root / "judged.toml").write_text(JUDGED)
    for command in (
        "run opencv:kcf opencv:mosse --on demo --data data --out runs",
        "baseline runs --data data --out baseline.json",
        "pack got10k packed --out packed.zip",
    ):
        subprocess.run(arguments(command, "none"), cwd=root, check=True, capture_output=True)
    return root


def arguments(command: str, out: str) -> list[str]:
    """The command line with its output."""
    return [sys.executable, "-m", "stdtrack", *shlex.split(command.replace("OUT", out))]


def marked(mark: str) -> list[psutil.Process]:
    """All processes that the command with this mark in its environment has started."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def content(out: Path, command: str) -> dict[str, bytes]:
    """Every file at OUT, hidden ones too: by name, and by content where no time is in it."""
    paths = [*list(out.parent.glob(f"{out.name}*")), *out.parent.glob(f".{out.name}*")]
    files = [path for top in paths for path in (top, *top.rglob("*")) if path.is_file() and path.name != ".lock"]
    measured = command in MEASURED
    return {str(path.relative_to(out.parent)): b"" if measured else _content(path) for path in files}


def _content(path: Path) -> bytes:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return b"".join(archive.read(name) for name in sorted(archive.namelist()))
    content = path.read_bytes()
    if path.suffix == ".safetensors":  # the library writes the entries of its metadata in any order
        end = 8 + int.from_bytes(content[:8], "little")
        return json.dumps(json.loads(content[8:end]), sort_keys=True).encode() + content[end:]
    return re.sub(rb"time=\"[^\"]*\"", b"", content)


def end(command: list[str], root: Path, number: signal.Signals, after: float, group: bool) -> tuple[int, str]:
    """Start the command, send a signal after so many seconds; its exit code and what it said on stderr.

    Fails if a process lives on or still holds stdout.
    """
    mark = uuid.uuid4().hex
    with subprocess.Popen(
        command, cwd=root, env=os.environ | {MARK: mark}, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            (os.killpg if group else os.kill)(process.pid, number)
        _, messages = process.communicate(timeout=PATIENCE)  # ends when the last process lets go of both streams
    begin = monotonic()
    while left := marked(mark):
        assert monotonic() - begin < PATIENCE, f"lives on: {[each.cmdline() for each in left]}"
        sleep(0.02)
    return process.returncode, messages


def moments(seconds: float, seed: int, count: int = KILLS) -> Iterator[tuple[signal.Signals, float, bool]]:
    """Signals, seconds after the start, and whether the whole group gets them, as from a terminal."""
    rng = random.Random(seed)
    for _ in range(count):
        number = rng.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT))
        yield number, rng.uniform(0.3, 1.02) * seconds, number == signal.SIGINT and rng.random() < 0.5


@pytest.mark.parametrize("name", COMMANDS)
def test_an_end_at_any_moment_leaves_nothing_behind(place: Path, name: str) -> None:
    reference = place / f"{name.replace(' ', '-')}-reference"
    begin = monotonic()
    if name == "serve-trax":
        pytest.importorskip("trax")
    subprocess.run(arguments(COMMANDS[name], reference.name), cwd=place, check=True, capture_output=True)
    seconds = monotonic() - begin
    expected = named(reference, name)
    for kill, (number, after, group) in enumerate(
        moments(seconds, len(name), -(-KILLS // 3) if name in LONG else KILLS)
    ):
        out = place / f"{name.replace(' ', '-')}-{kill}"
        command = arguments(COMMANDS[name], out.name)
        code, messages = end(command, place, number, after, group)
        assert "Traceback" not in messages
        assert code in (0, -number, 128 + number, 130), messages
        check_out(out, name, expected)
        if name in NEW and out.exists():  # it was whole
            shutil.rmtree(out)
        subprocess.run(command, cwd=place, check=True, capture_output=True)
        assert named(out, name) == expected, "another result, or something left behind"


def named(out: Path, name: str) -> dict[str, bytes]:
    """The files of :func:`content` with OUT for the name of the output, in their text too."""
    files = content(out, name)
    return {key.replace(out.name, "OUT"): value.replace(out.name.encode(), b"OUT") for key, value in files.items()}


def check_out(out: Path, name: str, expected: dict[str, bytes]) -> None:
    """What a command that was ended has left to be seen: whole files, and no folder that is half there."""
    hidden = re.compile(r"(^|/)\.")
    shown = {key: value for key, value in named(out, name).items() if not hidden.search(key)}
    if name == "profile":  # its folder is there from the beginning, for rendered scenes
        assert shown.keys() in (set(), expected.keys()) or (out / "INCOMPLETE").exists()
    elif name in FOLDERS:
        assert shown.keys() in (set(), expected.keys())
    if name not in ("train", "ablate jobs"):  # which keep their last checkpoints only
        assert shown.items() <= expected.items() or (out / "INCOMPLETE").exists()


def test_an_earlier_report_survives(place: Path) -> None:
    out = place / "earlier"
    command = arguments(COMMANDS["report"], out.name)
    begin = monotonic()
    subprocess.run(command, cwd=place, check=True, capture_output=True)
    seconds = monotonic() - begin
    before = content(out, "report")
    for number, after, group in moments(0.95 * seconds, seed=1):
        _code, _ = end(command, place, number, after, group)
        if not (out / "INCOMPLETE").exists():
            assert {key: value for key, value in content(out, "report").items() if ".partial" not in key} == before
    subprocess.run(command, cwd=place, check=True, capture_output=True)
    assert content(out, "report") == before


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP])
def test_a_server_that_is_ended_costs_its_sequence_and_leaves_nothing(place: Path, number: signal.Signals) -> None:
    pytest.importorskip("trax")
    out = place / f"server-{number.name}"
    command = arguments(f"{COMMANDS['serve-trax']} --timeout 3", out.name)
    mark = uuid.uuid4().hex
    with subprocess.Popen(
        command, cwd=place, env=os.environ | {MARK: mark}, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        begin = monotonic()
        while not (servers := [each for each in marked(mark) if "serve-trax" in each.cmdline()]):
            assert monotonic() - begin < PATIENCE
            assert process.poll() is None
            sleep(0.02)
        servers[-1].send_signal(number)
        _, messages = process.communicate(timeout=10 * PATIENCE)
    assert process.returncode == 3, messages
    assert "Traceback" not in messages
    while left := marked(mark):
        assert monotonic() - begin < 10 * PATIENCE, f"lives on: {[each.cmdline() for each in left]}"
        sleep(0.02)
