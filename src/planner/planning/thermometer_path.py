"""A straight way from the skin to where a thermometer would see the worst."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.ndimage import map_coordinates
from scipy.spatial import cKDTree

from planner.domain.structures import SKIN
from planner.geometry.capsule import Capsule
from planner.geometry.gaps import capsule_gap
from planner.planning.body_outline import AIR_HU, skin_on_line
from planner.planning.soft_tissue import BONE_HU, SKIN_DEPTH_MM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy
    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps, Vector
    from planner.geometry.volume_geometry import VolumeGeometry

AXIAL_DEG: Final = np.arange(-85.0, 86.0, 5.0)
CRANIAL_DEG: Final = np.arange(-30.0, 31.0, 5.0)
"""Directions that are tried, from straight behind: those a needle can be held in on the table."""

NEAR_MM: Final = 5.0
"""The end of the path may lie against what it measures; the rest keeps away from it."""

CANAL_MM: Final = 2.0
KEEP_AWAY_MM: Final = 3.0
"""What the rest of the path keeps from the canal, and from vessels, lung, roots and needles."""

RADIUS_MM: Final = 0.6
"""Of an 18 gauge needle that carries a thermocouple, rounded up."""

STEP_MM: Final = 1.0
LOOK_MM: Final = 150.0
"""As far as a path is looked along; no needle that carries a thermocouple is longer."""

SEEN_MM: Final = 2.0 * KEEP_AWAY_MM + NEAR_MM
"""Beyond it no distance to an outline matters to a path."""

BONE_COST, FORAMEN_COST, LENGTH_COST = 2.0, 3.0, 0.2
"""For each millimetre: bone needs a bone needle, and a foramen holds a root that CT does not
show. Only their order matters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThermometerPath:
    """A proposed path; no rule has looked at it.

    Attributes
    ----------
    bone_mm, foramen_mm
        How much of it runs through bone, and through foramina.
    canal_mm
        From its surface to the canal, but for its last ``NEAR_MM``; infinite far from one.
    """

    skin: PointLps
    at: PointLps
    bone_mm: float
    foramen_mm: float
    canal_mm: float

    @property
    def length_mm(self) -> float:
        """From the skin to the tip."""
        return self.skin.distance_mm(self.at)


def thermometer_path(
    at: PointLps, ct: CtVolume, anatomy: Anatomy, needles: Sequence[Capsule]
) -> ThermometerPath | None:
    """Return the straight path from behind that meets least bone and foramen, if there is one.

    ``None`` where every direction meets canal, vessel, gas or a planned needle, or leaves the
    scan before the skin. Ways are compared in steps of 5 degrees; ``needles`` are the planned
    ones.
    """
    along = np.arange(0.0, LOOK_MM, STEP_MM)
    beyond = along >= NEAR_MM

    def least_mm(mask: NDArray[np.bool_], points: Vector) -> NDArray[np.float64]:
        away = _distances(mask, anatomy, points) - RADIUS_MM
        return np.asarray(np.where(beyond, away, np.inf).min(axis=1))

    ways = _directions()
    points = at.array + along[None, :, None] * ways[:, None, :]
    canal_mm = least_mm(anatomy.canal, points)
    keeps = canal_mm >= CANAL_MM
    ways, points, canal_mm = ways[keeps], points[keeps], canal_mm[keeps]
    for name, mask in anatomy.masks.items():
        if name != SKIN and len(ways):
            keeps = least_mm(mask, points) >= KEEP_AWAY_MM
            ways, points, canal_mm = ways[keeps], points[keeps], canal_mm[keeps]
    if not len(ways):
        return None
    hu = _sampled(ct.hu, ct.geometry, points, outside=-1000.0)
    labels = _sampled(anatomy.labels, anatomy.geometry, points, outside=0.0)
    in_foramen = _sampled(anatomy.foramina, anatomy.geometry, points, outside=0.0) > 0.0
    bone = ((labels > 0.0) | (hu >= BONE_HU)) & ~in_foramen
    costs = BONE_COST * bone.sum(axis=1) + FORAMEN_COST * in_foramen.sum(axis=1)
    best: tuple[float, ThermometerPath] | None = None
    for number in np.argsort(costs, kind="stable").tolist():
        if best is not None and costs[number] >= best[0]:
            break
        skin = skin_on_line(ct, at, ways[number])
        if skin is None:
            continue
        length_mm = skin.distance_mm(at)
        cost = float(costs[number]) + LENGTH_COST * length_mm
        if length_mm > LOOK_MM or (best is not None and cost >= best[0]):
            continue
        inside = along < length_mm - SKIN_DEPTH_MM
        shaft = Capsule(skin, at, RADIUS_MM)
        if (inside & (hu[number] <= AIR_HU)).any() or any(
            capsule_gap(shaft, needle).mm < KEEP_AWAY_MM for needle in needles
        ):
            continue
        path = ThermometerPath(
            skin=skin,
            at=at,
            bone_mm=float((bone[number] & inside).sum() * STEP_MM),
            foramen_mm=float((in_foramen[number] & inside).sum() * STEP_MM),
            canal_mm=float(canal_mm[number]),
        )
        best = (cost, path)
    return None if best is None else best[1]


def _directions() -> Vector:
    """Return unit vectors from the tip outwards, shape ``(n, 3)``, LPS."""
    axial, cranial = (
        np.radians(grid.ravel()) for grid in np.meshgrid(AXIAL_DEG, CRANIAL_DEG, indexing="ij")
    )
    return np.stack(
        (np.sin(axial) * np.cos(cranial), np.cos(axial) * np.cos(cranial), np.sin(cranial)),
        axis=1,
    )


def _sampled(
    values: NDArray[np.generic], grid: VolumeGeometry, points: Vector, *, outside: float
) -> NDArray[np.float64]:
    """Return the nearest voxel at points, shape ``(m, n, 3)``, LPS."""
    places = grid.ijk(points.reshape(-1, 3))[:, ::-1].T
    found = map_coordinates(
        values, places, order=0, mode="constant", cval=outside, output=np.float64
    )
    return np.asarray(found.reshape(points.shape[:2]))


def _distances(mask: NDArray[np.bool_], anatomy: Anatomy, points: Vector) -> NDArray[np.float64]:
    """Return the distance of points to an outline: to its voxels, and half a voxel less.

    Infinite beyond ``SEEN_MM``, so only voxels as near as that to the box of the points are
    looked at.
    """
    grid = anatomy.geometry
    flat = points.reshape(-1, 3)
    low_mm, high_mm = flat.min(axis=0) - SEEN_MM, flat.max(axis=0) + SEEN_MM
    corners = grid.ijk(np.array(list(product(*zip(low_mm, high_mm, strict=True)))))[:, ::-1]
    low = np.maximum(np.floor(corners.min(axis=0)), 0).astype(int)
    high = np.maximum(np.ceil(corners.max(axis=0)).astype(int) + 1, low)
    found = np.argwhere(mask[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]) + low
    if not len(found):
        return np.full(points.shape[:2], np.inf)
    # Built once and asked once: a tree that is not balanced is made in half the time.
    tree = cKDTree(
        grid.lps_mm(found[:, ::-1].astype(np.float64)), balanced_tree=False, compact_nodes=False
    )
    away, _ = tree.query(flat, distance_upper_bound=SEEN_MM)
    return np.asarray(away.reshape(points.shape[:2]) - max(grid.spacing_mm) / 2.0)
