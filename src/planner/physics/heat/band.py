"""How far a zone moves when the parameters nobody can measure move over their range."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import ndimage

from planner.domain.progress import unreported
from planner.physics.heat.record import NEVER_S
from planner.physics.heat.solve import AFTER_S, solve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from planner.domain.progress import ProgressReport
    from planner.physics.heat.applicators import Stage
    from planner.physics.heat.links import Field
    from planner.physics.heat.medium import Medium, PropertyTable
    from planner.physics.heat.metal import Triple
    from planner.physics.heat.result import HeatResult

NOMINAL: Final = "nominal"

LEAST_BAND_MM: Final = 3.0
"""No published model of a zone in living tissue does better than 2 to 3 mm, so no narrower
band is shown, however little the parameters move the zone. Derived."""

PERFUSION_FACTORS: Final = (0.0, 3.0)
"""Vertebral perfusion falls threefold with age; none at all is the end of it. Derived."""

CONDUCTIVITY_FACTORS: Final = (0.7, 1.3)
"""Of heat conductivity, from the spread of values measured in bone. Derived."""


SAME_PLACE_MM2: Final = 1e-6
"""So that rounding leaves out no voxel that lies just at a distance."""

SAME_TIME_S: Final = 1.0
"""Runs whose ends lie closer follow one clock; their steps differ, so their sums do."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """One member of a band: what was moved, and the run that shows it.

    ``tissue`` is a map of its own, ``None`` for that of the medium.
    """

    name: str
    table: PropertyTable
    stages: Sequence[Stage]
    tissue: NDArray[np.uint8] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ZoneBand:
    """What the spread of parameters leaves open.

    Attributes
    ----------
    results
        Every run by its name, the nominal one first.
    certain, possible
        Where tissue dies in every run, and in any run.
    hottest_celsius, coolest_celsius
        Highest and lowest peak of any run: the interval to show at a structure.
    coldest_celsius
        Lowest temperature of any run.
    most_cem43_min
        Highest dose of any run.
    spread_mm
        Half the range of the zone's radius, from the volumes of ``certain`` and ``possible``.
    dead_ml
        Volume of the zone in each run, by its name.
    dead_at_s, certain_at_s, possible_at_s
        uint16: when tissue dies in the nominal run, has died in every run, and dies in the first
        of them; ``record.NEVER_S`` outside the zone, ``certain`` and ``possible``. Runs that take
        another time, such as those of needles in turn, only say whether, not when.
    """

    results: Mapping[str, HeatResult]
    certain: NDArray[np.bool_]
    possible: NDArray[np.bool_]
    hottest_celsius: Field
    coolest_celsius: Field
    coldest_celsius: Field
    most_cem43_min: Field
    spread_mm: float
    dead_ml: Mapping[str, float]
    dead_at_s: NDArray[np.uint16]
    certain_at_s: NDArray[np.uint16]
    possible_at_s: NDArray[np.uint16]

    @property
    def nominal(self) -> HeatResult:
        """The run with nothing moved."""
        return next(iter(self.results.values()))

    @property
    def band_mm(self) -> float:
        """Half width of the band to draw, in whole millimetres: no more digits are earned."""
        return float(np.ceil(max(LEAST_BAND_MM, self.spread_mm)))


def variants(
    table: PropertyTable,
    conductivity_ranges: Mapping[int, tuple[float, float]],
    exchange_w_per_m3_k: Mapping[int, float],
) -> dict[str, PropertyTable]:
    """Return tables with one thing moved at a time.

    Parameters
    ----------
    conductivity_ranges
        Lowest and highest electric conductivity in S/m, by tissue number.
    exchange_w_per_m3_k
        Tissues that may be flushed, such as spinal fluid, and by how much.
    """
    heat = table.heat_conductivity_w_per_m_k
    found = {
        f"perfusion x {factor:g}": replace(
            table, perfusion_w_per_m3_k=factor * table.perfusion_w_per_m3_k
        )
        for factor in PERFUSION_FACTORS
    }
    for factor in CONDUCTIVITY_FACTORS:
        found[f"heat conductivity x {factor:g}"] = replace(
            table,
            heat_conductivity_w_per_m_k=factor * heat,
            frozen_heat_conductivity_w_per_m_k=factor * table.frozen_heat_conductivity_w_per_m_k,
        )
    for number, ends in conductivity_ranges.items():
        for value in ends:
            moved = table.conductivity_s_per_m.copy()
            moved[number] = value
            name = f"{table.names[number]} {value:g} S/m"
            found[name] = replace(table, conductivity_s_per_m=moved)
    if exchange_w_per_m3_k:
        flushed = table.perfusion_w_per_m3_k.copy()
        for number, value in exchange_w_per_m3_k.items():
            flushed[number] = value
        found["fluid flows"] = replace(table, perfusion_w_per_m3_k=flushed)
    return found


def zone_band(
    medium: Medium,
    stages: Sequence[Stage],
    tables: Mapping[str, PropertyTable],
    *,
    after_s: float = AFTER_S,
    report: ProgressReport = unreported,
) -> ZoneBand:
    """Run ``stages`` with the medium's own table and with each of ``tables``.

    A table none of whose moved tissues is in the medium is not run again.
    """
    runs = [Run(name=NOMINAL, table=medium.table, stages=stages)]
    runs += [Run(name=name, table=table, stages=stages) for name, table in tables.items()]
    return band_of(medium, runs, after_s=after_s, report=report)


def band_of(
    medium: Medium,
    runs: Sequence[Run],
    *,
    points_mm: Sequence[Triple] = (),
    after_s: float = AFTER_S,
    report: ProgressReport = unreported,
) -> ZoneBand:
    """Run every member; the first is the nominal one.

    A member that differs from the first in nothing that is in the medium is not run again.
    """
    present = np.unique(medium.tissue)
    first = runs[0]
    kept = [
        run
        for run in runs
        if run is first
        or run.tissue is not None
        or run.stages != first.stages
        or not _same_for(present, first.table, run.table)
    ]
    results: dict[str, HeatResult] = {}
    for done, run in enumerate(kept):
        results[run.name] = solve(
            replace(
                medium,
                table=run.table,
                tissue=medium.tissue if run.tissue is None else run.tissue,
            ),
            run.stages,
            points_mm=points_mm,
            after_s=after_s,
            report=partial(_part_of, report, done, len(kept), run.name),
        )
    found = list(results.values())
    dead = {name: result.dead() for name, result in results.items()}
    certain = np.logical_and.reduce(list(dead.values()))
    possible = np.logical_or.reduce(list(dead.values()))
    dead_at_s, first_s, last_s = _when_dead(found, certain, possible)
    radii = [_radius_mm(mask, medium) for mask in (certain, possible)]
    return ZoneBand(
        results=results,
        certain=certain,
        possible=possible,
        hottest_celsius=np.maximum.reduce([one.peak_celsius for one in found]),
        coolest_celsius=np.minimum.reduce([one.peak_celsius for one in found]),
        coldest_celsius=np.minimum.reduce([one.lowest_celsius for one in found]),
        most_cem43_min=np.maximum.reduce([one.cem43_min for one in found]),
        spread_mm=(radii[1] - radii[0]) / 2.0,
        dead_ml={name: _volume_ml(mask, medium) for name, mask in dead.items()},
        dead_at_s=dead_at_s,
        certain_at_s=last_s,
        possible_at_s=first_s,
    )


def coldest_within(field: Field, spacing_mm: float, reach_mm: float) -> Field:
    """Return for each voxel the coldest of a field ``[z, y, x]`` within ``reach_mm`` of it."""
    voxels = int(np.ceil(reach_mm / spacing_mm))
    steps = np.arange(-voxels, voxels + 1) * spacing_mm
    z, y, x = np.meshgrid(steps, steps, steps, indexing="ij")
    ball = z**2 + y**2 + x**2 <= reach_mm**2 + SAME_PLACE_MM2
    return np.asarray(ndimage.minimum_filter(field, footprint=ball, mode="nearest"))


def _when_dead(
    found: Sequence[HeatResult], certain: NDArray[np.bool_], possible: NDArray[np.bool_]
) -> tuple[NDArray[np.uint16], NDArray[np.uint16], NDArray[np.uint16]]:
    """Return when tissue dies in the first run, in the first of all to, and in the last."""
    end_s = found[0].thermometry.times_s[-1]
    times = [
        one.dead_at_s() for one in found if abs(one.thermometry.times_s[-1] - end_s) < SAME_TIME_S
    ]
    first_s, last_s = np.minimum.reduce(times), np.maximum.reduce(times)
    by_the_end = np.minimum(first_s, np.uint16(min(round(end_s), NEVER_S - 1)))
    return (
        times[0],
        np.where(possible, by_the_end, np.uint16(NEVER_S)),
        np.where(certain, last_s, np.uint16(NEVER_S)),
    )


def _part_of(
    report: ProgressReport, done: int, count: int, name: str, part: float, _: str
) -> None:
    """Report the progress of one member as part of that of all."""
    report((done + part) / count, name)


def _same_for(present: NDArray[np.uint8], one: PropertyTable, other: PropertyTable) -> bool:
    columns = (
        "heat_conductivity_w_per_m_k",
        "perfusion_w_per_m3_k",
        "conductivity_s_per_m",
    )
    return all(
        (getattr(one, name)[present] == getattr(other, name)[present]).all() for name in columns
    )


def _volume_ml(mask: NDArray[np.bool_], medium: Medium) -> float:
    return float(mask.sum()) * medium.voxel_m3 * 1e6


def _radius_mm(mask: NDArray[np.bool_], medium: Medium) -> float:
    """Return the radius of the ball of the same volume."""
    return float((3.0 * _volume_ml(mask, medium) * 1000.0 / (4.0 * np.pi)) ** (1.0 / 3.0))
