"""Published experiments with radiofrequency and microwaves in bone and disc."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.physics.heat import (
    Cooling,
    Driven,
    Electrode,
    Medium,
    Microwave,
    RadioFrequency,
    Setpoint,
    Stage,
    Watts,
    solve,
)
from planner.physics.heat.device_model import Efficiency, applicator_of
from planner.physics.heat.sources import SUPERHEATED_CELSIUS
from planner.physics.heat.tissue_classes import TissueClass
from planner.physics.published.made_up_bone import (
    LUMBAR,
    ROOT_MM,
    SHEEP,
    in_grid,
    vertebra,
    with_ball,
)
from planner.physics.published.reading import Bench, Reading, needle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.physics.heat import Cylinder, HeatResult
    from planner.physics.heat.metal import Triple
    from planner.physics.published.experiments import Experiment

TO_PEDICLE: Final = (13.0, 32.0, 0.3)
"""From the middle of a lumbar body backward through the right pedicle."""

STEADY_K_PER_MIN: Final = 1.0
SHEEP_WATTS: Final = (20.0, 30.0, 40.0, 50.0)
SHEEP_S: Final = 240.0


def cadaver(bench: Bench, experiment: Experiment) -> dict[str, Reading]:
    """Heat muscle in a cavity of a lumbar body with a needle, and with four for an array."""
    cavity_mm = (0.0, -6.0, 0.0)
    bone = vertebra(bench.dead_table, LUMBAR, 80, 0.9)
    radius = experiment.number("cavity_radius_mm")
    medium = with_ball(bone, cavity_mm, radius, TissueClass.SOFT)
    back = np.array(TO_PEDICLE) / np.linalg.norm(TO_PEDICLE)
    side = np.array([back[1], -back[0], 0.0]) / np.hypot(back[0], back[1])
    circle = experiment.number("array_circle_mm") / 2.0
    ring = [circle * way for way in (side, -side, np.cross(back, side), np.cross(side, back))]
    found: dict[str, Reading] = {}
    for name, offsets in (("10", [np.zeros(3)]), ("20", ring)):
        tips = [np.array(cavity_mm) - 5.0 * back + offset for offset in offsets]
        diameter = experiment.number("electrode_diameter_mm")
        metal = [needle(in_grid(medium, tuple(tip)), back, 10.0, diameter) for tip in tips]
        places = [
            (0.0, LUMBAR.wall_y_mm + 1.0, 0.0),  # epidural: middle, then to the side, then high
            (6.0, LUMBAR.wall_y_mm + 2.0, 0.0),
            (0.0, LUMBAR.wall_y_mm + 1.0, 8.0),
            ROOT_MM,  # foramen: root, and each side of it
            (ROOT_MM[0], ROOT_MM[1] - 2.5, ROOT_MM[2] + 2.5),
            (ROOT_MM[0] + 3.0, ROOT_MM[1] + 2.5, ROOT_MM[2] - 2.5),
            *(tuple(np.array(cavity_mm) - way * side) for way in (10.0, 7.0, 14.0)),
        ]
        peak = _peaks(medium, _earthed(metal), experiment, places)
        for first, key in enumerate(("epidural", "foramen", "body")):
            found[f"{key}_{name}"] = Reading.of(*peak[3 * first : 3 * first + 3])
    return found


def osteoid(bench: Bench, experiment: Experiment) -> dict[str, Reading]:
    """Heat a nidus of 10 mm inside reactive zones of several thicknesses and conductivities."""
    low, high = 0.02, 0.087

    def run(zone_mm: float, conductivity: float) -> tuple[float, float, float]:
        return _nidus(bench, experiment, zone_mm, conductivity)

    middle = experiment.number("reactive_zone_mm")
    bare, thick = run(0.0, low), run(7.5, low)
    thick_high, middle_low, middle_high = run(7.5, high), run(middle, low), run(middle, high)
    return {
        "outside_0": Reading.of(*bare[:2]),
        "outside_75": Reading.of(*thick[:2], *thick_high[:2]),
        "lesion_002": Reading.of(middle_low[2], bare[2], thick[2]),
        "lesion_0087": Reading.of(middle_high[2], bare[2], thick_high[2]),
    }


def _nidus(
    bench: Bench, experiment: Experiment, zone_mm: float, conductivity: float
) -> tuple[float, float, float]:
    """Return what is just outside the reactive zone, and the width of the zone that dies.

    First the peak beside the middle of the tip, then the peak all round, beyond its ends too.
    """
    voxels, spacing, nidus_mm, cortex_mm = 84, 0.75, 5.0, 1.5
    centres = (np.arange(voxels) - (voxels - 1) / 2) * spacing
    z, y, x = np.meshgrid(centres, centres, centres, indexing="ij")
    radius = np.sqrt(x * x + y * y + z * z)
    tissue = np.full(radius.shape, TissueClass.CANCELLOUS, np.uint8)
    edge = nidus_mm + zone_mm
    tissue[y > edge] = TissueClass.CORTICAL
    tissue[y > edge + cortex_mm] = TissueClass.SOFT
    tissue[radius <= edge] = TissueClass.BLASTIC  # stands for the reactive zone
    tissue[radius <= nidus_mm] = TissueClass.LYTIC
    table = bench.table
    electric = table.conductivity_s_per_m.copy()
    electric[TissueClass.BLASTIC] = conductivity
    medium = Medium(
        tissue=tissue, spacing_mm=spacing, table=replace(table, conductivity_s_per_m=electric)
    )
    tip_mm = experiment.number("tip_length_mm")
    diameter = experiment.number("needle_diameter_mm")
    metal = needle(in_grid(medium, (-tip_mm / 2.0, 0.1, 0.2)), (1.0, 0.0, 0.0), tip_mm, diameter)
    stage = Stage(duration_s=300.0, driven=(_held(_earthed([metal]), 90.0),))
    result = solve(medium, [stage])
    round_it = (radius > edge + 0.25) & (radius < edge + 1.0)
    beside = round_it & (np.abs(x) < edge / 2.0)
    size = result.coagulation_size((1.0, 0.0, 0.0))
    across = (size.width_mm + size.height_mm) / 2.0
    peak = result.peak_celsius
    return float(peak[beside].max()), float(peak[round_it].max()), across


def sheep(bench: Bench, experiment: Experiment) -> dict[str, Reading]:
    """Read the wall behind an antenna that lies across a small body, at four powers."""
    wall_mm, start = experiment.number("wall_mm"), experiment.number("start_celsius")
    medium = vertebra(bench.dead_table, SHEEP, 72, 1.0)
    antenna_y = SHEEP.wall_y_mm - wall_mm
    places = [
        in_grid(medium, (0.0, antenna_y + way, 0.0)) for way in (wall_mm, -6.0, -10.0)
    ]  # the wall, and bone in front of the antenna where a wall might be nearer or further
    found = {}
    for watts in SHEEP_WATTS:
        applicator = applicator_of(
            bench.devices["eco-mwa"],
            in_grid(medium, (-7.5, antenna_y, 0.2)),
            (1.0, 0.0, 0.0),
            Efficiency.NOMINAL,
            SHEEP_S,
        )
        if not isinstance(applicator, Microwave):
            raise TypeError("eco-mwa is an antenna")
        driven = Driven(applicator=applicator, drive=Watts(power_w=watts))
        stage = Stage(duration_s=SHEEP_S, driven=(driven,))
        result = solve(medium, [stage], points_mm=places, after_s=0.0, start_celsius=start)
        wall, near, far = result.thermometry.celsius.max(axis=0)
        warm = 37.0 - start  # without blood the source does not know where it started
        hottest = min(float(near) + warm, SUPERHEATED_CELSIUS)
        found[f"wall_{watts:g}"] = Reading.of(float(wall), float(far), hottest)
    return found


def disc(bench: Bench, experiment: Experiment) -> dict[str, Reading]:
    """Heat the back of a disc between two cooled probes, with bone above and below."""
    raised = LUMBAR.body_mm[2] + 5.0
    medium = vertebra(bench.dead_table, LUMBAR, 88, 0.75, raised)
    y = LUMBAR.wall_y_mm - experiment.number("before_canal_mm")
    length, apart = experiment.number("probe_length_mm"), experiment.number("tips_apart_mm")
    diameter = experiment.number("probe_diameter_mm")
    metal = [
        needle(in_grid(medium, (way * apart / 2.0, y, 0.1)), (way, 0.0, 0.0), length, diameter)
        for way in (1.0, -1.0)
    ]
    cooling = Cooling(
        film_w_per_m2_k=experiment.number("film_w_per_m2_k"),
        celsius=experiment.number("coolant_celsius"),
    )
    pair = RadioFrequency(
        electrodes=(
            Electrode(metal=metal[0], volts=1.0),
            Electrode(metal=metal[1], volts=-1.0),
        ),
        cooling=cooling,
    )
    root = (ROOT_MM[0], ROOT_MM[1], ROOT_MM[2] + raised)
    ventral = LUMBAR.wall_y_mm + 1.0
    places = [
        (0.0, ventral, 0.0),
        (0.0, ventral + 1.0, 3.0),
        (0.0, ventral, -3.0),
        root,
        (root[0] + 3.0, root[1], root[2] - 2.0),
        (root[0], root[1] - 2.0, root[2] - 2.0),
    ]
    stage = Stage(
        duration_s=experiment.number("time_s"),
        driven=(Driven(applicator=pair, drive=Setpoint(celsius=50.0)),),
    )
    result = solve(medium, [stage], points_mm=[in_grid(medium, at) for at in places], after_s=0.0)
    rise = [float(value) for value in result.thermometry.celsius.max(axis=0) - 37.0]
    return {"epidural": Reading.of(*rise[:3]), "root": Reading.of(*rise[3:])}


def swine(bench: Bench, experiment: Experiment) -> dict[str, Reading]:
    """Time how long a spot 5, 8 and 10 mm from an electrode still changes."""
    medium = vertebra(bench.dead_table, LUMBAR, 76, 0.9)
    length = experiment.number("electrode_length_mm")
    diameter = experiment.number("electrode_diameter_mm")
    metal = needle(in_grid(medium, (-length / 2.0, -8.0, 0.1)), (1.0, 0.0, 0.0), length, diameter)
    driven = _held(_earthed([metal]), experiment.number("setpoint_celsius"))
    places = [in_grid(medium, (0.0, -8.0 + way, 0.1)) for way in (8.0, 5.0, 10.0)]
    result = solve(
        medium,
        [Stage(duration_s=1200.0, driven=(driven,))],
        points_mm=places,
        after_s=0.0,
        start_celsius=experiment.number("start_celsius"),
    )
    return {"steady": Reading.of(*(_steady_s(result, spot) for spot in range(3)))}


def _steady_s(result: HeatResult, spot: int) -> float:
    """Return when a spot begins to change by less than a degree a minute, for good."""
    times, celsius = result.thermometry.times_s, result.thermometry.celsius[:, spot]
    even = np.arange(0.0, times[-1], 5.0)
    per_min = np.abs(np.gradient(np.interp(even, times, celsius), even)) * 60.0
    moving = np.flatnonzero(per_min >= STEADY_K_PER_MIN)
    return float(even[moving[-1]]) if len(moving) else 0.0


def _earthed(metal: Sequence[Cylinder]) -> RadioFrequency:
    return RadioFrequency(electrodes=tuple(Electrode(metal=one, volts=1.0) for one in metal))


def _held(applicator: RadioFrequency, celsius: float) -> Driven:
    return Driven(applicator=applicator, drive=Setpoint(celsius=celsius))


def _peaks(
    medium: Medium,
    applicator: RadioFrequency,
    experiment: Experiment,
    places: Sequence[tuple[float, float, float]],
) -> list[float]:
    """Return the highest temperature at each place, given from the middle of the grid."""
    points: list[Triple] = [in_grid(medium, at) for at in places]
    stage = Stage(
        duration_s=experiment.number("time_s"),
        driven=(_held(applicator, experiment.number("setpoint_celsius")),),
    )
    result = solve(
        medium,
        [stage],
        points_mm=points,
        after_s=0.0,
        start_celsius=experiment.number("start_celsius"),
    )
    return [float(value) for value in result.thermometry.celsius.max(axis=0)]
