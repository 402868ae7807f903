"""What the fields of a simulation say: at structures, of the lesion, of each needle's zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.domain.simulation import Coverage, StructureCourse, ZoneExtent
from planner.geometry.points import PointLps
from planner.physics.heat.bioheat import ARTERIAL_CELSIUS
from planner.physics.heat.ensemble import FLOWING
from planner.physics.heat.result import between
from planner.physics.heat.zone_size import measure_zone

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy
    from planner.domain.levels import Level
    from planner.geometry.points import Vector
    from planner.geometry.volume_geometry import VolumeGeometry
    from planner.physics.heat.applicators import Applicator
    from planner.physics.heat.band import ZoneBand
    from planner.physics.heat.medium import Medium
    from planner.physics.heat.result import HeatResult
    from planner.session.tissue_region import TissueRegion

CEM43_STEPS_MIN = (2.0, 10.0, 18.0, 60.0, 120.0, 240.0, 540.0)
COLD_STEPS_CELSIUS = (0.0, -10.0, -20.0, -30.0, -40.0)
"""Where the curve of the lesion is read: doses that matter to nerves and to tumour, and the
isotherms in use for ice."""

HALF = 0.5
"""Of a voxel: a point counts with the side most of it lies on."""

METAL_LEVEL = np.float32(0.3)
"""Metal beside dead tissue counts with it, this far inside the zone."""

BODY_CELSIUS = float(ARTERIAL_CELSIUS)

MIDDLE_SHARE = 1.0 / 6.0
"""Of a body's size: a part within the middle third is not called left or right."""

PLACE_WORDS = (("left", "right"), ("anterior", "posterior"), ("upper", "lower"))

FAR_MM = 1e3
"""Stands for no zone at all."""


def course_at(
    name: str, band: ZoneBand, region: TissueRegion, *, is_cold: bool
) -> StructureCourse:
    """Return what happens at a structure; beyond the grid, what happens at its edge."""
    places = region.structures[name]
    at = band.nominal.at(places)
    if at is None:
        return _beyond(band, is_cold=is_cold)
    flowing = band.results.get(FLOWING)
    flow = None if flowing is None else flowing.at(places)
    flow_celsius = None
    if flow is not None:
        flow_celsius = flow.lowest_celsius if is_cold else flow.peak_celsius
    return StructureCourse(
        peak_celsius=at.peak_celsius,
        lowest_celsius=at.lowest_celsius,
        hottest_celsius=float(between(band.hottest_celsius, places).max()),
        coldest_celsius=float(between(band.coldest_celsius, places).min()),
        flowing_celsius=flow_celsius,
        cem43_min=float(between(band.most_cem43_min, places).max()),
        over_42_s=at.over_42_s,
        over_45_s=at.over_45_s,
        to_42_s=at.to_42_s if np.isfinite(at.to_42_s) else None,
        at_mm=_worst_place(band, region, places, is_cold=is_cold),
    )


def _worst_place(
    band: ZoneBand, region: TissueRegion, places: NDArray[np.float64], *, is_cold: bool
) -> tuple[float, float, float]:
    """Return the point, LPS mm, where any run is hottest, or coldest."""
    if is_cold:
        number = int(between(band.coldest_celsius, places).argmin())
    else:
        number = int(between(band.hottest_celsius, places).argmax())
    x, y, z = region.geometry.lps_mm(places[::-1, number])
    return (float(x), float(y), float(z))


def _beyond(band: ZoneBand, *, is_cold: bool) -> StructureCourse:
    """Return the values at the edge of the grid: heat and cold only fade beyond it."""
    nominal_k = band.nominal.edge_change_k
    most_k = max(result.edge_change_k for result in band.results.values())
    return StructureCourse(
        peak_celsius=BODY_CELSIUS + (0.0 if is_cold else nominal_k),
        lowest_celsius=BODY_CELSIUS - (nominal_k if is_cold else 0.0),
        hottest_celsius=BODY_CELSIUS + (0.0 if is_cold else most_k),
        coldest_celsius=BODY_CELSIUS - (most_k if is_cold else 0.0),
        flowing_celsius=None,
        cem43_min=_most_at_edge(band.most_cem43_min),
        over_42_s=0.0,
        over_45_s=0.0,
        to_42_s=None,
        in_grid=False,
    )


def _most_at_edge(field: NDArray[np.float32]) -> float:
    """Return the most one voxel inside the edge, which itself is held at body temperature."""
    faces = (np.take(field, (1, -2), axis=axis) for axis in range(3))
    return float(max(face.max() for face in faces))


def owners_of(medium: Medium, applicators: Sequence[Applicator]) -> NDArray[np.uint8]:
    """Return the number of the applicator whose metal is nearest to each voxel."""
    distances = [
        np.minimum.reduce([piece.distance_mm(medium) for piece in one.metal])
        for one in applicators
    ]
    return np.asarray(np.argmin(distances, axis=0), dtype=np.uint8)


def extents_of(
    result: HeatResult,
    medium: Medium,
    applicators: Sequence[Applicator],
    owner: NDArray[np.uint8],
    *,
    is_cold: bool,
) -> list[ZoneExtent]:
    """Measure the part of the zone that lies nearest to each applicator."""
    level = result.cold_level() if is_cold else result.dose_level()
    dead_metal = result.dead() & result.metal
    level[dead_metal] = np.maximum(level[dead_metal], METAL_LEVEL)
    found = []
    for number, one in enumerate(applicators):
        own = np.where(owner == number, level, np.minimum(level, -METAL_LEVEL))
        axis = one.metal[0].axis
        size = measure_zone(
            own, 0.0, medium.spacing_mm, (float(axis[0]), float(axis[1]), float(axis[2]))
        )
        found.append(
            ZoneExtent(
                length_mm=size.length_mm,
                width_mm=size.width_mm,
                height_mm=size.height_mm,
                volume_ml=size.volume_ml,
            )
        )
    return found


def coverage_of(
    anatomy: Anatomy,
    levels: Collection[Level],
    band: ZoneBand,
    geometry: VolumeGeometry,
    *,
    is_cold: bool,
) -> Coverage | None:
    """Return how much of the lesion of the treated levels dies; ``None`` without a lesion."""
    points = _lesion_points(anatomy, levels)
    if points is None:
        return None
    places = geometry.ijk(points)[:, ::-1].T
    nominal = band.nominal
    zone, certain = nominal.dead(), band.certain
    dead = _sampled(zone.astype(np.float32), places, outside=0.0) > HALF
    sure = _sampled(certain.astype(np.float32), places, outside=0.0) > HALF
    depth = _sampled(_depth_mm(zone, geometry), places, outside=-FAR_MM)
    if is_cold:
        seen = _sampled(nominal.lowest_celsius, places, outside=BODY_CELSIUS)
        curve = [(step, _percent(seen <= step)) for step in COLD_STEPS_CELSIUS]
    else:
        seen = _sampled(nominal.cem43_min, places, outside=0.0)
        curve = [(step, _percent(seen >= step)) for step in CEM43_STEPS_MIN]
    missed_ml, missed_at, words = _largest_missed(anatomy, levels, points[~dead])
    return Coverage(
        percent=_percent(dead),
        sure_percent=_percent(sure),
        least_margin_mm=float(depth.min()),
        curve=tuple(curve),
        missed_ml=missed_ml,
        missed_at=missed_at,
        missed_words=words,
    )


def _lesion_points(anatomy: Anatomy, levels: Collection[Level]) -> Vector | None:
    if anatomy.lesion is None:
        return None
    inside = np.isin(anatomy.labels, [level.verse_label for level in levels])
    places = np.argwhere(anatomy.lesion & inside)
    if not len(places):
        return None
    return anatomy.geometry.lps_mm(places[:, ::-1].astype(np.float64))


def _sampled(
    field: NDArray[np.float32], places_kji: NDArray[np.float64], *, outside: float
) -> NDArray[np.float64]:
    found = ndimage.map_coordinates(
        field, places_kji, order=1, mode="constant", cval=outside, output=np.float64
    )
    return np.asarray(found)


def _depth_mm(zone: NDArray[np.bool_], geometry: VolumeGeometry) -> NDArray[np.float32]:
    """Return how deep each voxel lies inside a zone; negative outside.

    Half a voxel is taken off, because the surface runs midway between voxels.
    """
    if not zone.any():
        return np.full(zone.shape, -FAR_MM, dtype=np.float32)
    spacing = geometry.spacing_mm[::-1]
    half = geometry.spacing_mm[0] / 2.0
    inner = ndimage.distance_transform_edt(zone, sampling=spacing) - half
    outer = ndimage.distance_transform_edt(~zone, sampling=spacing) - half
    return np.asarray(np.where(zone, inner, -outer), dtype=np.float32)


def _percent(share: NDArray[np.bool_]) -> float:
    return 100.0 * float(share.mean())


def _largest_missed(
    anatomy: Anatomy, levels: Collection[Level], points: Vector
) -> tuple[float, PointLps | None, str]:
    """Return the largest joined part of the lesion that lives: mL, middle, and where it is."""
    if not len(points):
        return 0.0, None, ""
    places = np.rint(anatomy.geometry.ijk(points)).astype(int)
    low = places.min(axis=0)
    box = np.zeros(tuple((places.max(axis=0) - low + 1)[::-1]), dtype=np.bool_)
    i, j, k = (places - low).T
    box[k, j, i] = True
    parts, _ = ndimage.label(box)
    largest = 1 + int(np.argmax(np.bincount(parts.ravel())[1:]))
    kept = points[parts[k, j, i] == largest]
    middle = PointLps.of(kept.mean(axis=0))
    volume_ml = len(kept) * anatomy.geometry.voxel_volume_mm3 / 1000.0
    return volume_ml, middle, _place_in_body(anatomy, levels, middle)


def _place_in_body(anatomy: Anatomy, levels: Collection[Level], at: PointLps) -> str:
    """Say where a point lies in the nearest treated body, such as ``L3: left, posterior``."""
    bodies = [anatomy.vertebrae[level] for level in levels if level in anatomy.vertebrae]
    if not bodies:
        return ""
    body = min(bodies, key=lambda item: item.body_centre.distance_mm(at))
    offset = at.array - body.body_centre.array
    words = []
    for axis, size_mm, (ahead, behind) in zip(
        (body.left, body.anterior, body.superior), body.body_size_mm, PLACE_WORDS, strict=True
    ):
        along = float(offset @ np.array(axis))
        if abs(along) > size_mm * MIDDLE_SHARE:
            words.append(ahead if along > 0.0 else behind)
    return f"{body.level}: {', '.join(words) or 'middle'}"
