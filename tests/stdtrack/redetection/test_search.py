"""The search, with a script in the place of the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from stdtrack.assessment import CONFIRMING, Assessment
from stdtrack.cues import Cues
from stdtrack.redetection.search import (
    LEAD,
    LEAST,
    LEAST_FOLLOWED,
    LEAST_TILES,
    PATIENCE,
    Known,
    Search,
    View,
    advance,
    checked,
)

IMAGE = np.zeros((240, 320, 3), np.uint8)
"""Of one colour, so that likeness is the network's word alone."""
LAST = np.array([10.0, 10.0, 20.0, 20.0])
KNOWN, AFTER = "known", "after"
CUES = Cues(0.0, 0.5)


@dataclass
class Scene:
    """A target that the network sees, surely, where a window's middle part shows its centre.

    Attributes:
        target: its box; None where it is away.
        doubts: state -> probability of being lost for who looks with it.
        looks: windows of every call, with the state and the image.
    """

    target: np.ndarray | None
    doubts: dict[str, float] = field(default_factory=dict)
    looks: list[tuple[int, str, np.ndarray]] = field(default_factory=list)

    def __call__(self, image: np.ndarray, windows: Sequence[np.ndarray], state: str) -> list[View]:
        self.looks.append((len(windows), state, image))
        return [self.view(window, state) for window in windows]

    def view(self, window: np.ndarray, state: str) -> View:
        cx, cy, side = window
        if self.target is not None:
            x, y = self.target[:2] + self.target[2:] / 2
            if max(abs(x - cx), abs(y - cy)) < side / 2:
                return View(self.target, self.doubts.get(state, 0.1), CUES, AFTER)
        return View(np.array([cx - 10, cy - 10, 20.0, 20.0]), 0.95, CUES, AFTER)


def begin(last: np.ndarray = IMAGE) -> Search:
    """A search whose patience is at its end; ``last`` is the image in which the target was certain."""
    search = Search.begin(Known(KNOWN, LAST, last), 3.2)
    for _ in range(PATIENCE):
        search = advance(search, IMAGE, Scene(LAST), 8)
    return search


def run(scene: Scene, frames: int, tiles: int = 8) -> tuple[Search, int | None]:
    """The search after so many frames, and the number of frames after which it had found something."""
    search = begin()
    for frame in range(frames):
        search = advance(search, IMAGE, scene, tiles)
        if search.found is not None:
            return search, frame + 1
    return search, None


def test_a_target_at_the_other_end_is_found_within_one_sweep_and_confirmed_in_three_frames() -> None:
    tiles = begin().tiles
    scene = Scene(np.array([280.0, 200.0, 20.0, 20.0]))
    search, frames = run(scene, 60)
    native = int((tiles[:, 2] == tiles[0, 2]).sum())
    assert frames is not None
    assert frames <= -(-native // 6) + CONFIRMING + 1
    np.testing.assert_array_equal(search.found.box, [280.0, 200.0, 20.0, 20.0])
    assert search.found.state == AFTER


def test_where_it_was_last_it_is_found_in_the_first_frame() -> None:
    _, frames = run(Scene(LAST + np.array([5.0, 0, 0, 0])), 10)
    assert frames == CONFIRMING


def test_what_is_away_is_not_found() -> None:
    scene = Scene(None)
    search, frames = run(scene, 200)
    assert frames is None
    assert search.trial is None
    assert search.frames == 200 + PATIENCE


@pytest.mark.parametrize("tiles", [1, 3, 8, 40, 4000])
def test_no_frame_takes_more_steps_than_the_budget(tiles: int) -> None:
    for target in (None, np.array([150.0, 100.0, 20.0, 20.0])):
        search = begin()
        for _ in range(40):
            scene = Scene(target)
            search = advance(search, IMAGE, scene, tiles)
            assert 1 <= sum(count for count, *_ in scene.looks) <= max(tiles, LEAST_TILES)
            if search.found is not None:
                break


def test_a_sweep_passes_over_every_tile_and_begins_again() -> None:
    search, scene = begin(), Scene(None)
    assert search.position == 0, "it begins where the target was last"
    total, positions = len(search.tiles), []
    while len(positions) < 2 or positions[-1] > positions[-2]:
        search = advance(search, IMAGE, scene, 12)
        positions.append(search.position)
    # The first three frames have a larger window each beside their tiles.
    assert len(positions) == -(-(total + 3) // 11)


def test_tiles_for_which_there_was_no_time_come_next() -> None:
    search, scene = begin(), Scene(None)
    for frame in range(7):
        search = advance(search, IMAGE, lambda image, windows, state: scene(image, windows[:2], state), 8)
        # Two windows a frame; one of them is the larger one in the first three.
        assert search.position == (min(frame + 1, 3) + 2 * max(frame - 2, 0)) % len(search.tiles)


def test_a_candidate_must_be_like_the_target() -> None:
    for doubt, passes in ((1 - LEAST**2 - 1e-9, True), (1 - LEAST**2 + 1e-6, False)):
        _, frames = run(Scene(LAST, {KNOWN: doubt, AFTER: doubt}), 30)
        assert (frames is not None) is passes


def test_a_candidate_must_have_the_targets_colours() -> None:
    red = IMAGE.copy()
    red[..., 0] = 255
    search = begin(last=red)
    for _ in range(30):
        search = advance(search, IMAGE, Scene(LAST), 8)
        assert search.trial is None
    for _ in range(len(search.tiles)):
        if search.found is None:
            search = advance(search, red, Scene(LAST), 8)
    assert search.found is not None


def test_a_candidate_must_be_more_like_the_target_than_what_was_seen_beside_it() -> None:
    """While it waits it looks at the last certain image; the target itself is no rival, however sure the network is."""
    rival, scene = np.array([280.0, 200.0, 20.0, 20.0]), Scene(LAST, {KNOWN: 0.0})
    search = Search.begin(Known(KNOWN, LAST, IMAGE.copy()), 3.2)
    for _ in range(PATIENCE):
        search = advance(search, np.ones_like(IMAGE), scene, 8)
        assert all(image is search.known.image for *_, image in scene.looks)
    assert search.rival == pytest.approx(np.sqrt(0.05)), "of what the network is not sure of"
    search = Search.begin(Known(KNOWN, LAST, IMAGE), 3.2)
    while search.frames < PATIENCE:
        search = advance(search, IMAGE, Scene(rival, {KNOWN: 0.2}), 400)
    assert search.rival == pytest.approx(np.sqrt(0.8))
    for doubt, passes in ((0.2, False), (1 - (np.sqrt(0.8) + LEAD) ** 2 - 1e-9, True)):
        after = advance(search, IMAGE, Scene(LAST, {KNOWN: doubt}), 8)
        assert (after.trial is not None) is passes


def test_what_a_tracker_came_back_to_is_checked_as_well() -> None:
    search, back = begin(), Assessment(CUES, 0.1, "present")
    assert checked(back, search, IMAGE, LAST) is back
    assert checked(back, None, IMAGE, LAST) is back
    doubtful = Assessment(CUES, 1 - LEAST**2 + 1e-6, "uncertain", 1)
    assert checked(doubtful, search, IMAGE, LAST) == Assessment(CUES, doubtful.lost, "lost", 0)
    lost = Assessment(CUES, 0.9, "lost", 2)
    assert checked(lost, search, IMAGE, LAST) is lost


def test_a_candidate_that_has_passed_may_be_less_like_it_while_it_is_followed() -> None:
    for doubt, confirmed in ((1 - LEAST_FOLLOWED**2 - 1e-9, True), (1 - LEAST_FOLLOWED**2 + 1e-6, False)):
        _, frames = run(Scene(LAST, {AFTER: doubt}), 30)
        assert (frames is not None) is confirmed


def test_one_doubtful_frame_ends_a_trial() -> None:
    scene, search = Scene(LAST), begin()
    for _ in range(CONFIRMING - 1):
        search = advance(search, IMAGE, scene, 8)
    assert search.seen == CONFIRMING - 1
    assert search.found is None
    scene.doubts[AFTER] = 0.9
    search = advance(search, IMAGE, scene, 8)
    assert (search.trial, search.seen) == (None, 0)


def test_a_trial_goes_on_from_the_state_of_the_view_before() -> None:
    scene, search = Scene(LAST), begin()
    search = advance(search, IMAGE, scene, 8)
    scene.looks.clear()
    advance(search, IMAGE, scene, 8)
    assert scene.looks == [(1, AFTER, IMAGE)]


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ([100.0, 100, 20, 20], True),
        ([100.0, 100, 10, 10], True),
        ([100.0, 100, 7, 7], False),
        ([100.0, 100, 55, 55], False),
        ([100.0, 100, 0, 20], False),
        ([100.0, 100, np.nan, 20], False),
        ([330.0, 100, 20, 20], False),
    ],
)
def test_a_candidate_must_be_of_the_targets_size_and_in_the_image(target: list[float], found: bool) -> None:
    _, frames = run(Scene(np.array(target)), 60)
    assert (frames is not None) is found


def test_an_image_of_another_size_than_the_tiles_is_no_trouble() -> None:
    search, scene = begin(), Scene(None)
    for _ in range(5):
        search = advance(search, IMAGE[:50, :50], scene, 8)
    assert search.found is None
