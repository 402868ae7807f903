"""Published experiments with cryoprobes in gel and agar."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import ndimage

from planner.physics.heat import CryoProbe, Driven, Freeze, Medium, Stage, solve
from planner.physics.heat.tissue_classes import TissueClass
from planner.physics.published.made_up_bone import in_grid
from planner.physics.published.reading import Bench, Reading, needle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.physics.heat import HeatResult, PropertyTable
    from planner.physics.published.experiments import Experiment

LETHAL_CELSIUS: Final = -30.0
CORE_CELSIUS: Final = -40.0
EDGE_CELSIUS: Final = -0.25
"""Half way through the freezing of the gel, which runs from 0 to -0.5 here."""

REACH_MM: Final = 28.0
READ_MM: Final = 0.1

WEAK, STRONG = "model_probe_low_celsius", "model_probe_high_celsius"


def gel_table(table: PropertyTable) -> PropertyTable:
    """Return the properties with water that freezes nearly at once, as gel and agar do."""
    return replace(table, freezing_from_celsius=0.0, frozen_at_celsius=-0.5)


def gel(bench: Bench, experiment: Experiment) -> dict[str, Reading]:
    """Freeze with four and with two needles and read outward from an outer one."""
    device = bench.devices["cryo-17g"]
    number = {key: value.value for key, value in device.numbers.items()}
    reads = []
    for count, key in (
        (4, "model_probe_celsius"),
        (4, WEAK),
        (4, STRONG),
        (2, "model_probe_celsius"),
    ):
        result = frozen(
            gel_table(bench.table),
            spots(count, experiment.number("apart_mm")),
            (number["model_freezing_length_mm"], number["outer_diameter_mm"], number[key]),
            (1.0, experiment.number("time_s"), 37.0),
        )
        first = spots(count, experiment.number("apart_mm"))[0]
        reads.append([reach_mm(result, first, at) for at in (CORE_CELSIUS, EDGE_CELSIUS)])
    core, edge = ([read[place] for read in reads] for place in (0, 1))
    between = [outer - inner for inner, outer in reads]
    return {
        "minus40": Reading.of(*core),
        "edge": Reading.of(*edge),
        "between": Reading.of(*between),
    }


def agar(bench: Bench, experiment: Experiment) -> dict[str, Reading]:
    """Freeze with one to four probes, and with one thin probe."""
    start, seconds = experiment.number("start_celsius"), experiment.number("time_s")
    apart, length = experiment.number("apart_mm"), experiment.number("probe_length_mm")
    nominal = experiment.number("probe_celsius")
    ends = [bench.devices["cryo-17g"].numbers[key].value for key in (WEAK, STRONG)]
    found = {}
    for count in (1, 2, 3, 4):
        reads = []
        for celsius in (nominal, *ends):
            result = frozen(
                gel_table(bench.table),
                spots(count, apart),
                (length, 2.4, celsius),
                (1.5, seconds, start),
            )
            reads.append([round_mm(result, at) for at in (LETHAL_CELSIUS, EDGE_CELSIUS)])
        found[f"lethal_{count}"] = Reading.of(*(read[0] for read in reads))
        found[f"ice_{count}"] = Reading.of(*(read[1] for read in reads))
    shares = [
        100.0
        * round_mm(_alone(bench, (length, 1.7, celsius), seconds, start), LETHAL_CELSIUS)
        / round_mm(_alone(bench, (length, 2.4, celsius), seconds, start), LETHAL_CELSIUS)
        for celsius in (nominal, *ends)
    ]
    found["thin"] = Reading.of(*shares)
    return found


def _alone(
    bench: Bench, probe: tuple[float, float, float], seconds: float, start: float
) -> HeatResult:
    """Freeze with one probe on a grid that resolves the thinner one too."""
    return frozen(gel_table(bench.table), spots(1, 0.0), probe, (1.1, seconds, start))


def spots(count: int, apart_mm: float) -> list[tuple[float, float]]:
    """Return where probes stand (y, z) from the middle: one, a pair, a triangle or a square."""
    half = apart_mm / 2.0
    return {
        1: [(0.0, 0.0)],
        2: [(half, 0.0), (-half, 0.0)],
        3: [(0.0, apart_mm / 3**0.5), (half, -half / 3**0.5), (-half, -half / 3**0.5)],
        4: [(half, half), (-half, half), (half, -half), (-half, -half)],
    }[count]


def frozen(
    table: PropertyTable,
    where: Sequence[tuple[float, float]],
    probe: tuple[float, float, float],
    how: tuple[float, float, float],
) -> HeatResult:
    """Freeze a block of gel.

    Parameters
    ----------
    probe
        Length mm, diameter mm, temperature °C; each probe along x.
    how
        Spacing mm, time s, temperature °C at the start.
    """
    (length, diameter, celsius), (spacing, seconds, start) = probe, how
    reach = 2.0 * (float(np.abs(where).max()) + 30.0)
    across, along = (int(np.ceil(size / spacing)) for size in (reach, length + 50.0))
    tissue = np.full((across, across, along), TissueClass.WATER, np.uint8)
    medium = Medium(tissue=tissue, spacing_mm=spacing, table=table)
    driven = tuple(
        Driven(
            applicator=CryoProbe(
                metal_part=needle(
                    in_grid(medium, (-length / 2.0, y + 0.2, z + 0.3)),
                    (1.0, 0.0, 0.0),
                    length,
                    diameter,
                ),
                celsius=celsius,
            ),
            drive=Freeze(),
        )
        for y, z in where
    )
    stage = Stage(duration_s=seconds, driven=driven)
    return solve(medium, [stage], after_s=0.0, start_celsius=start)


def round_mm(result: HeatResult, celsius: float) -> float:
    """Return the diameter of a circle as large as what was colder, half way along the probes."""
    middle = result.lowest_celsius.shape[2] // 2
    cold = result.lowest_celsius[:, :, middle]
    inner = (cold[1:-1, 1:-1] <= celsius).sum()
    # the voxels at the border count for the part of them that is colder
    slope = np.maximum(np.hypot(*np.gradient(cold))[1:-1, 1:-1], 1e-6)
    part = np.clip(0.5 + (celsius - cold[1:-1, 1:-1]) / slope, 0.0, 1.0)
    area = part.sum() if inner else 0.0
    return float(2.0 * np.sqrt(area / np.pi) * result.spacing_mm)


def reach_mm(result: HeatResult, spot: tuple[float, float], celsius: float) -> float:
    """Return how far from the axis of a probe, away from the middle, it was colder."""
    lowest = result.lowest_celsius
    middle = (np.array(lowest.shape[:2]) - 1) / 2.0
    start = middle + np.array([spot[1] + 0.3, spot[0] + 0.2]) / result.spacing_mm
    way = np.array([spot[1], spot[0]]) / (np.hypot(*spot) or 1.0)
    steps = np.arange(0.0, REACH_MM, READ_MM)
    line = start[:, None] + way[:, None] * steps / result.spacing_mm
    plane = lowest[:, :, lowest.shape[2] // 2]
    seen = ndimage.map_coordinates(plane, line, order=1, mode="nearest")
    return float((seen <= celsius).sum() * READ_MM)
