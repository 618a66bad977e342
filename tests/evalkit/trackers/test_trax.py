"""TraX both ways: our server behind our client gives the boxes of the tracker itself."""

from __future__ import annotations

import shlex
from types import SimpleNamespace

import numpy as np
import pytest

from evalkit.errors import InputError
from evalkit.execution.tracking import track
from evalkit.trackers.spec import TrackerSpec, load_tracker

trax = pytest.importorskip("trax")

from evalkit.trackers.trax import confidence, initial_region, region_box  # noqa: E402
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


def talking(python: str, *lines: str, images: str = "memory") -> str:
    """A server that says hello, then each line after a request, and ends: libtrax waits for ever for an answer."""
    text = [HELLO.format(images=images), *lines]
    code = (
        f"import sys\nfor line in {text!r}:\n sys.stdout.write(line); sys.stdout.flush(); sys.stdin.buffer.readline()"
    )
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
        ('@@TRAX:bogus "1,2,3,4" \n', "waiting for response.*@@TRAX:bogus"),
        ('@@TRAX:quit "trax.reason=out of memory" \n', "out of memory"),
        ('@@TRAX:state "1,2,3,4" "confidence=high" \n', "'high' is no number"),
    ],
)
def test_a_broken_answer_is_reported(frames, box, python, line, message):
    tracker = load_tracker(talking(python, '@@TRAX:state "1,2,3,4" \n', line))
    tracker.init(frames.read(0), box)
    with pytest.raises(InputError, match=message):
        tracker.update(frames.read(1))


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
