"""How large the zone of one round needle is, from its own tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.domain.simulation import ZoneExtent
from planner.physics.heat.dose import COAGULATED_CEM43_MIN
from planner.physics.heat.record import LETHAL_COLD_CELSIUS
from planner.physics.heat.superpose import STEP_MM, needle_field

if TYPE_CHECKING:
    from planner.physics.heat.links import Field
    from planner.physics.heat.round_needle import RoundResult
    from planner.physics.heat.superpose import NeedleField


def extent_of(result: RoundResult) -> ZoneExtent:
    """Measure the zone of a needle that lies in nothing but its own tissue."""
    field = needle_field(result, (0.0, 0.0, 0.0), (1.0, 0.0, 0.0))
    return field_extent(field, is_cold=result.is_cold)


def field_extent(field: NeedleField, *, is_cold: bool) -> ZoneExtent:
    """Measure the zone of one needle by itself, in its tables."""
    if is_cold:
        level = np.float32(LETHAL_COLD_CELSIUS) - field.extreme
    else:
        level = field.dose_level - np.float32(np.log10(COAGULATED_CEM43_MIN))
    along = level.max(axis=1)
    rows = np.flatnonzero(along >= 0.0)
    if not len(rows):
        return ZoneExtent(length_mm=0.0, width_mm=0.0, height_mm=0.0, volume_ml=0.0)
    radius = np.array([_crossing(line) for line in level[rows]]) * STEP_MM
    length = (len(rows) - 1 + _beyond(along, rows[0], -1) + _beyond(along, rows[-1], 1)) * STEP_MM
    width = 2.0 * float(radius.max())
    volume = float((np.pi * radius**2).sum()) * STEP_MM / 1000.0
    return ZoneExtent(length_mm=length, width_mm=width, height_mm=width, volume_ml=volume)


def _crossing(line: Field) -> float:
    """Return where a line that begins inside a zone leaves it, in samples."""
    inside = np.flatnonzero(line >= 0.0)
    if not len(inside) or inside[-1] + 1 >= len(line):
        return float(len(line) - 1) if len(inside) else 0.0
    last = int(inside[-1])
    return last + float(line[last] / (line[last] - line[last + 1]))


def _beyond(along: Field, row: int, way: int) -> float:
    """Return how far a zone reaches beyond its last sample, in samples."""
    if not 0 <= row + way < len(along):
        return 0.0
    return float(along[row] / (along[row] - along[row + way]))
