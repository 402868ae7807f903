"""Published sizes of one needle in one tissue, by the round model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.physics.heat import Cylinder, Electrode, RadioFrequency, Setpoint, Watts
from planner.physics.heat.device_model import Efficiency, NoModel, applicator_of
from planner.physics.heat.rings import ring_tissue
from planner.physics.heat.round_needle import rings_for, solve_round
from planner.physics.heat.tissue_classes import TissueClass
from planner.physics.heat.zone_extent import extent_of
from planner.physics.published.reading import Bench, Reading

if TYPE_CHECKING:
    from planner.physics.heat import PropertyTable
    from planner.physics.heat.applicators import Applicator, Drive
    from planner.physics.heat.rings import Grid2
    from planner.physics.heat.round_needle import RoundResult
    from planner.physics.published.experiments import Experiment

AFTER_S = 120.0


def anchor(bench: Bench, experiment: Experiment) -> dict[str, Reading]:
    """Measure the zone of the antenna of the seed paper in soft tumour at 40 W."""

    def width_mm(seconds: float) -> float:
        found = applicator_of(
            bench.devices["eco-mwa"],
            (0.0, 0.0, 0.0),
            (1.0, 0.0, 0.0),
            Efficiency.NOMINAL,
            seconds,
        )
        if isinstance(found, NoModel):
            raise TypeError(found.reason)
        drive = Watts(power_w=40.0)
        return extent_of(_run(found, drive, seconds, bench.table, TissueClass.LYTIC)).width_mm

    return {"width": Reading.of(*map(width_mm, (experiment.number("time_s"), 120.0, 300.0)))}


def meat(bench: Bench, experiment: Experiment) -> dict[str, Reading]:
    """Compare thick with thin electrodes, and one with two and three minutes."""
    tip = experiment.number("tip_length_mm")

    def sizes(diameter_mm: float, celsius: float) -> dict[float, tuple[float, float]]:
        """Return width and length of an isotherm after one, two and three minutes."""
        metal = Cylinder(
            start_mm=(0.0, 0.0, 0.0), end_mm=(tip, 0.0, 0.0), radius_mm=diameter_mm / 2.0
        )
        one = RadioFrequency(electrodes=(Electrode(metal=metal, volts=1.0),))
        drive, table = Setpoint(celsius=80.0), bench.dead_table
        return {
            seconds: isotherm_mm(_run(one, drive, seconds, table, TissueClass.SOFT), celsius)
            for seconds in (60.0, 120.0, 180.0)
        }

    edges = [experiment.number(key) for key in ("edge_celsius", "edge_low_celsius")]
    thick = [sizes(experiment.number("thick_mm"), celsius) for celsius in edges]
    thin = [sizes(experiment.number("thin_mm"), celsius) for celsius in edges]

    def growth(size: dict[float, tuple[float, float]], seconds: float) -> float:
        return 100.0 * (size[seconds][0] / size[60.0][0] - 1.0)

    return {
        "wider": Reading.of(
            *(wide[120.0][0] - slim[120.0][0] for wide, slim in zip(thick, thin, strict=True))
        ),
        "two_minutes": Reading.of(*(growth(size, 120.0) for size in (*thick, *thin))),
        "three_minutes": Reading.of(*(growth(size, 180.0) for size in (*thick, *thin))),
        "longer": Reading.of(*(size[120.0][1] - tip for size in (*thick, *thin))),
    }


def isotherm_mm(result: RoundResult, celsius: float) -> tuple[float, float]:
    """Return width and length of what was ever as hot as ``celsius``."""
    peak, rings = result.extreme_celsius, result.rings
    width = 2.0 * max(_leaves(line, rings.r_centre_mm, celsius) for line in peak)
    along = peak.max(axis=1)
    middle = int(along.argmax())
    back = _leaves(along[middle:], rings.s_centre_mm[middle:], celsius)
    front = _leaves(along[middle::-1], -rings.s_centre_mm[middle::-1], celsius)
    return width, back + front


def _leaves(values: Grid2, places_mm: Grid2, celsius: float) -> float:
    """Return where a line that starts hot is as cool as ``celsius`` for the first time."""
    cool = np.flatnonzero(values < celsius)
    if not len(cool) or cool[0] == 0:
        return 0.0
    low, high = cool[0] - 1, cool[0]
    share = (values[low] - celsius) / (values[low] - values[high])
    return float(places_mm[low] + share * (places_mm[high] - places_mm[low]))


def _run(
    applicator: Applicator, drive: Drive, seconds: float, table: PropertyTable, tissue: TissueClass
) -> RoundResult:
    rings = rings_for(applicator)
    around = ring_tissue(np.full((*rings.shape, 1), tissue, np.uint8), table)
    times = [seconds, seconds + AFTER_S]
    return solve_round(applicator, drive, [(0.0, seconds)], rings, around, times)
