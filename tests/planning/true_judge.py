"""Judge a needle by the formulas of a digital spine, not by voxels or by our own measures."""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from planner.domain.levels import Level, Side
from planner.domain.plan import Trajectory
from planner.phantom.fields import bone_field, canal_field
from planner.phantom.make import Phantom
from planner.phantom.model import SpineModel, model_of
from planner.phantom.paint_spine import disc_field
from planner.phantom.spine_truth import foramen_corner

Array = NDArray[np.float64]

STEP_MM = 0.4
AROUND = 24
REACH_MM = 75.0
"""From the tip outward: past the arch and every canal and foramen near it."""

PEDICLE_HALF_MM = 4.0
"""Length of pedicle to each side of its isthmus that a needle must stay inside of."""

OPEN_MM = 20.0
"""Farther than this from the isthmus a needle is in no pedicle."""


@dataclass(frozen=True)
class Verdict:
    """How far a needle's surface stands where it must not, mm; 0 or less is clear of it.

    ``out`` holds the four ways out of the pedicle, -inf where none of the needle lies that way.
    """

    out: dict[str, float]
    canal_mm: float
    foramen_mm: float
    body_depth_mm: float

    @property
    def worst_out_mm(self) -> float:
        return max(self.out.values())


@numba.njit(cache=False)
def _bone(points, rows):
    found = np.empty((len(points), 2))
    for n in range(len(points)):
        depths = bone_field(points[n, 0], points[n, 1], points[n, 2], rows)
        found[n, 0], found[n, 1] = depths[0], depths[1]
    return found


@numba.njit(cache=False)
def _canal(points, line):
    found = np.empty(len(points))
    for n in range(len(points)):
        found[n] = canal_field(points[n, 0], points[n, 1], points[n, 2], line)
    return found


@numba.njit(cache=False)
def _disc(points, upper, lower):
    found = np.empty(len(points))
    for n in range(len(points)):
        found[n] = disc_field(points[n, 0], points[n, 1], points[n, 2], upper, lower)[0]
    return found


def needle_surface(trajectory: Trajectory, radius_mm: float) -> Array:
    """Points on the cylinder of a needle, its flat tip included, shape (n, 3)."""
    tip, back = trajectory.tip.array, trajectory.entry.array - trajectory.tip.array
    length = float(np.linalg.norm(back))
    back /= length
    across = np.cross(back, np.eye(3)[int(np.abs(back).argmin())])
    across /= np.linalg.norm(across)
    beside = np.cross(back, across)
    turn = 2.0 * np.pi * np.arange(AROUND) / AROUND
    ring = np.cos(turn)[:, None] * across + np.sin(turn)[:, None] * beside
    along = np.arange(0.0, min(length, REACH_MM), STEP_MM)
    shaft = tip + along[:, None, None] * back + radius_mm * ring
    flat = tip + np.linspace(0.0, radius_mm, 4)[:, None, None] * ring
    return np.concatenate((shaft.reshape(-1, 3), flat.reshape(-1, 3)))


class Judge:
    """The formulas of one digital spine."""

    def __init__(self, phantom: Phantom) -> None:
        self.phantom = phantom
        self.model: SpineModel = model_of(phantom.recipe)
        self.drawn = tuple(self.model.posture.placed)

    def verdict(self, trajectory: Trajectory, diameter_mm: float) -> Verdict:
        points = needle_surface(trajectory, diameter_mm / 2.0)
        level = trajectory.level
        fields = _bone(points, self.model.rows[level])
        bone = fields[:, 0]
        place = self.drawn.index(level)
        others = [self.drawn[n] for n in (place - 1, place + 1) if 0 <= n < len(self.drawn)]
        all_bone = np.minimum.reduce(
            [bone, *(_bone(points, self.model.rows[other])[:, 0] for other in others)]
        )
        free = all_bone.copy()
        for upper, lower in ((place - 1, place), (place, place + 1)):
            if upper >= 0 and lower < len(self.drawn):
                rows = [self.model.rows[self.drawn[n]] for n in (upper, lower)]
                free = np.minimum(free, _disc(points, *rows))
        canal = _canal(points, self.model.posture.line.rows)
        axis = trajectory.tip.array[None]
        return Verdict(
            out=self._out(level, trajectory.side, points, bone),
            canal_mm=float(np.minimum(-canal, free).max()),
            foramen_mm=max(
                float(np.minimum(inside, np.minimum(free, canal)).max())
                for inside in self._foramina(place, points)
            ),
            body_depth_mm=float(-_bone(axis, self.model.rows[level])[0, 1]),
        )

    def _out(self, level: Level, side: Side, points: Array, bone: Array) -> dict[str, float]:
        pedicle = self.phantom.landmarks[level].pedicles[side]
        placed = self.phantom.landmarks[level].placed
        axis = np.array(pedicle.axis)
        offset = points - pedicle.isthmus.array
        along = offset @ axis
        within = (np.abs(along) <= PEDICLE_HALF_MM) & (np.linalg.norm(offset, axis=1) <= OPEN_MM)
        left = placed.axes[:, 0]
        medial = -side.sign * (left - (left @ axis) * axis)
        medial /= np.linalg.norm(medial)
        upward = np.cross(medial, axis)
        upward *= np.sign(upward @ placed.axes[:, 2])
        inward = offset @ medial / (pedicle.width_mm.best / 2.0)
        up = offset @ upward / (pedicle.height_mm.best / 2.0)
        flat = np.abs(inward) >= np.abs(up)
        ways = {
            "medial": within & flat & (inward > 0.0),
            "lateral": within & flat & (inward <= 0.0),
            "superior": within & ~flat & (up > 0.0),
            "inferior": within & ~flat & (up <= 0.0),
        }
        return {
            name: float(bone[which].max()) if which.any() else -np.inf
            for name, which in ways.items()
        }

    def _foramina(self, place: int, points: Array) -> list[Array]:
        """How deep each point lies in the space of each foramen at both ends of a vertebra."""
        found = []
        for upper in (place - 1, place):
            if upper < 0 or upper + 1 >= len(self.drawn):
                continue
            for side in Side:
                corner = foramen_corner(self.model, self.drawn[upper], self.drawn[upper + 1], side)
                out, back, up = ((points - corner[0]) @ corner[1:4].T).T
                half_out, half_back, half_up = corner[4]
                value = (back / half_back) ** 2 + (up / half_up) ** 4
                slope = np.hypot(2.0 * back / half_back**2, 4.0 * up**3 / half_up**4)
                across = (1.0 - value) / np.maximum(slope, 1e-6)
                found.append(np.minimum(half_out - np.abs(out), across))
        return found
