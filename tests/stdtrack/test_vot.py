"""STDTrack as VOT's toolkit calls it; with the toolkit itself where vot-toolkit 0.9 is installed."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from evalkit.sequences.frames import read_image
from evalkit.trackers.base import Prediction
from evalkit.trackers.spec import load_tracker
from stdtrack.vot import Tracker, bounding_box

SPEC = "opencv:kcf"
FIRST, SECOND = (100.0, 80.0, 60.0, 40.0), (20.0, 30.0, 50.0, 50.0)
FRAMES = 5


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A picture that moves by two pixels a frame to the left."""
    folder = tmp_path_factory.mktemp("frames")
    noise = np.random.default_rng(0).integers(0, 256, (240, 340, 3), dtype=np.uint8)
    picture = cv2.GaussianBlur(noise, (0, 0), 3)
    paths = [folder / f"{index + 1:08d}.png" for index in range(FRAMES)]
    for index, path in enumerate(paths):
        cv2.imwrite(str(path), picture[:, 2 * index : 2 * index + 320])
    return [str(path) for path in paths]


def alone(files: list[str], box: tuple[float, ...]) -> list[list[float]]:
    """What the tracker says of one target, frame by frame, without any toolkit."""
    tracker = load_tracker(SPEC)
    tracker.init(read_image(Path(files[0])), np.array(box))
    return [tracker.update(read_image(Path(file))).box.tolist() for file in files[1:]]


def test_targets_are_followed_in_the_order_in_which_they_appear(files):
    tracker = Tracker(SPEC)
    assert tracker.init(files[0], [(FIRST, {})]) == [(FIRST, {})]
    assert tracker.update(files[1], [(SECOND, {})])[1] == (SECOND, {})
    found = [tracker.update(file, []) for file in files[2:]]
    assert [list(first[0]) for first, _ in found] == alone(files, FIRST)[1:]
    assert [list(second[0]) for _, second in found] == alone(files[1:], SECOND)
    assert all(properties == {"confidence": 1.0} for statuses in found for _, properties in statuses)


def test_a_new_sequence_forgets_the_targets_of_the_last(files):
    tracker = Tracker(SPEC)
    tracker.init(files[0], [(FIRST, {}), (SECOND, {})])
    tracker.init(files[0], [(SECOND, {})])
    assert [list(status[0]) for status in tracker.update(files[1], [])] == alone(files, SECOND)[:1]


def test_of_several_channels_the_colours_are_taken(files):
    image, depth = read_image(Path(files[0])), np.zeros((240, 320), np.uint16)
    assert Tracker(SPEC).init({"color": image, "depth": depth}, [(FIRST, {})]) == [(FIRST, {})]


def test_an_answer_that_is_no_box_reaches_the_toolkit_as_an_error(files, monkeypatch):
    answers = iter(([20, 30, 50, 50], [1.0, 2.0, float("nan"), 4.0]))

    class Listing:
        def init(self, image, box):
            pass

        def update(self, image):
            return Prediction(next(answers), 1.0)

    monkeypatch.setattr("stdtrack.vot.load_tracker", lambda spec: Listing())
    tracker = Tracker("a:list")
    tracker.init(files[0], [(FIRST, {})])
    assert tracker.update(files[1], []) == [((20.0, 30.0, 50.0, 50.0), {"confidence": 1.0})]
    with pytest.raises(RuntimeError, match=r"frame 2: .* is not four finite numbers"):
        tracker.update(files[2], [])


def test_a_polygon_counts_as_its_bounding_box():
    assert bounding_box([(10.0, 20.0), (40.0, 25.0), (35.0, 60.0), (12.0, 50.0)]).tolist() == [10, 20, 30, 40]


def test_wrong_input_reaches_the_toolkit_as_an_error_that_it_knows(files):
    with pytest.raises(RuntimeError, match="OpenCV has no tracker 'nothing'"):
        Tracker("opencv:nothing")
    tracker = Tracker(SPEC)
    with pytest.raises(RuntimeError, match="cannot be read"):
        tracker.init("nowhere.jpg", [(FIRST, {})])
    for region in ((1.0, 2.0), [[0, 1], [1, 1]]):
        with pytest.raises(RuntimeError, match=r"no rectangle or polygon \(with protocol = trax"):
            tracker.init(files[0], [(region, {})])


@pytest.mark.parametrize("protocol", ["python", "trax"])
def test_with_the_toolkit_itself(files, protocol):
    pytest.importorskip("vot", reason="skipped: vot-toolkit is not installed")
    from vot.dataset.dummy import generate_dummy
    from vot.region import Rectangle
    from vot.tracker import ObjectStatus
    from vot.tracker import Tracker as Entry

    served = shlex.join([sys.executable, "-m", "stdtrack", "serve-trax", SPEC])
    command, options = {"python": ("stdtrack.vot:Tracker", {"arg_spec": SPEC}), "trax": (served, {})}[protocol]
    sequence = generate_dummy(6, objects=1)
    given = Rectangle.convert(sequence.groundtruth(0))
    box = (given.x, given.y, given.width, given.height)
    expected = alone([sequence.frame(index).filename() for index in range(6)], box)
    with Entry("Ours", files[0], command, protocol=protocol, **options).runtime() as runtime:
        runtime.initialize(sequence.frame(0), [ObjectStatus(given, {})])
        found = [runtime.update(sequence.frame(index), [])[0][0] for index in range(1, 6)]
    boxes = [(status.region.x, status.region.y, status.region.width, status.region.height) for status in found]
    np.testing.assert_allclose(boxes, expected, atol=1e-4)
    assert all(float(status.properties["confidence"]) == 1.0 for status in found)
