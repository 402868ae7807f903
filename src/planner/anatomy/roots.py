"""Exiting roots and their ganglia, estimated from pedicle and foramen: CT shows only bone there.

Each is a pair of regions. Where it may lie is its whole foramen, what is free about its course in
the canal, and the way on; so it is never farther off than what is judged. Where it likely lies is
what published sizes give. They are drawn, exported and measured to; no rule and no simulation
reads them.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy import ndimage

from planner.catalog import resource_path
from planner.domain import structures
from planner.domain.anatomy import EstimatedRegion
from planner.domain.levels import Level, foramen_label
from planner.domain.sourced import Sourced, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy, Pedicle, Vertebra
    from planner.geometry.points import Vector
    from planner.geometry.volume_geometry import VolumeGeometry

Box = tuple[slice, slice, slice]

WAY_ON: Final = 1.0
"""Past the foramen a root is followed for so many lengths of its ganglion, which may lie there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RootSizes:
    """What ``resources/anatomy/roots.toml`` says of one level.

    Attributes
    ----------
    under_pedicle_mm
        Gap between pedicle and root.
    angle_deg
        Between root and spine, seen from behind.
    width_mm, length_mm
        Of the ganglion.
    from_inner_border_mm
        Along the root, from the inner edge of the pedicle to the middle of the ganglion.
    """

    under_pedicle_mm: Sourced
    root_diameter_mm: Sourced
    angle_deg: Sourced
    width_mm: Sourced
    length_mm: Sourced
    from_inner_border_mm: Sourced


@cache
def root_sizes(level: Level) -> RootSizes:
    """Read the sizes and where they come from."""
    path = resource_path("anatomy", "roots.toml")
    table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    ganglion = table["ganglion"]
    measured = min(max(level.order, Level.L1.order), Level.L5.order)
    stands = next(one for one in Level if one.order == measured)

    def sourced(row: dict[str, Any], value: float) -> Sourced:
        return Sourced(value=value, status=Status(row["status"]), source=row["source"])

    def of_root(name: str) -> Sourced:
        return sourced(table[name], table[name]["value"])

    def of_ganglion(name: str) -> Sourced:
        return sourced(ganglion, ganglion[name][stands])

    return RootSizes(
        under_pedicle_mm=of_root("under_pedicle_mm"),
        root_diameter_mm=of_root("root_diameter_mm"),
        angle_deg=of_root("angle_deg"),
        width_mm=of_ganglion("width_mm"),
        length_mm=of_ganglion("length_mm"),
        from_inner_border_mm=of_ganglion("from_inner_border_mm"),
    )


def with_roots(anatomy: Anatomy) -> Anatomy:
    """Return the anatomy with the root and the ganglion of every foramen that is outlined.

    What a person outlined by hand is not estimated beside it.
    """
    boxes = ndimage.find_objects(anatomy.foramina)
    found = dict(anatomy.estimates)
    for level, vertebra in anatomy.vertebrae.items():
        for side, pedicle in vertebra.pedicles.items():
            code = foramen_label(level, side)
            box = boxes[code - 1] if code <= len(boxes) else None
            if box is not None and structures.root(level, side) not in anatomy.masks:
                found |= _estimated(anatomy, vertebra, pedicle, box)
    return replace(anatomy, estimates=found)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Course:
    """How a root runs, in mm from the isthmus: outward, towards the head, forward.

    Attributes
    ----------
    middle
        Of the ganglion.
    along
        Unit vector down the root.
    inner_mm, outer_mm
        Where it leaves the sac and the foramen, along the root from the middle of the ganglion.
    """

    sizes: RootSizes
    middle: Vector
    along: Vector
    inner_mm: float
    outer_mm: float

    @property
    def reach_mm(self) -> float:
        """Thickness beyond which nothing of it lies."""
        return self.sizes.width_mm.value + self.sizes.under_pedicle_mm.value


def _estimated(
    anatomy: Anatomy, vertebra: Vertebra, pedicle: Pedicle, foramen: Box
) -> Iterator[tuple[str, EstimatedRegion]]:
    """Give root and ganglion of one foramen."""
    level, side = vertebra.level, pedicle.side
    code = foramen_label(level, side)
    frame = np.array([np.multiply(side.sign, vertebra.left), vertebra.superior, vertebra.anterior])
    isthmus = pedicle.isthmus.array
    hole = np.argwhere(anatomy.foramina[foramen] == code) + [span.start for span in foramen]
    hole_mm = (anatomy.geometry.lps_mm(hole[:, ::-1].astype(np.float64)) - isthmus) @ frame.T
    course = _course(level, pedicle, hole_mm)
    last_mm = course.outer_mm + WAY_ON * course.sizes.length_mm.value
    ends_mm = course.middle + np.outer((course.inner_mm, last_mm), course.along)
    box = _box(anatomy.geometry, foramen, isthmus + ends_mm @ frame, course.reach_mm)
    geometry = _cropped(anatomy.geometry, box)
    along, away = _along_and_away(course, *_places(geometry, frame, isthmus))
    free = (anatomy.labels[box] == 0) & (anatomy.discs[box] == 0)
    inside = (along > course.inner_mm) & (along < course.outer_mm)
    half = 0.5 * course.sizes.length_mm.value, 0.5 * course.sizes.width_mm.value
    ganglion = free & ((along / half[0]) ** 2 + (away / half[1]) ** 2 < 1.0)
    root = free & inside & (away < 0.5 * course.sizes.root_diameter_mm.value)
    about = free & (along > course.inner_mm) & (along < last_mm) & (away < course.reach_mm)
    possible = about | root | ganglion | (anatomy.foramina[box] == code)
    for name, likely in (
        (structures.estimated_root(level, side), root | ganglion),
        (structures.estimated_ganglion(level, side), ganglion),
    ):
        if likely.any():
            yield name, EstimatedRegion(geometry=geometry, likely=likely, possible=possible)


def _course(level: Level, pedicle: Pedicle, hole_mm: Vector) -> _Course:
    """Lay a root under its pedicle, as far to the front as its foramen lies at that height."""
    sizes = root_sizes(level)
    slant = np.deg2rad(sizes.angle_deg.value)
    along = np.array([np.sin(slant), -np.cos(slant), 0.0])
    half_width, half_height = 0.5 * pedicle.width_mm.best, 0.5 * pedicle.height_mm.best
    out = -half_width + sizes.from_inner_border_mm.value * along[0]
    up = -half_height - sizes.under_pedicle_mm.value - 0.5 * sizes.width_mm.value
    near = np.abs(hole_mm[:, 1] - up) < sizes.width_mm.value
    front = float(np.mean(hole_mm[near if near.any() else ..., 2]))
    beside = half_width + sizes.under_pedicle_mm.value + 0.5 * sizes.root_diameter_mm.value
    return _Course(
        sizes=sizes,
        middle=np.array([out, up, front]),
        along=along,
        inner_mm=min((-beside - out) / along[0], -0.5 * sizes.length_mm.value),
        outer_mm=max((half_width - out) / along[0], 0.5 * sizes.length_mm.value),
    )


def _along_and_away(
    course: _Course,
    out: NDArray[np.float32],
    up: NDArray[np.float32],
    front: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return how far along the root every voxel lies, and how far from it."""
    out, up, front = (
        axis - float(at) for axis, at in zip((out, up, front), course.middle, strict=True)
    )
    along = out * float(course.along[0]) + up * float(course.along[1])
    across = out * float(course.along[1]) - up * float(course.along[0])
    return along, np.hypot(across, front)


def _places(
    geometry: VolumeGeometry, frame: Vector, origin_mm: Vector
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return outward, upward and forward mm of every voxel from a point."""
    steps = frame @ geometry.lps_from_ijk[:3, :3]
    start = frame @ (geometry.lps_from_ijk[:3, 3] - origin_mm)
    nx, ny, nz = (np.arange(count, dtype=np.float32) for count in geometry.size_ijk)
    out, up, front = (
        (start[n] + steps[n, 2] * nz).astype(np.float32)[:, None, None]
        + (steps[n, 1] * ny).astype(np.float32)[:, None]
        + (steps[n, 0] * nx).astype(np.float32)
        for n in range(3)
    )
    return out, up, front


def _box(geometry: VolumeGeometry, foramen: Box, ends_mm: Vector, reach_mm: float) -> Box:
    """Return the box that holds a foramen and all within reach of its root."""
    # The rows of the inverse matrix tell how far an index moves per mm in any direction.
    reach = reach_mm * np.linalg.norm(geometry.ijk_from_lps[:3, :3], axis=1)
    ends = geometry.ijk(ends_mm)
    low = np.floor(ends.min(axis=0) - reach).astype(int)[::-1].tolist()
    high = np.ceil(ends.max(axis=0) + reach).astype(int)[::-1].tolist()
    k, j, i = (
        slice(max(min(span.start, first), 0), min(max(span.stop, last + 1), count))
        for span, first, last, count in zip(foramen, low, high, geometry.shape_kji, strict=True)
    )
    return k, j, i


def _cropped(geometry: VolumeGeometry, box: Box) -> VolumeGeometry:
    k, j, i = box
    return geometry.cropped(
        (i.start, j.start, k.start), (i.stop - i.start, j.stop - j.start, k.stop - k.start)
    )
