"""How good an alignment is, in millimetres: what it leaves over, and what it may be off by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.registration.alignment import ROBUST, UNKNOWNS, Fit, Samples, moved

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.points import Vector

FACET_MM: Final = 8.0
"""Edge of the pieces the surface is cut into; within one, residuals are taken as one."""

FEWEST_POINTS: Final = 12
"""A piece with fewer points says nothing."""

FARTHEST_LEFT_MM: Final = 3.0
"""A piece that seems farther off than this has no edge to go by, and counts as this far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What an alignment leaves over.

    Attributes
    ----------
    misfit_mm
        How far pieces of the bone's surface still lie apart, each by its own edge: robust
        standard deviation over the vertebra. Small only where it is the same bone.
    wall_doubt_mm
        What the motion may be off by at the posterior wall, one standard deviation in space:
        the residuals of each piece taken as one, carried through the normal equations.
    """

    misfit_mm: float
    wall_doubt_mm: float


def quality_of(samples: Samples, fit: Fit, wall_mm: Vector) -> Quality:
    """Judge an alignment.

    Parameters
    ----------
    wall_mm
        Shape ``(n, 3)``: points of the posterior wall in the frame of the samples, LPS.
    """
    known = ~np.isnan(fit.residual_hu)
    points, residual = samples.points_mm[known], fit.residual_hu[known]
    slopes, own, hu = fit.slopes[known], fit.own_slopes[known], samples.hu[known]
    if len(points) < FEWEST_POINTS * UNKNOWNS:
        return Quality(misfit_mm=np.inf, wall_doubt_mm=np.inf)
    middle = moved(fit.motion, samples.points_mm.mean(axis=0))
    piece, count = _pieces(points)
    arms = moved(fit.motion, points) - middle
    used, sound = (
        np.column_stack([-part, -np.cross(arms, part), hu, np.ones(len(hu))])
        for part in (slopes, own)
    )
    weight = np.maximum(1.0 - (residual / (ROBUST * fit.spread_hu)) ** 2, 0.0) ** 2
    spread = _covariance((used, sound), weight, residual, piece, count)
    return Quality(
        misfit_mm=_misfit_mm(arms, residual, own, piece, count),
        wall_doubt_mm=_doubt_mm(spread, moved(fit.motion, wall_mm) - middle),
    )


def _pieces(points_mm: Vector) -> tuple[NDArray[np.int64], int]:
    """Return the piece of each point, and how many there are."""
    cell = np.floor((points_mm - points_mm.min(axis=0)) / FACET_MM).astype(np.int64)
    _, piece = np.unique(cell @ np.array([1_000_000, 1_000, 1]), return_inverse=True)
    return piece, int(piece.max()) + 1


def _covariance(
    rows: tuple[NDArray[np.float64], NDArray[np.float64]],
    weight: NDArray[np.float64],
    residual: NDArray[np.float64],
    piece: NDArray[np.int64],
    count: int,
) -> NDArray[np.float64]:
    """Return the covariance of the unknowns, shape ``(8, 8)``, with pieces as what is independent.

    ``rows`` are those the alignment went by, and those without the noise of the other scan,
    which would count as an edge. Neighbouring points share noise, streaks and whatever has
    changed in the patient, so that thousands of points know far less than their number says
    (the sandwich of Huber and White, by clusters).
    """
    used, sound = rows
    inverse = np.linalg.pinv((used * weight[:, None]).T @ sound)
    pulls = np.zeros((count, UNKNOWNS))
    np.add.at(pulls, piece, used * (weight * residual)[:, None])
    few = count / max(count - UNKNOWNS, 1)
    return np.asarray(inverse @ (pulls.T @ pulls) @ inverse.T * few)


def _doubt_mm(covariance: NDArray[np.float64], arms_mm: Vector) -> float:
    """Return the root mean square over points of what shift and turn may be off by."""
    x, y, z = arms_mm.T
    none = np.zeros_like(x)
    across = np.stack(
        [np.stack([none, z, -y], -1), np.stack([-z, none, x], -1), np.stack([y, -x, none], -1)],
        axis=1,
    )
    still = np.broadcast_to(np.eye(3), (len(arms_mm), 3, 3))
    whole = np.concatenate([still, across], axis=2)
    found = np.einsum("nap,pq,naq->n", whole, covariance[:6, :6], whole)
    return float(np.sqrt(max(found.mean(), 0.0)))


def _misfit_mm(
    arms: Vector,
    residual: NDArray[np.float64],
    slopes: Vector,
    piece: NDArray[np.int64],
    count: int,
) -> float:
    """Return the robust spread of what each piece would still have to move outward."""
    outward = arms / (np.linalg.norm(arms, axis=1)[:, None] + 1e-9)
    steep = (slopes * outward).sum(axis=1)
    top = np.bincount(piece, steep * residual, minlength=count)
    below = np.bincount(piece, steep * steep, minlength=count)
    enough = (np.bincount(piece, minlength=count) >= FEWEST_POINTS) & (below > 0.0)
    left = np.clip(top[enough] / below[enough], -FARTHEST_LEFT_MM, FARTHEST_LEFT_MM)
    return 1.4826 * float(np.median(np.abs(left))) if len(left) else np.inf
