"""How the 3-D view shows bone: how clear, where it is cut, and how near the wall is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.session.planes import Plane

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from planner.geometry.capsule import Capsule
    from planner.geometry.ellipsoid import Spheroid
    from planner.geometry.points import Vector


class BoneLook(StrEnum):
    """How clear the bone of levels is."""

    TREATED_CLEAR = "treated levels clear"
    """What is planned inside bone is seen, and the neighbours tell where it is."""
    CLEAR = "all bone clear"
    SOLID = "bone solid"
    TREATED_ONLY = "treated levels only"


TREATED_OPACITY: Final[Mapping[BoneLook, float]] = {
    BoneLook.TREATED_CLEAR: 0.35,
    BoneLook.CLEAR: 0.3,
    BoneLook.SOLID: 1.0,
    BoneLook.TREATED_ONLY: 0.55,
}
OTHER_OPACITY: Final[Mapping[BoneLook, float]] = {
    BoneLook.TREATED_CLEAR: 0.75,
    BoneLook.CLEAR: 0.3,
    BoneLook.SOLID: 1.0,
    BoneLook.TREATED_ONLY: 0.0,
}

CUT_AXES: Final[Mapping[Plane, tuple[float, float, float]]] = {
    Plane.AXIAL: (0.0, 0.0, 1.0),
    Plane.SAGITTAL: (1.0, 0.0, 0.0),
    Plane.CORONAL: (0.0, 1.0, 0.0),
}
"""What a cut is square to, LPS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SolidView:
    """What is chosen of the 3-D view.

    Attributes
    ----------
    cut
        The plane through the crosshair beyond which bone is shown; ``None`` for whole bone.
    wall
        Whether the posterior wall is coloured by its distance from what is planned.
    """

    bone: BoneLook = BoneLook.TREATED_CLEAR
    cut: Plane | None = None
    wall: bool = True


WHOLE: Final = SolidView()
"""How a scan is shown at first."""

INSIDE, NEAR, NEXT, FAR = range(4)
"""Codes of wall points: in what is planned, under 2 mm from it, under 5 mm, farther."""

BAND_WORDS: Final = {INSIDE: "inside", NEAR: "< 2", NEXT: "< 5", FAR: "≥ 5 mm"}
_LIMITS_MM: Final = (0.0, 2.0, 5.0)
SHOWN_WITHIN_MM: Final = 25.0
"""Wall farther from everything planned is not coloured: it is another level's."""


def shaded_wall(
    points_mm: Vector, needles: Sequence[Capsule], zones: Sequence[Spheroid]
) -> tuple[Vector, NDArray[np.uint8]]:
    """Return the wall points near what is planned, shape ``(n, 3)``, and their codes.

    Distances are exact to the solids as planned, the nominal zone without its band of doubt.
    For looking; the numbers and limits are those of the findings.
    """
    solids: tuple[Capsule | Spheroid, ...] = (*needles, *zones)
    if not solids or not len(points_mm):
        return np.zeros((0, 3)), np.zeros(0, dtype=np.uint8)
    balls = [(one.centre.array, max(one.half_length_mm, one.half_width_mm)) for one in zones]
    for one in needles:
        half = (one.end.array - one.start.array) / 2
        balls.append((one.start.array + half, float(np.linalg.norm(half)) + one.radius_mm))
    may_be_near = np.any(
        [
            np.linalg.norm(points_mm - middle, axis=1) < SHOWN_WITHIN_MM + radius_mm
            for middle, radius_mm in balls
        ],
        axis=0,
    )
    near = points_mm[may_be_near]
    if not len(near):
        return near, np.zeros(0, dtype=np.uint8)
    away = np.min([solid.signed_distance_mm(near) for solid in solids], axis=0)
    shown = away < SHOWN_WITHIN_MM
    codes = np.searchsorted(_LIMITS_MM, away[shown], side="right").astype(np.uint8)
    return near[shown], codes
