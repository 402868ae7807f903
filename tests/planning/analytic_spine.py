"""One vertebra from closed forms, on any grid, turned and moved at will.

Its own frame: x to the left, y to the back, z up, origin in the middle of the body; mm.
The right pedicle may differ from the left, so that a swap of sides shows.
"""

import math
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

from planner.domain.anatomy import (
    Anatomy,
    Origin,
    Pedicle,
    PosteriorWall,
    Quality,
    QualityVerdict,
    Vertebra,
)
from planner.domain.levels import Level, Side, foramen_label
from planner.domain.plan import Approach, Trajectory, TrajectoryId
from planner.domain.sourced import Interval
from planner.domain.volume import CtVolume, GateVerdict, ScanRecord
from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry

BODY_HALF = (22.03, 16.03, 14.03)
BACK_WALL_Y = 14.03
CANAL = (0.0, 23.53, 11.53, 8.53)
"""Centre x, y and half axes of the canal, a cylinder along z."""

ISTHMUS = (16.53, 21.03, 4.03)
"""Of a pedicle of the usual width; a narrower one keeps its inner wall beside the canal."""

USUAL_HALF_WIDTH = 4.5
SKIN = (0.0, 0.0, 100.0, 85.0)
FORAMEN = ((12.53, 20.03), (12.07, 26.03), (-13.03, -5.53))
UPPER_FORAMEN_Z = (14.03, 21.03)
"""Of the foramen above the pedicle, between this vertebra and the one above."""

REACH_MM = ((-48.0, 48.0), (-40.0, 64.0))
"""Nothing but skin lies farther from the middle of the body to a side, or to front and back."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Shape:
    """What differs from one test to the next."""

    level: Level = Level.L3
    pedicle_half_width: dict[Side, float] = field(
        default_factory=lambda: {Side.LEFT: 4.5, Side.RIGHT: 4.5}
    )
    pedicle_half_height: float = 7.5
    convergence_deg: float = 12.0
    lesion: tuple[float, float, float, float] | None = None
    """Centre and radius of a round lesion."""

    def axis(self, side: Side) -> Array:
        """Pedicle axis in the vertebra's frame, from back to front."""
        turn = math.radians(self.convergence_deg)
        return np.array([-side.sign * math.sin(turn), -math.cos(turn), 0.0])

    def isthmus(self, side: Side) -> Array:
        lateral = ISTHMUS[0] + self.pedicle_half_width[side] - USUAL_HALF_WIDTH
        return np.array([side.sign * lateral, ISTHMUS[1], ISTHMUS[2]])


def in_body(p: Array) -> NDArray[np.bool_]:
    x, y, z = np.moveaxis(p, -1, 0)
    a, b, half = BODY_HALF
    return ((x / a) ** 2 + (y / b) ** 2 <= 1.0) & (y <= BACK_WALL_Y) & (np.abs(z) <= half)


def in_canal(p: Array) -> NDArray[np.bool_]:
    x, y, _ = np.moveaxis(p, -1, 0)
    cx, cy, a, b = CANAL
    return ((x - cx) / a) ** 2 + ((y - cy) / b) ** 2 <= 1.0


def in_pedicle(p: Array, shape: Shape, side: Side) -> tuple[NDArray[np.bool_], Array]:
    """Whether each point lies in the endless pedicle, and its place along the axis."""
    offset = p - shape.isthmus(side)
    axis = shape.axis(side)
    along = offset @ axis
    across = offset @ np.array([axis[1], -axis[0], 0.0])
    a, b = shape.pedicle_half_width[side], shape.pedicle_half_height
    return (across / a) ** 2 + (offset[..., 2] / b) ** 2 <= 1.0, along


def in_bone(p: Array, shape: Shape) -> NDArray[np.bool_]:
    x, y, z = np.moveaxis(p, -1, 0)
    bone = in_body(p)
    for side in Side:
        inside, along = in_pedicle(p, shape, side)
        bone |= inside & (along >= -12.0) & (along <= 14.0)
    cx, cy, a, b = CANAL
    ring = ((x - cx) / (a + 5.0)) ** 2 + ((y - cy) / (b + 5.0)) ** 2 <= 1.0
    bone |= ring & (y > 27.03) & (np.abs(z) <= 10.03)
    bone |= (np.abs(x) <= 3.03) & (y > 33.03) & (y < 58.03) & (z > -10.03) & (z < 2.03)
    bone |= (
        (np.abs(np.abs(x) - 26.03) < 10.0) & (np.abs(y - 31.03) < 3.0) & (np.abs(z - 4.03) < 4.0)
    )
    return bone & ~in_canal(p)


def in_foramen(
    p: Array, side: Side, height: tuple[float, float] = FORAMEN[2]
) -> NDArray[np.bool_]:
    x, y, z = np.moveaxis(p, -1, 0)
    (x0, x1), (y0, y1), _ = FORAMEN
    z0, z1 = height
    x = side.sign * x
    return (x >= x0) & (x <= x1) & (y >= y0) & (y <= y1) & (z >= z0) & (z <= z1)


def level_above(level: Level) -> Level:
    """The usual neighbour, T13 and L6 left out."""
    usual = [item for item in Level if item not in (Level.T13, Level.L6)]
    return usual[usual.index(level) - 1]


def in_skin(p: Array) -> NDArray[np.bool_]:
    x, y, _ = np.moveaxis(p, -1, 0)
    return (x / SKIN[2]) ** 2 + (y / SKIN[3]) ** 2 <= 1.0


@dataclass(frozen=True)
class Scene:
    """One vertebra in one scan. ``turn`` and ``shift`` take its frame to LPS."""

    ct: CtVolume
    anatomy: Anatomy
    shape: Shape
    turn: Array
    shift: Array

    def lps(self, *own: float) -> PointLps:
        return PointLps.of(self.turn @ np.array(own) + self.shift)

    def needle(
        self,
        entry: tuple[float, float, float],
        tip: tuple[float, float, float],
        side: Side = Side.LEFT,
        approach: Approach = Approach.TRANSPEDICULAR,
    ) -> Trajectory:
        """A needle given in the vertebra's own frame."""
        return Trajectory(
            id=TrajectoryId("n"),
            level=self.shape.level,
            side=side,
            approach=approach,
            entry=self.lps(*entry),
            tip=self.lps(*tip),
        )

    def through_pedicle(
        self, side: Side = Side.LEFT, *, sideways: float = 0.0, up: float = 0.0
    ) -> Trajectory:
        """A needle along the pedicle axis, moved sideways (to the left) and up."""
        axis = self.shape.axis(side)
        middle = self.shape.isthmus(side) + np.array([sideways, 0.0, up])
        entry, tip = middle - 60.0 * axis, middle + 26.0 * axis
        return self.needle(tuple(entry), tuple(tip), side)  # type: ignore[arg-type]


def rotation(axis: tuple[float, float, float], degrees: float) -> Array:
    x, y, z = np.array(axis) / np.linalg.norm(axis)
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    angle = math.radians(degrees)
    return np.eye(3) + math.sin(angle) * cross + (1.0 - math.cos(angle)) * cross @ cross


def grid(
    spacing: tuple[float, float, float] = (0.8, 0.8, 1.0),
    axes: Array | None = None,
    extent: tuple[float, float, float] = (212.0, 182.0, 64.0),
) -> VolumeGeometry:
    """A grid about the origin whose axes are the columns of ``axes``."""
    columns = np.eye(3) if axes is None else axes
    counts = tuple(math.ceil(length / step) for length, step in zip(extent, spacing, strict=True))
    matrix = np.eye(4)
    matrix[:3, :3] = columns * np.array(spacing)
    matrix[:3, 3] = -matrix[:3, :3] @ ((np.array(counts) - 1) / 2.0)
    return VolumeGeometry.from_matrix(counts, matrix)  # type: ignore[arg-type]


def own_points(geometry: VolumeGeometry, turn: Array, shift: Array) -> Array:
    """Every voxel centre in the vertebra's own frame, shape ``[k, j, i, 3]``."""
    step = turn.T @ geometry.lps_from_ijk[:3, :3]
    first = (geometry.lps_from_ijk[:3, 3] - shift) @ turn
    k, j, i = (np.arange(length, dtype=np.float64) for length in geometry.shape_kji)
    place = np.empty((3, *geometry.shape_kji))
    for axis in range(3):
        plane = step[axis, 1] * j[:, None] + step[axis, 0] * i
        np.add(plane, (step[axis, 2] * k + first[axis])[:, None, None], out=place[axis])
    return np.moveaxis(place, 0, -1)


def build(
    shape: Shape | None = None,
    geometry: VolumeGeometry | None = None,
    turn: Array | None = None,
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> Scene:
    """Make the scan and its truth."""
    shape = shape or Shape()
    geometry = geometry or grid()
    turn = np.eye(3) if turn is None else turn
    offset = np.array(shift)
    every = own_points(geometry, turn, offset)
    x, y = every[..., 0], every[..., 1]
    (left, right), (front, back) = REACH_MM
    near = (x > left) & (x < right) & (y > front) & (y < back)
    p = every[near]

    def laid(values: NDArray[np.generic]) -> NDArray[np.generic]:
        """What was made near the vertebra, on the whole grid."""
        whole = np.zeros(near.shape, values.dtype)
        whole[near] = values
        return whole

    bone, body = in_bone(p, shape), in_body(p)
    hu = np.where(in_skin(every), np.int16(40), np.int16(-1000))
    hu_near = hu[near]
    hu_near[bone] = 180
    number = shape.level.verse_label
    foramina = np.zeros(len(p), np.uint8)
    for side in Side:
        foramina[in_foramen(p, side) & ~bone] = foramen_label(shape.level, side)
        upper = foramen_label(level_above(shape.level), side)
        foramina[in_foramen(p, side, UPPER_FORAMEN_Z) & ~bone] = upper
    lesion = None
    if shape.lesion is not None:
        lesion = np.linalg.norm(p - np.array(shape.lesion[:3]), axis=-1) <= shape.lesion[3]
        hu_near[lesion & body] = 60
    hu[near] = hu_near
    ct = CtVolume(
        geometry=geometry,
        hu=hu,
        record=ScanRecord(
            sha256="0" * 64, verdict=GateVerdict.LOAD, findings=(), locator="analytic"
        ),
    )
    anatomy = Anatomy(
        geometry=geometry,
        labels=laid(bone.astype(np.uint8) * np.uint8(number)),
        bodies=laid(body.astype(np.uint8) * np.uint8(number)),
        discs=np.zeros(near.shape, np.uint8),
        foramina=laid(foramina),
        canal=laid(in_canal(p)),
        vertebrae={shape.level: _vertebra(shape, turn, offset)},
        backend="analytic",
        ct_sha256="0" * 64,
        lesion=None if lesion is None else laid(lesion),
    )
    return Scene(ct=ct, anatomy=anatomy, shape=shape, turn=turn, shift=offset)


@cache
def usual() -> Scene:
    """The vertebra nothing was changed of, made once per run; nobody writes into it."""
    return build()


def _vertebra(shape: Shape, turn: Array, shift: Array) -> Vertebra:
    def direction(own: Array) -> tuple[float, float, float]:
        x, y, z = turn @ own
        return (float(x), float(y), float(z))

    def pedicle(side: Side) -> Pedicle:
        half = shape.pedicle_half_width[side]
        return Pedicle(
            side=side,
            isthmus=PointLps.of(turn @ shape.isthmus(side) + shift),
            axis=direction(shape.axis(side)),
            width_mm=Interval(2 * half - 0.8, 2 * half, 2 * half + 0.8),
            height_mm=Interval(
                2 * shape.pedicle_half_height - 0.8,
                2 * shape.pedicle_half_height,
                2 * shape.pedicle_half_height + 0.8,
            ),
        )

    x, z = np.meshgrid(np.arange(-10.0, 10.5), np.arange(-14.0, 14.5))
    wall = np.stack((x.ravel(), np.full(x.size, BACK_WALL_Y), z.ravel()), axis=1)
    centre = PointLps.of(turn @ np.array([0.0, -0.6, 0.0]) + shift)
    return Vertebra(
        level=shape.level,
        centroid=centre,
        volume_ml=40.0,
        body_centre=centre,
        body_volume_ml=30.0,
        body_size_mm=(44.0, 30.0, 28.0),
        left=direction(np.array([1.0, 0.0, 0.0])),
        anterior=direction(np.array([0.0, -1.0, 0.0])),
        superior=direction(np.array([0.0, 0.0, 1.0])),
        quality=Quality(verdict=QualityVerdict.PLAUSIBLE),
        origin=Origin.TRUTH,
        pedicles={side: pedicle(side) for side in Side},
        posterior_wall=PosteriorWall(
            points_mm=wall @ turn.T + shift, cortex_hu=np.full(len(wall), 400.0), intact=True
        ),
    )
