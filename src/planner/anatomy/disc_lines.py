"""Disc planes between the patient and the straightened spine, and edits of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy.disc_search import find_discs
from planner.domain.corrections import DiscPlane
from planner.domain.errors import UsageError
from planner.geometry.points import PointLps, unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.anatomy.disc_search import DiscSearch
    from planner.anatomy.straight_spine import StraightSpine

STEEPEST_DEG = 60.0
"""A plane that stands steeper to the spine than this is no disc."""

CLOSEST_MM = 6.0
"""Discs closer together than this leave no body between them."""

FARTHEST_GRAB_MM = 20.0
"""A disc farther than this from where the user grabbed is another one."""

WIDEST_GAP = 1.6
"""Two discs farther apart than this many level heights have lost one between them."""


def disc_planes(spine: StraightSpine) -> tuple[DiscPlane, ...]:
    """Return the middle plane of every disc from inferior to superior, LPS."""
    discs, curve = spine.discs, spine.curve
    planes = []
    for n, s in enumerate(discs.s_mm):
        middle = curve.at(np.array(s), np.array(discs.walls.centre_at(s)), np.array(0.0))
        row = int(np.clip(round(float(s)), 0, len(curve) - 1))
        normal = unit(
            curve.superior[row]
            - np.tan(discs.tilt_rad[n]) * curve.anterior[row]
            - np.tan(discs.coronal_tilt_rad[n]) * curve.left[row]
        )
        planes.append(
            DiscPlane(
                middle=PointLps.of(middle),
                normal=(float(normal[0]), float(normal[1]), float(normal[2])),
            )
        )
    return tuple(planes)


def moved_disc(spine: StraightSpine, disc: PointLps, plane: DiscPlane) -> DiscSearch:
    """Return the discs with the one at ``disc`` put on another plane."""
    discs = spine.discs
    number = _disc_at(spine, disc)
    kept = np.arange(len(discs.s_mm)) != number
    return _inserted(spine, _chosen(discs, kept), plane)


def with_disc(spine: StraightSpine, plane: DiscPlane) -> DiscSearch:
    """Return the discs with one more."""
    return _inserted(spine, spine.discs, plane)


def deleted_disc(spine: StraightSpine, disc: PointLps) -> DiscSearch:
    """Return the discs without the one at ``disc``.

    Raises
    ------
    UsageError
        When there is none near, or it is the last one.
    """
    discs = spine.discs
    number = _disc_at(spine, disc)
    if len(discs.s_mm) == 1:
        raise UsageError("the last disc line cannot be deleted; drag it instead")
    return _chosen(discs, np.arange(len(discs.s_mm)) != number)


def discs_round_body(spine: StraightSpine, at: PointLps) -> DiscSearch:
    """Return the discs with those round a point found anew, so that a body holds the point.

    Raises
    ------
    UsageError
        When the point lies off the bodies.
    """
    discs, curve = spine.discs, spine.curve
    (s,), (v,), (u,) = curve.locate(at.array[None])
    walls = discs.walls
    inside = walls.posterior_at(s) - 4.0 < v < 2.0 * walls.centre_at(s) + 10.0
    if not (0.0 <= s <= len(curve) - 1.0 and inside and abs(u) < 35.0):
        raise UsageError("the click lies off the vertebral bodies; click inside one")
    period = float(discs.period_mm[int(s)])
    found = find_discs(spine.straight, bodies_at=(float(s),))
    near = np.abs(found.s_mm - s) < WIDEST_GAP * period
    far = np.abs(discs.s_mm - s) >= WIDEST_GAP * period
    new = _joined(_chosen(discs, far), _chosen(found, near))
    spaced = np.r_[True, np.diff(new.s_mm) >= CLOSEST_MM]
    return _chosen(new, spaced)


def _disc_at(spine: StraightSpine, point: PointLps) -> int:
    """Return the index of the disc nearest to a point."""
    s, v, u = (float(value[0]) for value in spine.curve.locate(point.array[None]))
    discs = spine.discs
    planes = (
        discs.s_mm
        + (v - np.array([discs.walls.centre_at(place) for place in discs.s_mm]))
        * np.tan(discs.tilt_rad)
        + u * np.tan(discs.coronal_tilt_rad)
    )
    distance = np.abs(planes - s)
    nearest = int(distance.argmin())
    if distance[nearest] > FARTHEST_GRAB_MM:
        raise UsageError("no disc line is near that point")
    return nearest


def _inserted(spine: StraightSpine, discs: DiscSearch, plane: DiscPlane) -> DiscSearch:
    """Return the discs with one on a plane."""
    s, tilt, coronal = _straight_plane(spine, plane)
    if len(discs.s_mm) and np.abs(discs.s_mm - s).min() < CLOSEST_MM:
        raise UsageError(
            f"another disc line lies within {CLOSEST_MM:.0f} mm; delete or drag that one"
        )
    one = replace(
        discs,
        s_mm=np.array([s]),
        tilt_rad=np.array([tilt]),
        coronal_tilt_rad=np.array([coronal]),
    )
    return _joined(discs, one)


def _straight_plane(spine: StraightSpine, plane: DiscPlane) -> tuple[float, float, float]:
    """Return place and tilts, radians, of a plane on the straightened spine."""
    curve = spine.curve
    s, v, u = (float(value[0]) for value in curve.locate(plane.middle.array[None]))
    if not 0.0 <= s <= len(curve) - 1.0:
        raise UsageError("the disc line lies beyond the spine in this scan")
    row = round(s)
    normal = np.array(plane.normal)
    upward = float(normal @ curve.superior[row])
    if upward < np.cos(np.deg2rad(STEEPEST_DEG)):
        raise UsageError("the disc line stands too steep to the spine; turn it flatter")
    rise = -float(normal @ curve.anterior[row]) / upward
    side = -float(normal @ curve.left[row]) / upward
    place = s + (float(spine.discs.walls.centre_at(np.array(s))) - v) * rise - u * side
    return (
        float(np.clip(place, 0.0, len(curve) - 1.0)),
        float(np.arctan(rise)),
        float(np.arctan(side)),
    )


def _chosen(discs: DiscSearch, kept: NDArray[np.bool_]) -> DiscSearch:
    return replace(
        discs,
        s_mm=discs.s_mm[kept],
        tilt_rad=discs.tilt_rad[kept],
        coronal_tilt_rad=discs.coronal_tilt_rad[kept],
    )


def _joined(discs: DiscSearch, others: DiscSearch) -> DiscSearch:
    """Return both in order along the spine."""
    s = np.r_[discs.s_mm, others.s_mm]
    order = np.argsort(s, kind="stable")
    return replace(
        discs,
        s_mm=s[order],
        tilt_rad=np.r_[discs.tilt_rad, others.tilt_rad][order],
        coronal_tilt_rad=np.r_[discs.coronal_tilt_rad, others.coronal_tilt_rad][order],
    )
