"""How far a zone moves when the parameters nobody can measure move over their range."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.progress import unreported
from planner.physics.heat.solve import AFTER_S, solve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from planner.domain.progress import ProgressReport
    from planner.physics.heat.applicators import Stage
    from planner.physics.heat.links import Field
    from planner.physics.heat.medium import Medium, PropertyTable
    from planner.physics.heat.result import HeatResult

LEAST_BAND_MM: Final = 3.0
"""No published model of a zone in living tissue does better than 2 to 3 mm, so no narrower
band is shown, however little the parameters move the zone. Derived."""

PERFUSION_FACTORS: Final = (0.0, 3.0)
"""Vertebral perfusion falls threefold with age; none at all is the end of it. Derived."""

CONDUCTIVITY_FACTORS: Final = (0.7, 1.3)
"""Of heat conductivity, from the spread of values measured in bone. Derived."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ZoneBand:
    """What the spread of parameters leaves open.

    Attributes
    ----------
    certain, possible
        Where tissue dies in every run, and in any run.
    hottest_celsius, coolest_celsius
        Highest and lowest peak of any run: the interval to show at a structure.
    spread_mm
        Half the range of the zone's radius, from the volumes of ``certain`` and ``possible``.
    dead_ml
        Volume of the zone in each run, by its name.
    """

    nominal: HeatResult
    certain: NDArray[np.bool_]
    possible: NDArray[np.bool_]
    hottest_celsius: Field
    coolest_celsius: Field
    spread_mm: float
    dead_ml: Mapping[str, float]

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
            table, heat_conductivity_w_per_m_k=factor * heat
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
    nominal = solve(medium, stages, after_s=after_s)
    certain, possible = nominal.dead(), nominal.dead()
    hottest, coolest = nominal.peak_celsius.copy(), nominal.peak_celsius.copy()
    dead_ml = {"nominal": _volume_ml(certain, medium)}
    present = np.unique(medium.tissue)
    for done, (name, table) in enumerate(tables.items(), 1):
        report(done / (len(tables) + 1), name)
        if _same_for(present, medium.table, table):
            continue
        result = solve(replace(medium, table=table), stages, after_s=after_s)
        dead = result.dead()
        certain, possible = certain & dead, possible | dead
        np.maximum(hottest, result.peak_celsius, out=hottest)
        np.minimum(coolest, result.peak_celsius, out=coolest)
        dead_ml[name] = _volume_ml(dead, medium)
    radii = [_radius_mm(mask, medium) for mask in (certain, possible)]
    return ZoneBand(
        nominal=nominal,
        certain=certain,
        possible=possible,
        hottest_celsius=hottest,
        coolest_celsius=coolest,
        spread_mm=(radii[1] - radii[0]) / 2.0,
        dead_ml=dead_ml,
    )


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
