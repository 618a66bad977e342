"""``process:``: the same boxes as without it, and clear words when a tracker breaks the rules."""

from __future__ import annotations

import shlex
import time
from pathlib import Path

import numpy as np
import pytest

from evalkit.errors import InputError
from evalkit.running.pool import WorkerPool
from evalkit.running.tracking import track
from evalkit.trackers.base import wait_at_most
from evalkit.trackers.process import parse_answer, prediction_of
from evalkit.trackers.spec import load_tracker

EXAMPLE = Path(__file__).parents[3] / "examples" / "external_tracker.py"


def test_the_example_gives_the_boxes_of_the_tracker_in_it(frames, box, python):
    outside = load_tracker(f"process:{python} {EXAMPLE}")
    direct = load_tracker("opencv:kcf")
    for _ in range(2):  # one process serves several sequences
        there, here = track(outside, frames, box), track(direct, frames, box)
        np.testing.assert_array_equal(there.boxes, here.boxes)
        np.testing.assert_array_equal(there.scores, here.scores)


TWICE = '{"box": [1, 2, 3, 4]}\n{"box": [9, 2, 3, 4]}'


def answering(python: str, *answers: str) -> str:
    code = f"import sys\nfor answer in {list(answers)!r}: sys.stdin.readline(); print(answer, flush=True)"
    return f"process:{python} -c {shlex.quote(code)}"


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (["loading weights"], r"row 1: frame 0: 'loading weights' is no JSON \(messages belong on standard error\)"),
        (["{}", '{"box": [1, 2, NaN, 4]}'], "row 2: frame 1: .* is no JSON"),
        (["{}", "[1, 2, 3, 4]"], "row 2: .* is no JSON object"),
        (["{}", '{"box": [1, 2, 3]}'], r"row 2: frame 1: 'box' is \[1, 2, 3\], not four finite numbers"),
        (["{}", '{"box": [1, 2, 3, true]}'], "not four finite numbers"),
        (["{}", '{"box": [1, 2, 3, 1e999]}'], "not four finite numbers"),
        (["{}", '{"box": [1, 2, 3, 4], "score": "high"}'], "'score' is high, not a finite number"),
        (["{}", '{"error": "out of memory"}'], "row 2: frame 1: the tracker says: out of memory"),
        (["{}"], "frame 1: the tracker ended with code 0 before it answered"),
        (["{}", '{"box": [1, 2, 3, 4], "frame": 2}'], "row 2: frame 1: the answer is for frame 2"),
        (["{}", '{"box": [1, 2, 3, 4], "frame": "1"}'], "row 2: frame 1: the answer is for frame 1"),
        (['{"frame": 1}'], "row 1: frame 0: the answer is for frame 1"),
        (["{}\n{}"], "row 2: frame 0: no request asked for '{}'"),
        (["{}", TWICE], "row 3: frame 1: no request asked for '{\"box\": \\[9, 2, 3, 4\\]}' \\(one line answers one"),
        (["{}", '{"error": {"a": ["x\\u001b\\ny"]}}'], "the tracker says: {'a': "),
    ],
)
def test_a_broken_answer_is_shown_with_its_line(frames, box, python, answers, message):
    tracker = load_tracker(answering(python, *answers))
    with pytest.raises(InputError, match=message):
        track(tracker, frames, box)


def test_a_line_without_end_is_not_waited_for(frames, box, python):
    tracker = load_tracker(f"process:{python} -c \"print('x' * (1 << 21), flush=True)\"")
    with pytest.raises(InputError, match=r"row 1: frame 0: 'xxx.* is no whole line"):
        track(tracker, frames, box)


def test_a_line_that_was_cut_off_is_no_answer():
    with pytest.raises(InputError, match="no whole line"):
        parse_answer(b'{"box": [1, 2, 3, 4]}', "process:x", 1)


def test_a_score_may_be_left_out():
    assert prediction_of({"box": [1, 2, 3, 4]}, "process:x", 1).score == 1.0


@pytest.mark.parametrize("prefix", ["process", "trax"])
def test_a_program_that_does_not_exist_is_named_before_anything_runs(prefix):
    with pytest.raises(InputError, match="there is no program 'no-such-program'"):
        load_tracker(f"{prefix}:no-such-program --fast")


def start(spec: str, frames: object, box: np.ndarray) -> None:
    track(load_tracker(spec), frames, box)  # type: ignore[arg-type]


def test_what_a_crashing_tracker_wrote_is_kept(frames, box, python):
    code = "import sys; sys.stderr.write('no such weights'); sys.exit(5)"
    with WorkerPool() as pool:
        failed = pool.submit(start, f"process:{python} -c {shlex.quote(code)}", frames, box).exception(timeout=600)
    assert "the tracker ended with code 5" in str(failed)
    assert "no such weights" in "".join(failed.__notes__)


LATE = """
import json, sys, time
for number, line in enumerate(sys.stdin):
    print(json.dumps({"box": [number, 2, 3, 4]}), flush=True)
    if number == 1:
        time.sleep(0.5)
        print(json.dumps({"box": [90, 2, 3, 4]}), flush=True)
"""


def test_an_answer_that_comes_late_is_found_before_the_next_request(frames, box, python):
    tracker = load_tracker(f"process:{python} -c {shlex.quote(LATE)}")
    tracker.init(frames.read(0), box)
    tracker.update(frames.read(1))
    time.sleep(1.5)
    with pytest.raises(InputError, match="frame 2: no request asked for"):
        tracker.update(frames.read(2))
    tracker.init(frames.read(0), box)  # with a process of its own, in step again
    assert tracker.update(frames.read(1)).box[0] == 1


NUMBERED = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps({"box": [request["frame"], 2, 3, 4], "frame": request["frame"]}), flush=True)
"""


def test_a_request_carries_the_number_of_its_frame_and_so_may_the_answer(frames, box, python):
    tracker = load_tracker(f"process:{python} -c {shlex.quote(NUMBERED)}")
    for _ in range(2):
        assert track(tracker, frames, box).boxes[1:, 0].tolist() == list(range(1, 8))


@pytest.mark.parametrize("word", ["x" * 65536, '{"box":[1,1,5,5]}\\n' * 1000])
def test_output_without_end_is_an_error_at_once(frames, box, python, word):
    code = f"import sys\nwhile True: sys.stdout.write('{word}')"
    with pytest.raises(InputError, match=r"frame 0: (no request asked for|'xxx)"):
        track(load_tracker(f"process:{python} -c {shlex.quote(code)}"), frames, box)


SILENT = {
    "never": "sys.stdin.read()",
    "not even reading": "time.sleep(600)",
    "piece by piece": "while True: sys.stdout.write(' '); sys.stdout.flush(); time.sleep(0.05)",
    "deaf to signals": "[signal.signal(s, signal.SIG_IGN) for s in (1, 2, 15)]; time.sleep(600)",
    "after the first frame": "sys.stdin.readline(); print('{}', flush=True); time.sleep(600)",
    "stopped": "os.kill(os.getpid(), signal.SIGSTOP)",
    "through a daemon": "os.fork() or (os.setsid(), os.fork() or time.sleep(600)); time.sleep(600)",
}


@pytest.mark.parametrize("code", SILENT.values(), ids=SILENT)
def test_a_tracker_that_never_answers_is_given_up(frames, box, python, code, tmp_path):
    import psutil

    mark = f"--mark={tmp_path}"
    program = f"import os, signal, sys, time\n{code}"
    tracker = load_tracker(f"process:{python} -c {shlex.quote(program)} {mark}")
    wait_at_most(tracker, 2.0)
    with pytest.raises(InputError, match=r"frame [01]: the tracker did not answer within 2 s \(a longer --timeout"):
        track(tracker, frames, box)
    assert not [each for each in psutil.process_iter(["cmdline"]) if mark in (each.info["cmdline"] or ())]


def test_a_limit_beyond_every_clock_is_none_that_is_reached(frames, box, python):
    tracker = load_tracker(f"process:{python} {EXAMPLE}")
    wait_at_most(tracker, 1e300)
    assert len(track(tracker, frames, box).boxes) == 8
