"""Three lumbar vertebrae of closed shapes: the truth the start-up self-test measures against.

Canonical frame, millimetres, axes as LPS, origin in the middle of the body of L3. Bodies are
elliptic discs, the canal an elliptic tube, pedicles and foramina boxes, so that every distance
has a closed form.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.anatomy import (
    Anatomy,
    Origin,
    Pedicle,
    PosteriorWall,
    Quality,
    QualityVerdict,
    Vertebra,
)
from planner.domain.levels import Level, Side, foramen_label
from planner.domain.sourced import Interval
from planner.domain.structures import SKIN
from planner.domain.volume import CtVolume, GateVerdict, ScanRecord
from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.points import Vector

LEVELS = (Level.L2, Level.L3, Level.L4)
PITCH_MM = 30.0
BODY_SIZE_MM = (44.0, 34.0, 26.0)
CANAL_CENTRE_Y_MM = 27.0
CANAL_HALF_MM = (12.0, 9.0)
PEDICLE_CENTRE_MM = (18.0, 22.0, 6.0)
PEDICLE_SIZE_MM = (10.0, 20.0, 14.0)
FORAMEN_CENTRE_MM = (17.0, 26.0, -9.0)
FORAMEN_SIZE_MM = (10.0, 12.0, 12.0)
PATIENT_LOW_MM = (-60.0, -60.0, -200.0)
PATIENT_HIGH_MM = (60.0, 85.0, 200.0)
LESION_CENTRE_MM = (10.0, -0.5, 4.5)
LESION_RADIUS_MM = 4.0
BONE_HU, SOFT_HU, AIR_HU = 400, 40, -1000
WALL_STEP_MM = 1.0


def tiny_grid(spacing_mm: float = 1.0) -> VolumeGeometry:
    """Return a grid around the tiny spine along the patient axes."""
    low = np.array((-52.0, -36.0, -52.0))
    size = tuple(int(np.ceil(length / spacing_mm)) for length in (104.0, 132.0, 104.0))
    x, y, z = (float(value) for value in low)
    return VolumeGeometry.axis_aligned(
        (size[0], size[1], size[2]), (spacing_mm, spacing_mm, spacing_mm), (x, y, z)
    )


def tiny_spine(
    geometry: VolumeGeometry,
    lps_from_canonical: NDArray[np.float64] | None = None,
    *,
    acquired: str = "",
) -> tuple[CtVolume, Anatomy]:
    """Return scan and outlines of the tiny spine on any grid, placed rigidly or mirrored.

    Parameters
    ----------
    lps_from_canonical
        Shape ``(4, 4)``; the identity by default. A mirror swaps what is left and right.
    """
    place = np.eye(4) if lps_from_canonical is None else lps_from_canonical
    canonical_from_lps = np.asarray(np.linalg.inv(place), dtype=np.float64)
    points = _canonical_points(geometry, canonical_from_lps)
    mirrored = bool(np.linalg.det(place[:3, :3]) < 0.0)
    bodies, labels = _bones(points)
    discs = _discs(points)
    patient = _between(points, PATIENT_LOW_MM, PATIENT_HIGH_MM)
    hu = np.where(patient, SOFT_HU, AIR_HU)
    hu[labels > 0] = BONE_HU
    record = ScanRecord(
        sha256="0" * 64,
        verdict=GateVerdict.LOAD,
        findings=(),
        locator="",
        patient_position="HFS",
        acquired=acquired,
    )
    lesion = ((points - np.array(LESION_CENTRE_MM)) ** 2).sum(axis=-1) <= LESION_RADIUS_MM**2
    anatomy = Anatomy(
        geometry=geometry,
        labels=labels,
        bodies=bodies,
        discs=discs,
        foramina=_foramina(points, mirrored=mirrored),
        canal=_canal(points),
        vertebrae=MappingProxyType(
            {level: _vertebra(level, place, mirrored=mirrored) for level in LEVELS}
        ),
        backend="tiny spine 1",
        ct_sha256=record.sha256,
        lesion=lesion,
        masks=MappingProxyType({SKIN: ~patient}),
    )
    return CtVolume(geometry=geometry, hu=hu.astype(np.int16), record=record), anatomy


def height_mm(level: Level) -> float:
    """Return the canonical z of the middle of a body."""
    return PITCH_MM * (Level.L3.order - level.order)


def moved_point(place: NDArray[np.float64], canonical_mm: Vector) -> PointLps:
    """Return a canonical point, shape ``(3,)``, where ``place`` puts it."""
    return PointLps.of(place[:3, :3] @ np.asarray(canonical_mm) + place[:3, 3])


def _canonical_points(
    geometry: VolumeGeometry, canonical_from_lps: NDArray[np.float64]
) -> NDArray[np.float64]:
    i, j, k = geometry.size_ijk
    index = np.stack(np.meshgrid(*map(np.arange, (k, j, i)), indexing="ij"), axis=-1)[..., ::-1]
    matrix = canonical_from_lps @ geometry.lps_from_ijk
    return np.asarray(index @ matrix[:3, :3].T + matrix[:3, 3])


def _between(
    points: NDArray[np.float64], low: tuple[float, ...], high: tuple[float, ...]
) -> NDArray[np.bool_]:
    return np.asarray(((points >= low) & (points <= high)).all(axis=-1))


def _box(
    points: NDArray[np.float64], centre: tuple[float, ...], size: tuple[float, ...]
) -> NDArray[np.bool_]:
    half = np.array(size) / 2.0
    return np.asarray((np.abs(points - np.array(centre)) <= half).all(axis=-1))


def _ellipse(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    x, y = points[..., 0], points[..., 1]
    return np.asarray((x / (BODY_SIZE_MM[0] / 2)) ** 2 + (y / (BODY_SIZE_MM[1] / 2)) ** 2 <= 1.0)


def _bones(points: NDArray[np.float64]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    bodies = np.zeros(points.shape[:3], dtype=np.uint8)
    disc = _ellipse(points)
    for level in LEVELS:
        near = np.abs(points[..., 2] - height_mm(level)) <= BODY_SIZE_MM[2] / 2
        bodies[disc & near] = level.verse_label
    labels = bodies.copy()
    for level in LEVELS:
        for sign in (-1.0, 1.0):
            x, y, z = PEDICLE_CENTRE_MM
            pedicle = _box(points, (sign * x, y, z + height_mm(level)), PEDICLE_SIZE_MM)
            labels[pedicle & (labels == 0)] = level.verse_label
    return bodies, labels


def _discs(points: NDArray[np.float64]) -> NDArray[np.uint8]:
    discs = np.zeros(points.shape[:3], dtype=np.uint8)
    for level in LEVELS[:-1]:
        away = np.abs(points[..., 2] - (height_mm(level) - PITCH_MM / 2))
        discs[_ellipse(points) & (away < (PITCH_MM - BODY_SIZE_MM[2]) / 2)] = level.verse_label
    return discs


def _foramina(points: NDArray[np.float64], *, mirrored: bool) -> NDArray[np.uint8]:
    foramina = np.zeros(points.shape[:3], dtype=np.uint8)
    for level in LEVELS:
        for side in Side:
            x, y, z = FORAMEN_CENTRE_MM
            box = _box(points, (side.sign * x, y, z + height_mm(level)), FORAMEN_SIZE_MM)
            foramina[box] = foramen_label(level, side.other if mirrored else side)
    return foramina


def _canal(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    x, y = points[..., 0], points[..., 1] - CANAL_CENTRE_Y_MM
    return np.asarray((x / CANAL_HALF_MM[0]) ** 2 + (y / CANAL_HALF_MM[1]) ** 2 <= 1.0)


def _vertebra(level: Level, place: NDArray[np.float64], *, mirrored: bool) -> Vertebra:
    turn, up = place[:3, :3], height_mm(level)
    centre = moved_point(place, np.array((0.0, 0.0, up)))
    left = turn[:, 0] * (-1.0 if mirrored else 1.0)
    width, depth, height = BODY_SIZE_MM
    volume_ml = np.pi / 4.0 * width * depth * height / 1000.0
    return Vertebra(
        level=level,
        centroid=centre,
        volume_ml=volume_ml + 2.0 * float(np.prod(PEDICLE_SIZE_MM)) / 1000.0,
        body_centre=centre,
        body_volume_ml=volume_ml,
        body_size_mm=BODY_SIZE_MM,
        left=_triple(left),
        anterior=_triple(-turn[:, 1]),
        superior=_triple(turn[:, 2]),
        quality=Quality(verdict=QualityVerdict.PLAUSIBLE),
        origin=Origin.TRUTH,
        pedicles=MappingProxyType(
            {side: _pedicle(side, place, up, mirrored=mirrored) for side in Side}
        ),
        posterior_wall=_wall(place, up),
    )


def _pedicle(side: Side, place: NDArray[np.float64], up: float, *, mirrored: bool) -> Pedicle:
    x, y, z = PEDICLE_CENTRE_MM
    sign = -side.sign if mirrored else side.sign
    width, _, height = PEDICLE_SIZE_MM
    return Pedicle(
        side=side,
        isthmus=moved_point(place, np.array((sign * x, y, z + up))),
        axis=_triple(-place[:3, 1]),
        width_mm=Interval(width, width, width),
        height_mm=Interval(height, height, height),
    )


def _wall(place: NDArray[np.float64], up: float) -> PosteriorWall:
    x = np.arange(-BODY_SIZE_MM[0] / 2 + 1.0, BODY_SIZE_MM[0] / 2, WALL_STEP_MM)
    y = BODY_SIZE_MM[1] / 2 * np.sqrt(1.0 - (x / (BODY_SIZE_MM[0] / 2)) ** 2)
    z = np.arange(-BODY_SIZE_MM[2] / 2, BODY_SIZE_MM[2] / 2 + 0.1, WALL_STEP_MM) + up
    canonical = np.stack([np.tile(x, len(z)), np.tile(y, len(z)), np.repeat(z, len(x))], axis=1)
    points = canonical @ place[:3, :3].T + place[:3, 3]
    return PosteriorWall(
        points_mm=points, cortex_hu=np.full(len(points), float(BONE_HU)), intact=True
    )


def _triple(vector: Vector) -> tuple[float, float, float]:
    return (float(vector[0]), float(vector[1]), float(vector[2]))
