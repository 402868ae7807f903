"""All straight paths of one approach on one side, sifted on the fields of a search space."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.plan import Approach
from planner.planning.candidates import Scores, score
from planner.planning.corridors import STEEPEST_CRANIAL_DEG
from planner.planning.exact_distances import ENOUGH_MM
from planner.planning.pedicle_walls import HALF_LENGTH_MM

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.anatomy import Pedicle, Vertebra
    from planner.domain.devices import Device
    from planner.domain.levels import Side
    from planner.geometry.points import PointLps, Vector
    from planner.planning.aims import Aims, LesionPart
    from planner.planning.corridors import Corridor
    from planner.planning.pedicle_walls import MeasuredWalls
    from planner.planning.search_space import SearchSpace

WINDOW_POINTS: Final = 160
"""Points a window is searched at: with every aim this gives the 20,000 paths of a level."""

FINEST_WINDOW_STEP_MM: Final = 0.5

BONE_ABOUT_MM: Final = 0.5
"""Bone wanted about a needle in a pedicle: the width of the needle and 1 mm (rule N3)."""

KEEP_AWAY_MM: Final = 2.0
"""Distance wanted beside the pedicle, where no bone guards the needle (rule N2)."""

COVERED_MM: Final = 3.5
"""The same beside a pedicle whose outline runs on into a rib: it covers the lower outer corner of
the foramen above by up to 3.4 mm (derived: the worst of seven digital spines)."""

TIP_DEPTH_MM: Final = 3.0
"""Bone wanted about a tip in the body, so that it does not come out in front."""

OTHER_BONE_MM: Final = 2.0
"""A path may graze a neighbour's joint; more is a path through another vertebra."""

TOO_NEAR: Final = (
    "every path comes nearer than {limit:g} mm to the canal, a foramen, lung or bowel gas or "
    "another structure to keep away from"
)

FIELD_DOUBT_MM: Final = 0.7
"""The fields round off ridges by up to this: no path is dropped on their word alone, it must
fail by more. What is left is measured exactly."""

AWKWARD_MM: Final = 0.2
"""What an awkward path may lose against a smooth one, in mm of worst distance: with the grain of
the search a chosen path stays within 0.3 mm of the best."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Paths:
    """Paths that passed every limit.

    Attributes
    ----------
    tips_mm, through_mm, outward
        Shape ``(n, 3)``, LPS: tip, point in the window, unit vector from tip to skin.
    worst_mm, value
        Worst distance, and that less what makes a path awkward, shape ``(n,)``.
    """

    corridor: Corridor
    side: Side
    tips_mm: Vector
    through_mm: Vector
    outward: Vector
    worst_mm: NDArray[np.float64]
    value: NDArray[np.float64]
    searched: int
    none_because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """One approach on one side of one vertebra.

    ``entry`` freezes the skin point; ``walls`` are the measured ones of the pedicle. The zone of
    ``device`` is to hold ``lesion``.
    """

    vertebra: Vertebra
    side: Side
    pedicle: Pedicle
    corridor: Corridor
    aims: Aims
    radius_mm: float
    space: SearchSpace
    entry: PointLps | None = None
    walls: MeasuredWalls | None = None
    lesion: LesionPart | None = None
    device: Device | None = None

    @property
    def in_pedicle(self) -> bool:
        """Whether the path runs inside the pedicle."""
        return self.corridor.approach is Approach.TRANSPEDICULAR

    @property
    def keep_away_mm(self) -> float:
        """Distance wanted from every structure to keep away from."""
        if self.in_pedicle:
            return BONE_ABOUT_MM
        is_covered = self.walls is not None and self.walls.beyond_mm
        return COVERED_MM if is_covered else KEEP_AWAY_MM

    @property
    def name(self) -> str:
        """Such as ``Left transpedicular``."""
        return f"{self.side.value.capitalize()} {self.corridor.approach}"


def too_narrow(task: Task) -> str:
    """Say that a pedicle is too narrow; ``{limit}`` stands for the bone wanted."""
    width = task.pedicle.width_mm
    words = (
        f"the pedicle is {width.best:.1f} mm wide ({width.low:.1f} to {width.high:.1f}) and a "
        f"needle of {2 * task.radius_mm:.1f} mm needs {{limit:g}} mm of bone all around"
    )
    if task.walls is not None and task.walls.beyond_mm:
        far = max(task.walls.beyond_mm.values())
        words += (
            f", within that width and not its outline, which runs {far:.1f} mm beyond it, as into "
            "a rib"
        )
    return words


def window_points(task: Task) -> Vector:
    """Return the points of the corridor's window, shape ``(n, 3)``, LPS."""
    lateral, upward = window_axes(task)
    half_width = task.pedicle.width_mm.best / 2.0
    half_height = task.pedicle.height_mm.best / 2.0
    low = max(task.corridor.lateral_mm[0] + half_width, -half_width)
    high = task.corridor.lateral_mm[1] + half_width
    bottom, top = (share * half_height for share in task.corridor.height)
    step = max(np.sqrt((high - low) * (top - bottom) / WINDOW_POINTS), FINEST_WINDOW_STEP_MM)
    across = np.linspace(low, high, max(round((high - low) / step), 1) + 1)
    along = np.linspace(bottom, top, max(round((top - bottom) / step), 1) + 1)
    u, v = (grid.ravel()[:, None] for grid in np.meshgrid(across, along, indexing="ij"))
    return np.asarray(task.pedicle.isthmus.array + u * lateral + v * upward)


def in_window(task: Task, tips: Vector, outward: Vector) -> NDArray[np.bool_]:
    """Tell which paths pass the corridor's window."""
    lateral, upward = window_axes(task)
    axis = np.array(task.pedicle.axis)
    offset = tips - task.pedicle.isthmus.array
    rate = np.minimum(outward @ axis, -1e-3)
    offset = offset - ((offset @ axis) / rate)[:, None] * outward
    beside = offset @ lateral - task.pedicle.width_mm.best / 2.0
    height = offset @ upward / (task.pedicle.height_mm.best / 2.0)
    low = max(task.corridor.lateral_mm[0], -task.pedicle.width_mm.best)
    bottom, top = task.corridor.height
    inside = (beside >= low) & (beside <= task.corridor.lateral_mm[1])
    return np.asarray(inside & (height >= bottom) & (height <= top))


def window_axes(task: Task) -> tuple[Vector, Vector]:
    """Return the unit vectors away from the canal and upward, across the pedicle."""
    axis = np.array(task.pedicle.axis)
    lateral = task.side.sign * np.array(task.vertebra.left)
    lateral = lateral - (lateral @ axis) * axis
    lateral /= np.linalg.norm(lateral)
    upward = np.array(task.vertebra.superior)
    upward = upward - (upward @ axis) * axis - (upward @ lateral) * lateral
    return lateral, upward / np.linalg.norm(upward)


def search(task: Task) -> Paths:
    """Try every point of the window with every aim, and keep what passes every limit."""
    window = window_points(task) if task.entry is None else task.entry.array[None]
    return sift(task, window, np.arange(len(task.aims.points_mm)))


def sift(task: Task, window: Vector, which: NDArray[np.int64]) -> Paths:
    """Keep the paths through ``window`` to the aims ``which`` that pass every limit."""
    through, tips, miss = _pair(task, window, which)
    outward = through - tips
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    axial, cranial = path_angles_deg(task, outward)
    low, high = task.corridor.axial_deg
    fits = (axial >= low) & (axial <= high) & (np.abs(cranial) <= STEEPEST_CRANIAL_DEG)
    if task.entry is not None:
        fits &= in_window(task, tips, outward)
    through, tips, miss, outward, cranial = (
        part[fits] for part in (through, tips, miss, outward, cranial)
    )
    scores = score(task.space, tips, outward, slab_mm(task, tips, outward))
    if task.in_pedicle and task.walls is not None:
        rooms = task.walls.rooms_mm(tips, outward, task.radius_mm)
        walled = [room + task.radius_mm for room in rooms.values()]
        scores = replace(scores, pedicle=np.minimum.reduce([scores.pedicle, *walled]))
    kept, because = _passing(task, scores)
    worst = scores.danger - task.radius_mm
    if task.in_pedicle:
        worst = np.minimum(worst, scores.pedicle - task.radius_mm)
    value = np.minimum(worst, ENOUGH_MM) - awkward_mm(miss, cranial)
    return Paths(
        corridor=task.corridor,
        side=task.side,
        tips_mm=tips[kept],
        through_mm=through[kept],
        outward=outward[kept],
        worst_mm=worst[kept],
        value=value[kept],
        searched=len(fits),
        none_because=because,
    )


def awkward_mm(
    miss: NDArray[np.float64] | float, cranial_deg: NDArray[np.float64] | float
) -> NDArray[np.float64]:
    """Return what a path loses for a tip off its aim and for leaving the plane of a slice."""
    share = 0.5 * np.asarray(miss) + 0.5 * np.abs(cranial_deg) / STEEPEST_CRANIAL_DEG
    return np.asarray(AWKWARD_MM * share)


def _pair(
    task: Task, window: Vector, which: NDArray[np.int64]
) -> tuple[Vector, Vector, NDArray[np.float64]]:
    """Return through points, tips and misses of every window point with every aim."""
    aims, beyond = task.aims.points_mm[which], np.array(task.aims.beyond_mm)
    w, a, b = (
        grid.ravel()
        for grid in np.meshgrid(
            np.arange(len(window)), np.arange(len(aims)), np.arange(len(beyond)), indexing="ij"
        )
    )
    through, goal = window[w], aims[a]
    inward = goal - through
    inward /= np.linalg.norm(inward, axis=1, keepdims=True)
    tips = goal + beyond[b][:, None] * inward
    return through, tips, np.asarray(task.aims.miss[which][a] + b / max(len(beyond), 1))


def path_angles_deg(
    task: Task, outward: Vector
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the angles of paths towards the midline and out of the vertebra's axial plane."""
    left, anterior, superior = (
        np.array(axis)
        for axis in (task.vertebra.left, task.vertebra.anterior, task.vertebra.superior)
    )
    axial = np.arctan2(task.side.sign * (outward @ left), -(outward @ anterior))
    cranial = -np.arcsin(np.clip(outward @ superior, -1.0, 1.0))
    return np.degrees(axial), np.degrees(cranial)


def slab_mm(task: Task, tips: Vector, outward: Vector) -> NDArray[np.float64]:
    """Return how far from the tip the pedicle begins and ends, shape ``(n, 2)``.

    Negative for approaches that do not pass it.
    """
    if not task.in_pedicle:
        return np.full((len(tips), 2), -1.0)
    axis = np.array(task.pedicle.axis)
    ahead = (tips - task.pedicle.isthmus.array) @ axis
    rate = np.maximum(-(outward @ axis), 1e-3)
    return np.stack(((ahead - HALF_LENGTH_MM) / rate, (ahead + HALF_LENGTH_MM) / rate), axis=1)


def _passing(task: Task, scores: Scores) -> tuple[NDArray[np.bool_], str]:
    """Apply the limits one after the other; when none is left, say which limit took the last."""
    radius = task.radius_mm
    limits = [
        (scores.body, TIP_DEPTH_MM, "no tip lies {limit:g} mm deep in the body"),
        (
            scores.danger - radius,
            task.keep_away_mm,
            TOO_NEAR,
        ),
        (-scores.other_bone, -OTHER_BONE_MM, "every path runs through another vertebra"),
    ]
    if task.in_pedicle:
        limits[1:1] = [
            (scores.pedicle - radius, BONE_ABOUT_MM, too_narrow(task)),
            (scores.inner - radius, 0.0, "no path stays in bone from the pedicle to the tip"),
        ]
    kept = np.ones(len(scores.body), dtype=np.bool_)
    if not len(kept):
        begins = "" if task.entry is None else " from the kept entry"
        return kept, f"{task.name}: no path{begins} has an angle this approach allows."
    for values, limit, words in limits:
        left = kept & (values >= limit - FIELD_DOUBT_MM)
        if not left.any():
            best = f"{float(values[kept].max()):.1f} mm"
            return left, f"{task.name}: {words.format(limit=limit)}; at best {best}."
        kept = left
    return kept, ""
