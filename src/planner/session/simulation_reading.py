"""What the fields of a simulation say: at structures, of the lesion, of each needle's zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.domain.limit_times import LimitTimes, nerve_limits
from planner.domain.prediction import StructureExposure
from planner.domain.simulation import StructureCourse, ZoneExtent
from planner.physics.heat.bioheat import ARTERIAL_CELSIUS
from planner.physics.heat.ensemble import FLOWING
from planner.physics.heat.result import between
from planner.physics.heat.zone_size import measure_zone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from planner.physics.heat.applicators import Applicator
    from planner.physics.heat.band import ZoneBand
    from planner.physics.heat.medium import Medium
    from planner.physics.heat.result import HeatResult, StructureHeat
    from planner.session.tissue_region import TissueRegion

METAL_LEVEL = np.float32(0.3)
"""Metal beside dead tissue counts with it, this far inside the zone."""

BODY_CELSIUS = float(ARTERIAL_CELSIUS)

LEAST_BAND_CELSIUS = 3.0
"""Doubt about a temperature at a structure, or the change itself where that is smaller: what the
best published models of canal temperature hope for. A zone that ends 3 to 5 mm elsewhere at most
doubles a small change. Derived."""

UNSOURCED_BAND_CELSIUS = 6.5
"""For a device whose electrodes are not published: the same and half the range that cooling
alone opens at the canal in the prototype, 43.7 to 50.6 degrees. Derived."""


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
        times=_times(at, is_cold=is_cold),
        arrhenius=at.arrhenius,
        at_mm=_worst_place(band, region, places, is_cold=is_cold),
    )


def _times(at: StructureHeat, *, is_cold: bool) -> LimitTimes:
    return LimitTimes(
        stop_celsius=nerve_limits(is_cold=is_cold).stop_celsius,
        to_stop_s=at.to_stop_s if np.isfinite(at.to_stop_s) else None,
        past_stop_s=at.past_stop_s,
        past_harm_s=at.past_harm_s,
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
        coldest_celsius=min(BODY_CELSIUS - most_k, -_most_at_edge(-band.coldest_celsius))
        if is_cold
        else BODY_CELSIUS,
        flowing_celsius=None,
        cem43_min=_most_at_edge(band.most_cem43_min),
        times=None,
        in_grid=False,
    )


def _most_at_edge(field: NDArray[np.float32]) -> float:
    """Return the most one voxel inside the edge, which itself is held at body temperature."""
    faces = (np.take(field, (1, -2), axis=axis) for axis in range(3))
    return float(max(face.max() for face in faces))


def changes_of(result: HeatResult, region: TissueRegion, *, is_cold: bool) -> dict[str, float]:
    """Return by how many degrees a run changes each structure."""
    found = {}
    for name, places in region.structures.items():
        at = result.at(places)
        if at is None:
            found[name] = result.edge_change_k
        elif is_cold:
            found[name] = BODY_CELSIUS - at.lowest_celsius
        else:
            found[name] = at.peak_celsius - BODY_CELSIUS
    return found


def exposures_at(
    courses: Mapping[str, StructureCourse],
    as_shown: Mapping[str, float],
    *,
    sourced: bool,
    is_cold: bool,
) -> dict[str, StructureExposure]:
    """Return what a rule judges: the nominal run, and the doubt up to the worst of all runs.

    ``as_shown`` are changes by the nominal run without a person's choices, which are judged with
    the least doubt of their own; empty where nobody chose anything.
    """
    least = LEAST_BAND_CELSIUS if sourced else UNSOURCED_BAND_CELSIUS
    found = {}
    for name, course in courses.items():
        if is_cold:
            change = BODY_CELSIUS - course.lowest_celsius
            spread = course.lowest_celsius - course.coldest_celsius
        else:
            change = course.peak_celsius - BODY_CELSIUS
            spread = course.hottest_celsius - course.peak_celsius
        other = as_shown.get(name, change)
        found[name] = StructureExposure(
            peak_celsius=course.peak_celsius,
            lowest_celsius=course.lowest_celsius,
            cem43_min=course.cem43_min,
            band_celsius=max(min(least, change), spread, other + min(least, other) - change, 0.0),
            beyond=not course.in_grid,
            times=course.times,
        )
    return found


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
