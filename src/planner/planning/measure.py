"""Measures of one needle in one scan."""

from __future__ import annotations

from functools import lru_cache
from math import asin, atan2, degrees
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.plan import Approach
from planner.domain.sourced import Interval
from planner.geometry.points import PointLps, unit
from planner.planning.body_outline import skin_on_line
from planner.planning.measures import (
    Clearance,
    Crossing,
    EstimatedClearance,
    TipPlace,
    TrajectoryMeasures,
)
from planner.planning.pedicle_margins import half_voxel_mm, pedicle_margins
from planner.planning.sampling import along_line, crossings_of, trilinear
from planner.planning.segment_distance import structure_distance
from planner.planning.surfaces import surroundings_of

if TYPE_CHECKING:
    from planner.domain.anatomy import Anatomy, Vertebra
    from planner.domain.levels import Side
    from planner.domain.plan import Trajectory
    from planner.domain.volume import CtVolume
    from planner.geometry.points import Vector
    from planner.geometry.volume_geometry import VolumeGeometry
    from planner.planning.surfaces import Surface, Surroundings

STEP_MM: Final = 0.25
"""Step along the needle where it is looked up in masks: half the finest voxel or less."""

SIDEWAYS_SHARE: Final = 0.5
"""Slices that hold less of left and right than this are sagittal: no angle in them is axial."""

CORTEX_REACH_MM: Final = 1.0
"""The HU of a crossing is the highest this near to it: a thin cortex is blurred."""

CORTEX_READINGS: Final = 9
"""Over twice that reach: one each quarter of a millimetre."""


def measure(
    trajectory: Trajectory,
    ct: CtVolume,
    anatomy: Anatomy,
    *,
    outer_diameter_mm: float,
    placement_error_mm: float = 0.0,
) -> TrajectoryMeasures:
    """Measure one needle; everything near its vertebra is kept ready for the next call.

    Parameters
    ----------
    outer_diameter_mm
        Of the thickest part that enters bone: the cannula, when there is one.
    placement_error_mm
        Registration, needle bend and the like; widens every interval.

    Raises
    ------
    KeyError
        When the anatomy has no vertebra of the trajectory's level.
    """
    surroundings = surroundings_of(anatomy, trajectory.level)
    vertebra = anatomy.vertebrae[trajectory.level]
    entry, tip = trajectory.entry.array, trajectory.tip.array
    direction = unit(tip - entry)
    radius = outer_diameter_mm / 2.0
    crossings = _crossings(entry, tip, ct, surroundings)
    enters = next((item for item in crossings if item.enters), None)
    pedicle = None
    if trajectory.approach is Approach.TRANSPEDICULAR:
        pedicle = pedicle_margins(
            entry,
            tip,
            vertebra,
            trajectory.side,
            surroundings,
            outer_diameter_mm=outer_diameter_mm,
            doubt_mm=placement_error_mm,
        )
    clearances = [
        clearance(name, surface, entry, tip, radius, placement_error_mm)
        for name, surface in surroundings.near.items()
    ]
    skin = skin_on_line(ct, trajectory.tip, -direction)
    step = half_voxel_mm(ct.geometry.ijk_from_lps[:3, :3] @ direction) + placement_error_mm
    return TrajectoryMeasures(
        trajectory_id=trajectory.id,
        outer_diameter_mm=outer_diameter_mm,
        length_mm=trajectory.length_mm,
        skin=skin,
        skin_to_tip_mm=None if skin is None else _about(skin.distance_mm(trajectory.tip), step),
        bone_entry=None if enters is None else enters.at,
        bone_depth_mm=(
            None if enters is None else _about(enters.at.distance_mm(trajectory.tip), step)
        ),
        pedicle=pedicle,
        clearances=tuple(sorted(clearances, key=lambda item: item.distance_mm.best)),
        farther_than_mm=surroundings.farther_than_mm,
        angles_deg=angles_deg(direction, trajectory.side, vertebra)
        | slice_angles_deg(direction, trajectory.side, ct),
        tip=_tip_place(tip, trajectory.side, vertebra, surroundings, placement_error_mm),
        crossings=crossings,
        estimated=tuple(
            _estimated(name, pair, entry, tip, radius, placement_error_mm)
            for name, pair in surroundings.estimated.items()
        ),
        bone_hu=None if enters is None else _hu_between(ct, enters.at.array, tip),
        angle_doubt_deg=degrees(atan2(step, trajectory.length_mm)),
        placement_error_mm=placement_error_mm,
    )


def _estimated(
    name: str,
    pair: tuple[Surface, Surface | None],
    entry: Vector,
    tip: Vector,
    radius_mm: float,
    placement_error_mm: float,
) -> EstimatedClearance:
    def to(surface: Surface) -> Interval:
        found = clearance(name, surface, entry, tip, radius_mm, placement_error_mm)
        return found.distance_mm

    possible, likely = pair
    return EstimatedClearance(
        structure=name,
        at_least_mm=to(possible).low,
        likely_mm=None if likely is None else to(likely).best,
    )


def _about(value: float, doubt: float) -> Interval:
    return Interval(value - doubt, value, value + doubt)


def clearance(
    name: str,
    surface: Surface,
    entry: Vector,
    tip: Vector,
    radius_mm: float,
    placement_error_mm: float = 0.0,
) -> Clearance:
    """Measure from the needle's surface to one structure; exact for the surface's points.

    Outside it is the distance of the axis less the radius. When the axis enters the structure
    it is the greatest depth of the axis in it and the radius, negative.
    """
    distance, at, on_needle, doubt = structure_distance(
        surface.points_mm,
        surface.balls,
        surface.inside,
        surface.ijk_from_lps,
        entry,
        tip,
        STEP_MM,
    )
    return Clearance(
        structure=name,
        distance_mm=_about(distance - radius_mm, doubt + placement_error_mm),
        at=PointLps(*at.tolist()),
        on_needle=PointLps(*on_needle.tolist()),
    )


def angles_deg(direction: Vector, side: Side, vertebra: Vertebra) -> dict[str, float]:
    """Return the angles of a needle, see ``TrajectoryMeasures``; ``direction`` has length one."""
    left, anterior, superior = (
        np.array(axis) for axis in (vertebra.left, vertebra.anterior, vertebra.superior)
    )
    x, y, z = (float(value) for value in direction)
    return {
        "axial": degrees(atan2(-side.sign * x, -y)),
        "cranial": degrees(asin(min(max(z, -1.0), 1.0))),
        "vertebra_axial": degrees(
            atan2(-side.sign * float(direction @ left), float(direction @ anterior))
        ),
        "endplate": degrees(asin(min(max(float(direction @ superior), -1.0), 1.0))),
    }


def slice_angles_deg(direction: Vector, side: Side, ct: CtVolume) -> dict[str, float]:
    """Return the angles of a needle to the slices as the gantry made them, tilt and all."""
    normal, in_slice = _slice_frame(ct.geometry)
    out = degrees(asin(min(max(float(direction @ normal), -1.0), 1.0)))
    if in_slice is None:
        return {"out_of_slice": out}
    left, back = in_slice
    across, ahead = float(direction @ left), -float(direction @ back)
    return {"in_slice": degrees(atan2(-side.sign * across, ahead)), "out_of_slice": out}


@lru_cache(maxsize=4)
def _slice_frame(geometry: VolumeGeometry) -> tuple[Vector, tuple[Vector, Vector] | None]:
    """Return the slices' normal, and left and back within them unless they are sagittal."""
    axes = geometry.direction
    normal = unit(np.cross(axes[:, 0], axes[:, 1]))
    normal = normal if normal[2] >= 0.0 else -normal
    leftward = np.array((1.0, 0.0, 0.0)) - normal[0] * normal
    if not float(np.linalg.norm(leftward)) > SIDEWAYS_SHARE:
        return normal, None
    left = unit(leftward)
    return normal, (left, np.cross(normal, left))


def _tip_place(
    tip: Vector,
    side: Side,
    vertebra: Vertebra,
    surroundings: Surroundings,
    placement_error_mm: float,
) -> TipPlace | None:
    """Place the tip within the extent of the body along the vertebra's own axes."""
    extent = surroundings.body_extent_mm
    if extent is None:
        return None
    axes = np.array([vertebra.left, vertebra.anterior, vertebra.superior])
    along = axes @ (tip - vertebra.body_centre.array)
    sizes = np.ptp(extent, axis=1)
    left, depth, height = (float(x) for x in (along - extent[:, 0]) / sizes)
    grid = surroundings.geometry
    steps = axes @ grid.ijk_from_lps[:3, :3].T
    half_voxels = 0.5 / np.sqrt((steps * steps).sum(axis=1))
    across, ahead, up = ((half_voxels + placement_error_mm) / sizes).tolist()
    return TipPlace(
        in_body=surroundings.in_body(PointLps.of(tip)),
        depth_fraction=depth,
        own_side_fraction=side.sign * (2.0 * left - 1.0),
        height_fraction=height,
        doubt=(2.0 * across, ahead, up),
    )


def _crossings(
    entry: Vector, tip: Vector, ct: CtVolume, surroundings: Surroundings
) -> tuple[Crossing, ...]:
    """Return where the axis goes into and out of this vertebra, entry first."""
    length = float(np.linalg.norm(tip - entry))
    count = int(np.ceil(length / STEP_MM)) + 1
    grid = surroundings.geometry
    start = grid.ijk(entry)
    shares = crossings_of(surroundings.bone, start, grid.ijk(tip), count)
    from_ijk, to_ijk = ct.geometry.ijk(entry), ct.geometry.ijk(tip)
    begins_inside = bool(trilinear(surroundings.bone, *(float(at) for at in start)) >= 0.5)
    return tuple(
        Crossing(
            bone=str(surroundings.level),
            enters=begins_inside == bool(n % 2),
            from_entry_mm=float(share) * length,
            at=PointLps.of(entry + share * (tip - entry)),
            hu=_highest_hu(ct, from_ijk, to_ijk, float(share), CORTEX_REACH_MM / length),
        )
        for n, share in enumerate(shares)
    )


def _hu_between(ct: CtVolume, start: Vector, end: Vector) -> Interval | None:
    """Return lowest, mean and highest HU on a line; ``None`` where it is no line."""
    length = float(np.linalg.norm(end - start))
    if not length > 0.0:
        return None
    count = int(np.ceil(length / STEP_MM)) + 1
    readings = along_line(ct.hu, ct.geometry.ijk(start), ct.geometry.ijk(end), count)
    lowest, highest = float(readings.min()), float(readings.max())
    return Interval(lowest, min(max(float(readings.mean()), lowest), highest), highest)


def _highest_hu(
    ct: CtVolume, from_ijk: Vector, to_ijk: Vector, share: float, reach: float
) -> float:
    """Return the highest HU within ``reach`` of a crossing, read at places fixed to it."""
    way = to_ijk - from_ijk
    before, after = max(share - reach, 0.0), min(share + reach, 1.0)
    readings = along_line(ct.hu, from_ijk + before * way, from_ijk + after * way, CORTEX_READINGS)
    return float(readings.max())
