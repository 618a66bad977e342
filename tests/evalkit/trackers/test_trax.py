"""TraX both ways: our server behind our client gives the boxes of the tracker itself."""

from __future__ import annotations

import gc
import shlex
from types import SimpleNamespace

import numpy as np
import pytest

from evalkit.errors import InputError
from evalkit.running.tracking import track
from evalkit.trackers.base import wait_at_most
from evalkit.trackers.spec import TrackerSpec, load_tracker

trax = pytest.importorskip("trax")

from evalkit.trackers.trax_regions import confidence, initial_region, region_box  # noqa: E402
from evalkit.trackers.trax_server import to_image  # noqa: E402

HELLO = '@@TRAX:hello "trax.name=x" "trax.image={images};" "trax.region=rectangle;" "trax.version=4" '
HELLO += '"trax.channels=color;" \n'


def test_our_server_behind_our_client_gives_the_same_boxes(frames, box, python):
    served = load_tracker(f"trax:{python} -m stdtrack serve-trax opencv:kcf")
    direct = load_tracker("opencv:kcf")
    for _ in range(2):
        there, here = track(served, frames, box), track(direct, frames, box)
        np.testing.assert_array_equal(there.boxes, here.boxes)
        np.testing.assert_array_equal(there.scores, here.scores)


SERVER = """
import sys
greeting, *answers = [text.replace("HUGE", 1100000 * "x") for text in {texts!r}]
sys.stdout.write(greeting)
for answer in answers:
    sys.stdout.flush()
    line = b"x"
    while line and not line.startswith(b"@@TRAX:frame"):
        line = sys.stdin.buffer.readline()
    sys.stdout.write(answer)
"""


def talking(python: str, *texts: str, images: str = "memory", greeting: str = HELLO) -> str:
    """A server that says hello, then each text after a request, and ends: libtrax waits for ever for an answer."""
    code = SERVER.format(texts=[greeting.format(images=images), *texts])
    return f"trax:{python} -c {shlex.quote(code)}"


@pytest.mark.parametrize("images", ["memory", "buffer", "path"])
def test_a_box_and_a_confidence_come_back_whatever_the_images(frames, box, python, images):
    state = '@@TRAX:state "1.5,2.25,3,4" "confidence=0.25" \n'
    tracker = load_tracker(talking(python, state, state, images=images))
    tracker.init(frames.read(0), box)
    prediction = tracker.update(frames.read(1))
    np.testing.assert_array_equal(prediction.box, [1.5, 2.25, 3, 4])
    assert prediction.score == 0.25


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('@@TRAX:state "one,two" \n', "waiting for response.*the last it said is '@@TRAX:state \"one,two\"'"),
        ('@@TRAX:state "1,2,nan,4" \n', "'1,2,nan,4' is no region"),
        ('@@TRAX:state "1,2,x,4" \n', "'1,2,x,4' is no region"),
        ('@@TRAX:state "1,2,,4" \n', "'1,2,,4' is no region"),
        ("@@TRAX:state \n", "waiting for response|0 objects"),
        ('@@TRAX:bogus "1,2,3,4" \n', "a message that is no state or quit.*@@TRAX:bogus"),
        ('@@TRAX:quit "trax.reason=out of memory" \n', "out of memory"),
        ('@@TRAX:state "1,2,3,4" "confidence=high" \n', "'high' is no number"),
    ],
)
def test_a_broken_answer_is_reported(frames, box, python, line, message):
    tracker = load_tracker(talking(python, '@@TRAX:state "1,2,3,4" \n', line))
    tracker.init(frames.read(0), box)
    with pytest.raises(InputError, match=f"frame 1: .*({message})"):
        tracker.update(frames.read(1))


STATE = '@@TRAX:state "1,2,3,4" \n'
OUT_OF_STEP = {
    "an answer before the request": ([HELLO + STATE], 0),
    "two answers to the first frame": ([HELLO, 2 * STATE], 0),
    "two answers to a frame": ([HELLO, STATE, STATE + STATE, STATE], 1),
    "two answers between words": ([HELLO, STATE, "busy\n" + STATE + "still busy\n" + STATE, STATE], 1),
}


@pytest.mark.parametrize("manner", OUT_OF_STEP)
def test_a_server_out_of_step_is_found_at_the_frame(frames, box, python, manner):
    (greeting, *texts), frame = OUT_OF_STEP[manner]
    tracker = load_tracker(talking(python, *texts, greeting=greeting))
    with pytest.raises(InputError, match=f"frame {frame}: no request asked for '@@TRAX:state"):
        track(tracker, frames, box)


HOSTILE = {
    "half a message": ([HELLO, STATE, '@@TRAX:state "1,2,3'], "frame 1: .*the last it said is '@@TRAX:state \"1,2,3'"),
    "half a greeting": (["@@TRAX:hel"], "frame 0: .*the last it said is '@@TRAX:hel'"),
    "half a property": ([HELLO[:35]], "frame 0: .*the last it said is '@@TRAX:hello"),
    "half an image format": ([HELLO[:60]], "frame 0: .*the last it said is '@@TRAX:hello"),
    "no word": ([""], "frame 0: .*ended with code 0"),
    "two objects": ([HELLO, STATE, '@@TRAX:state "1,2,3,4" "5,6,7,8" \n'], "frame 1: "),
    "a huge line": ([HELLO, STATE, '@@TRAX:state "HUGE'], "frame 1: a line of more than 1048576 bytes"),
    "a huge greeting": (["HUGE"], "frame 0: a line of more than 1048576 bytes"),
    "an answer to something else": ([HELLO, '@@TRAX:hello "trax.version=4" \n'], "frame 0: "),
    "a mask as large as a house": (
        [HELLO, STATE, '@@TRAX:state "mask:0,0,999999999,999999999,0,1" \n'],
        "'mask:0,0,999999999,999999999,0,1' is no region",
    ),
    "a mask of words": ([HELLO, STATE, '@@TRAX:state "MASK:here" \n'], "'MASK:here' is no region"),
    "a mask behind a box": ([HELLO, STATE, '@@TRAX:state "1,2,3,4" "mask:0,0,9,9,99" \n'], "is no region"),
    "a mask that does not fit": (
        [HELLO, STATE, '@@TRAX:state "mask:0,0,2,2,1,9" \n'],
        "'mask:0,0,2,2,1,9' is no region",
    ),
    "a mask without pixels": ([HELLO, STATE, '@@TRAX:state "mask:0,0,5,5" \n'], "frame 1: "),
    "a region of no size": ([HELLO, STATE, '@@TRAX:state "1,2,1e999,4" \n'], "frame 1: "),
    "bytes": ([HELLO, STATE, "\udc80\udcff\0\n@@TRAX:state \udcfe\n"], "frame 1: "),
}


@pytest.mark.parametrize("manner", HOSTILE)
def test_a_hostile_server_fails_its_frame_and_the_next_sequence_starts_anew(frames, box, python, manner):
    (greeting, *texts), message = HOSTILE[manner]
    command = talking(python, *texts, greeting=greeting).removeprefix("trax:")
    tracker = load_tracker(f"trax:env PYTHONIOENCODING=utf-8:surrogateescape {command}")
    for _ in range(2):
        with pytest.raises(InputError, match=message):
            track(tracker, frames, box)


def test_words_before_an_answer_are_no_answer(frames, box, python):
    texts = ["loading\n" + STATE, *(f"frame {number}\n" + STATE for number in range(1, 8))]
    found = track(load_tracker(talking(python, *texts)), frames, box)
    np.testing.assert_array_equal(found.boxes[1:], np.tile([1, 2, 3, 4], (7, 1)))


def test_what_a_client_says_at_its_end_goes_to_no_other_file(frames, box, python, tmp_path):
    """libtrax writes a last message to the number of its pipe, which may be another file's by then."""
    tracker = load_tracker(talking(python, STATE, "@@TRAX:bogus\n"))
    tracker.init(frames.read(0), box)
    with pytest.raises(InputError, match="frame 1"):
        tracker.update(frames.read(1))
    files = [(tmp_path / str(number)).open("wb", buffering=0) for number in range(20)]
    del tracker
    gc.collect()
    for file in files:
        file.close()
    assert [path.read_bytes() for path in tmp_path.iterdir()] == 20 * [b""]


def test_a_special_region_says_that_the_target_is_lost(frames, box, python):
    tracker = load_tracker(talking(python, '@@TRAX:state "1,2,3,4" \n', '@@TRAX:state "1" \n'))
    tracker.init(frames.read(0), box)
    prediction = tracker.update(frames.read(1))
    assert prediction.score == 0.0
    np.testing.assert_array_equal(prediction.box, box)


def test_a_program_that_speaks_no_trax_is_quoted(frames, box, python):
    tracker = load_tracker(f"trax:{python} -c 'print(\"usage: me FILE\")'")
    with pytest.raises(InputError, match="ended with code 0; the last it said is 'usage: me FILE'"):
        tracker.init(frames.read(0), box)


def test_a_command_is_kept_whole():
    assert TrackerSpec.parse("trax:env A=1 x?y=z&w").name == "env A=1 x?y=z&w"


def test_images_arrive_as_rgb(frames, tmp_path):
    import cv2

    image = frames.read(0)
    png = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1].tobytes()
    (tmp_path / "frame.png").write_bytes(png)
    forms = (
        trax.MemoryImage.create(image),
        trax.BufferImage.create(png),
        trax.FileImage.create(str(tmp_path / "frame.png")),
    )
    for form in forms:
        np.testing.assert_array_equal(to_image(form), image)
    grey = trax.MemoryImage.create(image[:, :, 0])
    np.testing.assert_array_equal(to_image(grey), np.repeat(image[:, :, :1], 3, axis=2))
    with pytest.raises(InputError, match="16 bits"):
        to_image(trax.MemoryImage.create(image[:, :, 0].astype(np.uint16)))


@pytest.mark.parametrize("kind", ["rectangle", "polygon", "mask"])
def test_a_box_survives_every_kind_of_region(kind):
    box = np.array([10.0, 20.0, 30.0, 40.0])
    np.testing.assert_array_equal(region_box(initial_region([kind], box, "x"), "x"), box)


def test_an_answer_may_be_a_mask(frames, box, python):
    mask = '@@TRAX:state "mask:10,20,4,2,1,2,1,4" \n'  # runs of nothing and of target by turns: .##. above ####
    tracker = load_tracker(talking(python, STATE, mask))
    tracker.init(frames.read(0), box)
    np.testing.assert_array_equal(tracker.update(frames.read(1)).box, [10, 20, 4, 2])


def test_what_has_no_box_is_refused():
    with pytest.raises(InputError, match="empty mask"):
        region_box(trax.Mask.create(np.zeros((3, 3), np.uint8)), "x")
    with pytest.raises(InputError, match="no region"):
        region_box(trax.Special.create(0), "x")
    with pytest.raises(InputError, match="finite"):
        region_box(SimpleNamespace(type="rectangle", bounds=lambda: (0.0, 0.0, float("nan"), 1.0)), "x")
    with pytest.raises(InputError, match="kind of region"):
        initial_region(["special"], np.ones(4), "x")
    assert confidence({}, "x") == 1.0


HANGING = {
    "no greeting": "time.sleep(600)",
    "no answer": "sys.stdout.write({hello!r}); sys.stdout.flush(); sys.stdin.read(); time.sleep(600)",
    "not even reading": "sys.stdout.write({hello!r}); sys.stdout.flush(); time.sleep(600)",
    "a greeting without end": "sys.stdout.write({hello!r}[:40]); sys.stdout.flush(); time.sleep(600)",
}


@pytest.mark.parametrize("code", HANGING.values(), ids=HANGING)
def test_a_server_that_never_answers_is_given_up(frames, box, python, code, tmp_path):
    import psutil

    mark = f"--mark={tmp_path}"
    program = "import sys, time; " + code.format(hello=HELLO.format(images="memory"))
    tracker = load_tracker(f"trax:{python} -c {shlex.quote(program)} {mark}")
    wait_at_most(tracker, 2.0)
    with pytest.raises(InputError, match="frame 0: the tracker did not answer within 2 s"):
        track(tracker, frames, box)
    assert not [each for each in psutil.process_iter(["cmdline"]) if mark in (each.info["cmdline"] or ())]
