"""A scene filmed: bodies over a backdrop by a camera that follows, shakes, zooms, blurs what moves, and is noisy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import ArrayLike

from evalkit.benchmarks.synthetic.backdrops import Backdrop, Picture, fractal
from evalkit.benchmarks.synthetic.bodies import Patch, Placement, Points, bounds, project
from evalkit.benchmarks.synthetic.layers import lay, layer_of, smear
from evalkit.benchmarks.synthetic.things import Thing
from evalkit.types import Box, Image, Vector

SIZE = (320, 240)
"""Width and height of a frame."""
SHUTTER = 0.6
"""Part of the time between two frames in which light falls in."""
_SOFT = 0.6
"""Standard deviation of the lens's blur, pixels."""
_LAG = 6
"""Frames by which the camera's hand is late, and more."""
_LOOKS = 16
_LEAST = 0.02
"""Share of the target that must be seen for it to be there."""


@dataclass(frozen=True)
class Course:
    """A body's way through the world over all frames; what does not change may be a number.

    Attributes:
        x, y: of its middle, in the world's pixels, as wide and high as a backdrop.
        size: pixels of one of its units.
        yaw, pitch, roll: see :class:`evalkit.benchmarks.synthetic.bodies.Placement`.
        phase: of its step or beat.
    """

    x: ArrayLike
    y: ArrayLike
    size: ArrayLike
    yaw: ArrayLike = 0.0
    pitch: ArrayLike = 0.0
    roll: ArrayLike = 0.0
    phase: ArrayLike = 0.0

    def table(self, frames: int) -> Points:
        """(frames, 7), a column an attribute."""
        columns = (self.x, self.y, self.size, self.yaw, self.pitch, self.roll, self.phase)
        table: Points = np.stack(
            [np.broadcast_to(np.asarray(each, dtype=np.float64), (frames,)) for each in columns], axis=1
        )
        return table


@dataclass(frozen=True)
class Actor:
    """Who takes part.

    Attributes:
        thing: what it is; the same ``look`` of the same thing is the same colours.
        course: its way over times from 0 to 1.
        unrest: pixels of the world by which it strays from its way.
    """

    thing: Callable[[np.random.Generator], Thing]
    course: Callable[[Vector], Course]
    look: int = 0
    unrest: float = 2.0


@dataclass(frozen=True)
class Camera:
    """How it is filmed.

    Attributes:
        follow: part of the target's way that the camera goes with it.
        aim: (x, y) of the world that is in the frame's middle without following; by itself the target's mean place.
        shake: pixels, standard deviation of the hand's unrest.
        zoom, roll, gain: over times: pixels of the frame for one of the world, radians, brightness.
        shade: how dark the world's shadows are, 0 to 1.
        noise: grey levels, standard deviation.
    """

    follow: float = 0.8
    aim: tuple[float, float] | None = None
    shake: float = 1.5
    zoom: Callable[[Vector], ArrayLike] = lambda t: 1.0
    roll: Callable[[Vector], ArrayLike] = lambda t: 0.0
    gain: Callable[[Vector], ArrayLike] = lambda t: 1.0
    shade: float = 0.3
    noise: float = 4.0


@dataclass(frozen=True)
class FilmedScene:
    """A sequence of the demo: its target among other bodies, before a backdrop.

    Attributes:
        name: of the sequence.
        target: whom the boxes are of.
        behind, front: who may be hidden by it, and who may hide it, from back to front.
    """

    name: str
    backdrop: Backdrop
    target: Actor
    behind: tuple[Actor, ...] = ()
    front: tuple[Actor, ...] = ()
    camera: Camera = field(default_factory=Camera)


def wander(rng: np.random.Generator, frames: int, amplitude: float) -> Points:
    """(frames, 2) smooth unrest: sines of random phases, slow ones and quick ones."""
    times, total = np.arange(frames)[:, None], np.zeros((frames, 2))
    for period in (47.0, 23.0, 11.0, 6.0):
        total += np.sqrt(period / 47.0) * np.sin(2 * np.pi * (times / period + rng.random(2)))
    return amplitude * total


@dataclass(frozen=True)
class _Body:
    """An actor in one take: the parts of its thing, and (frames, 7) where it is in the frame, as :class:`Course`."""

    thing: Thing
    places: Points
    motion: Points

    def patches(self, index: int) -> list[Patch]:
        """What is seen of it in one frame, from back to front."""
        *place, phase = self.places[index].tolist()
        return project(self.thing(phase), Placement(*place))


def draw(scene: FilmedScene, rng: np.random.Generator, frames: int) -> list[tuple[Image, Box, float]]:
    """Picture, box and visible share of the target, for every frame.

    The box is that of the part inside the picture, hidden or not; zeros when the target cannot be seen at all.
    """
    times, camera = np.linspace(0.0, 1.0, frames), scene.camera
    world, shadow = scene.backdrop(rng), camera.shade * np.clip(3.0 * fractal(rng), 0.0, 1.0)
    actors = [*scene.behind, scene.target, *scene.front]
    courses = [_course(actor, times, rng) for actor in actors]
    views = _views(camera, courses[len(scene.behind)][:, :2], times, rng)
    looks = rng.integers(2**32, size=_LOOKS)
    bodies = [
        _Body(actor.thing(np.random.default_rng(looks[actor.look])), *_in_frame(course, views, camera, times))
        for actor, course in zip(actors, courses, strict=True)
    ]
    gain = _over(camera.gain, times)
    drawn = []
    for index, drift in enumerate(_drift(views)):
        canvas = np.asarray(cv2.warpAffine(world, views[index], SIZE, borderMode=cv2.BORDER_REFLECT_101), np.float32)
        canvas = smear(canvas, drift, cv2.BORDER_REFLECT_101)
        box, share = _cast(canvas, bodies, len(scene.behind), index)
        shade = cv2.warpAffine(shadow, views[index], SIZE, borderMode=cv2.BORDER_REFLECT_101)
        canvas *= gain[index] * (1.0 - shade[..., None])
        canvas = np.asarray(cv2.GaussianBlur(canvas, (0, 0), _SOFT), np.float32)
        canvas += camera.noise * rng.standard_normal(canvas.shape, dtype=np.float32)
        drawn.append((np.clip(np.rint(canvas), 0, 255).astype(np.uint8), box, share))
    return drawn


def _course(actor: Actor, times: Vector, rng: np.random.Generator) -> Points:
    """(frames, 7) an actor's course with its unrest."""
    table = actor.course(times).table(len(times))
    table[:, :2] += wander(rng, len(times), actor.unrest)
    return table


def _over(value: Callable[[Vector], ArrayLike], times: Vector) -> Vector:
    """(frames,) of something that may be constant."""
    over: Vector = np.broadcast_to(np.asarray(value(times), dtype=np.float64), times.shape)
    return over


def _views(camera: Camera, target: Points, times: Vector, rng: np.random.Generator) -> Points:
    """(frames, 2, 3) from the world to the frame: a camera that goes after the target, late and by hand."""
    home, frames = target.mean(axis=0) if camera.aim is None else np.array(camera.aim), len(times)
    padded = np.pad(target, ((_LAG, 0), (0, 0)), mode="edge")
    late = np.stack([padded[index : index + _LAG + 1].mean(axis=0) for index in range(frames)])
    zoom, roll = _over(camera.zoom, times), _over(camera.roll, times)
    middle = home + camera.follow * (late - home) + wander(rng, frames, camera.shake) / zoom[:, None]
    cos, sin = zoom * np.cos(roll), zoom * np.sin(roll)
    turn = np.stack([np.stack([cos, -sin], axis=1), np.stack([sin, cos], axis=1)], axis=1)
    shift = np.array(SIZE) / 2 - np.einsum("tij,tj->ti", turn, middle)
    return np.concatenate([turn, shift[..., None]], axis=2)


def _in_frame(course: Points, views: Points, camera: Camera, times: Vector) -> tuple[Points, Points]:
    """(frames, 7) the course as it is seen, and (frames, 2) pixels that it moves while the shutter is open."""
    places = course.copy()
    places[:, :2] = np.einsum("tij,tj->ti", views[..., :2], course[:, :2]) + views[..., 2]
    places[:, 2] *= _over(camera.zoom, times)
    places[:, 5] += _over(camera.roll, times)
    return places, SHUTTER * _change(places[:, :2])


def _drift(views: Points) -> Points:
    """(frames, 2) pixels that the world in the frame's middle moves by while the shutter is open."""
    shift: Points = np.array(SIZE) / 2 - views[..., 2]
    middle = np.asarray(np.linalg.solve(views[..., :2], shift[..., None])[..., 0], dtype=np.float64)
    seen = np.matmul(views[..., :2], _change(middle)[..., None])[..., 0]
    return np.asarray(-SHUTTER * seen, dtype=np.float64)


def _change(path: Points) -> Points:
    """(frames, 2) how a path changes from frame to frame; nothing in a single one."""
    change: Points = np.gradient(path, axis=0) if len(path) > 1 else np.zeros_like(path)
    return change


def _cast(canvas: Picture, bodies: list[_Body], target: int, index: int) -> tuple[Box, float]:
    """Put all bodies on the picture, in place; returns the target's box in it and the share of it that is seen."""
    seen, whole, box = np.zeros(1, np.float32), 1.0, np.zeros(4)
    for place, body in enumerate(bodies):
        patches = body.patches(index)
        layer = layer_of(patches, body.motion[index])
        covered = lay(canvas, layer)
        if place == target:
            seen, whole, box = covered, float(layer.pixels[..., 3].sum()), bounds(patches)
        elif place > target:
            seen = seen * (1.0 - covered)
    share = min(float(seen.sum()) / whole, 1.0)
    share = share if share > _LEAST else 0.0
    return inside(box) if share > 0.0 else np.zeros(4), share


def inside(box: Box) -> Box:
    """(4,) the part of a box within the frame."""
    start = np.clip(box[:2], 0.0, SIZE)
    return np.concatenate([start, np.clip(box[:2] + box[2:], 0.0, SIZE) - start])
