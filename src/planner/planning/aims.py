"""Where the tip of a proposed needle should come to lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy, Vertebra
    from planner.domain.devices import Device
    from planner.domain.levels import Side
    from planner.geometry.points import PointLps, Vector
    from planner.planning.surfaces import Surroundings

DEPTHS: Final = (0.70, 0.76, 0.82)
HEIGHTS: Final = (0.35, 0.5, 0.65)
SIDEWAYS: Final = (0.0, 0.12, 0.25, 0.4)
IDEAL: Final = (0.76, 0.12, 0.5)
"""Cement is given from the front third (rule N8), near the midline from either side."""

LARGE_LESION: Final = 2.0 / 3.0
"""A lesion of this share of the body takes two needles (Chen 2022)."""

SMALLEST_LESION_MM3: Final = 50.0
"""Fewer voxels than this are noise of an outline."""

HALF_SHIFTS_MM: Final = (0.0, -4.0, 4.0)
"""Ways from the middle of a lesion's half, outward, at which one of two needles may aim."""

BACK_SHARES: Final = (1.0, 0.5, 0.0)
"""Tips tried: so far beyond the aim that the zone's centre lies on it, half as far, on it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Aims:
    """Points to aim at.

    Attributes
    ----------
    points_mm
        Shape ``(n, 3)``, LPS.
    miss
        Shape ``(n,)``: 0 for the ideal point to 1 for one that only just serves.
    beyond_mm
        Ways beyond the point at which the tip may lie, best first.
    what
        ``target``, ``lesion`` or ``front third``.
    """

    points_mm: Vector
    miss: NDArray[np.float64]
    beyond_mm: tuple[float, ...]
    what: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LesionPart:
    """The part of the lesion in one body.

    Attributes
    ----------
    points_mm
        Its voxel centres, LPS, shape ``(n, 3)``.
    share_of_body
        The larger of its share of the body's volume and of the body's axial extent, as the rule
        that asks for two needles takes it.
    """

    points_mm: Vector
    share_of_body: float


def lesion_in(anatomy: Anatomy, surroundings: Surroundings) -> LesionPart | None:
    """Return the lesion inside the body of this vertebra, ``None`` when there is none."""
    if anatomy.lesion is None:
        return None
    place = np.argwhere(surroundings.body).astype(np.float64)[:, ::-1]
    if not len(place):
        return None
    centres = surroundings.geometry.lps_mm(place)
    index = np.rint(anatomy.geometry.ijk(centres)).astype(np.int64)
    hit = anatomy.lesion[index[:, 2], index[:, 1], index[:, 0]]
    if hit.sum() * anatomy.geometry.voxel_volume_mm3 < SMALLEST_LESION_MM3:
        return None
    vertebra = anatomy.vertebrae[surroundings.level]
    points = centres[hit]
    axes = np.array((vertebra.left, vertebra.anterior)).T
    extent = np.ptp(points @ axes, axis=0) / np.array(vertebra.body_size_mm[:2])
    share = max(float(hit.mean()), float(extent.max()))
    return LesionPart(points_mm=points, share_of_body=share)


def choose_aims(
    vertebra: Vertebra,
    surroundings: Surroundings,
    side: Side,
    *,
    target: PointLps | None,
    lesion: LesionPart | None,
    device: Device | None,
) -> Aims:
    """Aim at the target when one is given, else at the lesion, else at the front third."""
    if target is not None:
        return Aims(
            points_mm=target.array[None], miss=np.zeros(1), beyond_mm=(0.0,), what="target"
        )
    if lesion is not None:
        return Aims(
            points_mm=lesion.points_mm.mean(axis=0)[None],
            miss=np.zeros(1),
            beyond_mm=_beyond_mm(device),
            what="lesion",
        )
    return _front_third(vertebra, surroundings, side)


def choose_half_aims(
    vertebra: Vertebra, side: Side, lesion: LesionPart, device: Device | None
) -> Aims:
    """Aim at the half of a lesion on one side of the midline, for one of two needles."""
    outward = side.sign * np.array(vertebra.left)
    own = (lesion.points_mm - vertebra.body_centre.array) @ outward > 0.0
    half = lesion.points_mm[own] if own.any() else lesion.points_mm
    return Aims(
        points_mm=half.mean(axis=0) + np.array(HALF_SHIFTS_MM)[:, None] * outward,
        miss=np.abs(np.array(HALF_SHIFTS_MM)) / max(HALF_SHIFTS_MM),
        beyond_mm=_beyond_mm(device),
        what="half of the lesion on its side",
    )


def _beyond_mm(device: Device | None) -> tuple[float, ...]:
    rows = () if device is None else device.zone_rows
    back = max(rows[0].centre_from_tip_mm.value, 0.0) if rows else 0.0
    return tuple(share * back for share in (BACK_SHARES if back > 0.0 else (0.0,)))


def _front_third(vertebra: Vertebra, surroundings: Surroundings, side: Side) -> Aims:
    extent = surroundings.body_extent_mm
    if extent is None:
        return Aims(points_mm=np.empty((0, 3)), miss=np.empty(0), beyond_mm=(0.0,), what="body")
    depth, sideways, height = (
        grid.ravel() for grid in np.meshgrid(DEPTHS, SIDEWAYS, HEIGHTS, indexing="ij")
    )
    fractions = np.stack((0.5 + 0.5 * side.sign * sideways, depth, height), axis=1)
    along = extent[:, 0] + fractions * np.ptp(extent, axis=1)
    axes = np.array([vertebra.left, vertebra.anterior, vertebra.superior])
    miss = (
        np.abs(depth - IDEAL[0]) / 0.06
        + np.abs(sideways - IDEAL[1]) / 0.28
        + np.abs(height - IDEAL[2]) / 0.15
    ) / 3.0
    return Aims(
        points_mm=vertebra.body_centre.array + along @ axes,
        miss=miss,
        beyond_mm=(0.0,),
        what="front third",
    )
