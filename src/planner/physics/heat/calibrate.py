"""Fitting a device's model to a row of its table, in one reference medium.

The device, not the tissue, is the largest unknown of a zone: how much of the power arrives, how
well a probe is cooled. So one knob is fitted to what the maker states, and the scan of a patient
then only supplies the deviation from the reference medium.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.errors import PlannerError
from planner.physics.heat.applicators import Driven, Microwave, Stage, Watts
from planner.physics.heat.medium import Medium
from planner.physics.heat.metal import Cylinder
from planner.physics.heat.solve import solve

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.physics.heat.medium import PropertyTable

CLOSE_ENOUGH_MM: Final = 0.1
MOST_RUNS: Final = 16

REFERENCE_SPACING_MM: Final = 1.0
REFERENCE_VOXELS: Final = 72
"""Side of the reference grid: a zone of 30 mm keeps 20 mm of tissue round it."""

SHAFT_MM: Final = 30.0
"""Length of cooled shaft in the reference grid."""

OFF_CENTRE_MM: Final = (0.2, 0.3)
"""The needle lies off the voxel centres, as in a patient."""


class NotFittedError(PlannerError):
    """No value of the knob in its range reaches the size in the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A fitted knob.

    Attributes
    ----------
    residual_mm
        Size found less size wanted.
    """

    value: float
    residual_mm: float
    runs: int


def bisect_size(
    size_mm: Callable[[float], float],
    wanted_mm: float,
    low: float,
    high: float,
    close_mm: float = CLOSE_ENOUGH_MM,
) -> Fit:
    """Find the knob between ``low`` and ``high`` at which a growing size is ``wanted_mm``.

    Raises
    ------
    NotFittedError
        When the size does not lie between those at the two ends.
    """
    smallest, largest = size_mm(low), size_mm(high)
    if not smallest <= wanted_mm <= largest:
        raise NotFittedError(
            f"A size of {wanted_mm:g} mm cannot be met: the model gives {smallest:.1f} to "
            f"{largest:.1f} mm. Check the row of the zone table."
        )
    value, found, runs = low, smallest, 2
    while abs(found - wanted_mm) > close_mm and runs < MOST_RUNS:
        value = 0.5 * (low + high)
        found = size_mm(value)
        low, high = (value, high) if found < wanted_mm else (low, value)
        runs += 1
    return Fit(value=value, residual_mm=found - wanted_mm, runs=runs)


def fit_antenna_efficiency(
    antenna: Microwave,
    table: PropertyTable,
    tissue: int,
    *,
    power_w: float,
    time_s: float,
    width_mm: float,
) -> Fit:
    """Fit the efficiency of ``antenna`` to a width in a block of one tissue.

    The place of ``antenna`` does not matter; its shaft is laid along x in the reference grid.
    """

    def width_at(efficiency: float) -> float:
        return antenna_width_mm(
            replace(antenna, efficiency=efficiency), table, tissue, power_w=power_w, time_s=time_s
        )

    return bisect_size(width_at, width_mm, 0.05, 1.0)


def antenna_width_mm(
    antenna: Microwave, table: PropertyTable, tissue: int, *, power_w: float, time_s: float
) -> float:
    """Return the width of the coagulated zone in a block of one tissue."""
    shape = (REFERENCE_VOXELS,) * 3
    medium = Medium(
        tissue=np.full(shape, tissue, np.uint8), spacing_mm=REFERENCE_SPACING_MM, table=table
    )
    middle = (REFERENCE_VOXELS - 1) * REFERENCE_SPACING_MM / 2.0
    tip = middle - antenna.centre_from_tip_mm
    y, z = middle + OFF_CENTRE_MM[0], middle + OFF_CENTRE_MM[1]
    shaft = Cylinder(
        start_mm=(tip, y, z),
        end_mm=(tip + SHAFT_MM, y, z),
        radius_mm=antenna.shaft.radius_mm,
    )
    placed = Driven(applicator=replace(antenna, shaft=shaft), drive=Watts(power_w=power_w))
    result = solve(medium, [Stage(duration_s=time_s, driven=(placed,))])
    size = result.coagulation_size((1.0, 0.0, 0.0))
    return (size.width_mm + size.height_mm) / 2.0
