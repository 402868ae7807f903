"""Which way a protecting layer lies, and whether it stays: gas rises, fluid falls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from planner.geometry.points import unit
from planner.planning.patient_room import lying_in_words, up_in_room

if TYPE_CHECKING:
    from planner.domain.anatomy import Anatomy
    from planner.domain.plan import Plan
    from planner.domain.protection import ProtectionLayer
    from planner.geometry.points import PointLps, Vector

BESIDE_MM: Final = 15.0
"""Canal this far up and down from a layer tells on which side of it the layer lies."""

LEVEL_MM: Final = 2.0
"""A layer this little above or below the middle of the canal is on neither side."""


NEAREST_MM: Final = 1.0
"""Nearer to a needle than this no direction through a layer can be told."""


def away_from_heat(plan: Plan, at: PointLps) -> tuple[float, float, float] | None:
    """Return the unit vector, LPS, from the nearest needle that burns to a point.

    ``None`` where nothing burns, or the point lies on the needle.
    """
    offsets = []
    for needle in {plan.trajectory(burn.trajectory_id) for burn in plan.ablations}:
        back = needle.entry.array - needle.tip.array
        share = float(np.clip((at.array - needle.tip.array) @ back / (back @ back), 0.0, 1.0))
        offsets.append(at.array - (needle.tip.array + share * back))
    nearest = min(offsets, key=lambda one: float(np.linalg.norm(one)), default=None)
    if nearest is None or float(np.linalg.norm(nearest)) < NEAREST_MM:
        return None
    x, y, z = unit(nearest)
    return (float(x), float(y), float(z))


def above_canal_mm(
    layer: ProtectionLayer, anatomy: Anatomy, patient_position: str
) -> float | None:
    """Return how far a layer lies above the canal in the room; ``None`` when not known."""
    up = up_in_room(patient_position)
    middle = _canal_beside(layer, anatomy)
    if up is None or middle is None:
        return None
    return float((layer.centre.array - middle) @ up)


def stays(layer: ProtectionLayer, anatomy: Anatomy, patient_position: str) -> bool | None:
    """Tell whether a layer lies on the side its agent goes to; ``None`` when not known."""
    above = above_canal_mm(layer, anatomy, patient_position)
    if above is None or abs(above) < LEVEL_MM:
        return None
    return (above > 0.0) is layer.agent.is_gas


def lie_words(layer: ProtectionLayer, anatomy: Anatomy, patient_position: str) -> str:
    """Say whether a layer stays, for the patient as he lies in the scan."""
    goes = f"{layer.agent} {'rises' if layer.agent.is_gas else 'falls'}"
    lying = f"patient {lying_in_words(patient_position)}"
    staying = stays(layer, anatomy, patient_position)
    if staying is None:
        return f"{goes} ({lying}): look on CT where it went."
    side = "upper" if staying is layer.agent.is_gas else "dependent"
    if staying:
        return f"{goes}: on the {side} side of the canal ({lying}) it may stay."
    return f"{goes} away from the {side} side of the canal ({lying}): do not count on it."


def _canal_beside(layer: ProtectionLayer, anatomy: Anatomy) -> Vector | None:
    """Return the middle of the canal beside a layer, LPS mm."""
    geometry = anatomy.geometry
    along = int(np.argmax(np.abs(geometry.lps_from_ijk[2, :3])))  # the axis from head to feet
    place = float(geometry.ijk(layer.centre.array)[along])
    reach = BESIDE_MM / geometry.spacing_mm[along]
    last = geometry.size_ijk[along]
    low, high = (int(np.clip(round(place + way), 0, last)) for way in (-reach, reach))
    room = [slice(None)] * 3
    room[2 - along] = slice(low, high)
    index = np.argwhere(anatomy.canal[tuple(room)])[:, ::-1]
    if not len(index):
        return None
    middle = index.mean(axis=0)
    middle[along] += low
    return geometry.lps_mm(middle)
