"""How much of a lesion and of its clinical target volume dies, and what is left by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import edt
import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from planner.anatomy.lesion_report import report_lesion
from planner.anatomy.vertebra_parts import VertebraPart, vertebra_parts
from planner.domain.coverage import Coverage, MissedPart
from planner.domain.errors import UsageError
from planner.geometry.points import PointLps
from planner.geometry.sampling import read_fields

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy, Vertebra
    from planner.domain.levels import Level
    from planner.domain.volume import CtVolume
    from planner.geometry.points import Vector
    from planner.geometry.volume_geometry import VolumeGeometry

CEM43_STEPS_MIN: Final = (2.0, 10.0, 18.0, 60.0, 120.0, 240.0, 540.0)
COLD_STEPS_CELSIUS: Final = (0.0, -10.0, -20.0, -30.0, -40.0)
"""Where the curve is read: doses that matter to nerves and to tumour, and isotherms of ice."""

HALF: Final = 0.5
"""Of a voxel: a point counts with the side most of it lies on."""

MIDDLE_SHARE: Final = 1.0 / 6.0
"""Of a body's size: what lies within the middle third is not called left or right."""

PLACE_WORDS: Final = (("left", "right"), ("anterior", "posterior"), ("upper", "lower"))

LEAST_PART_ML: Final = 0.05
"""A smaller missed part is the grid, and is not named by itself."""

FAR_MM: Final = 1e3
"""Stands for no zone at all."""

BODY_CELSIUS: Final = 37.0

LESION, TARGET = "lesion", "clinical target volume"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Target:
    """What has to die.

    Attributes
    ----------
    points_mm
        Centres of its voxels, LPS mm, shape ``(n, 3)``.
    part
        uint8 ``(n,)``: place in ``words`` of the part of a vertebra each lies in.
    """

    name: str
    points_mm: Vector
    part: NDArray[np.uint8]
    words: tuple[str, ...]
    voxel_ml: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Died:
    """What dies, on a grid ``[k, j, i]``.

    Attributes
    ----------
    zone, certain
        Nominally, and in every run.
    values
        Heat dose in minutes, or the lowest temperature.
    """

    geometry: VolumeGeometry
    zone: NDArray[np.bool_]
    certain: NDArray[np.bool_]
    values: NDArray[np.float32]
    is_cold: bool


def targets_of(ct: CtVolume, anatomy: Anatomy, levels: Collection[Level]) -> tuple[Target, ...]:
    """Return the lesion of the treated levels and its target volume; empty without a lesion."""
    if anatomy.lesion is None:
        return ()
    order = sorted(levels, key=lambda level: level.order)
    found = []
    for name in (LESION, TARGET):
        masks = [(level, _mask(name, ct, anatomy, level)) for level in order]
        made = [(level, mask) for level, mask in masks if mask is not None and mask.any()]
        if made:
            found.append(_target(name, anatomy, made))
    return tuple(found)


def _mask(name: str, ct: CtVolume, anatomy: Anatomy, level: Level) -> NDArray[np.bool_] | None:
    """Return what has to die in a level; ``None`` where a target volume cannot be told."""
    whole = anatomy.labels == level.verse_label
    lesion = whole & anatomy.lesion if anatomy.lesion is not None else np.zeros_like(whole)
    if name == LESION or not lesion.any():
        return np.asarray(lesion)
    try:
        wanted = report_lesion(ct, anatomy, level).target_parts
        box, parts = vertebra_parts(anatomy, level)
    except UsageError:  # without both pedicles the parts of a vertebra cannot be told
        return None
    lesion[box] |= np.isin(parts, [*wanted])
    return np.asarray(lesion)


def _target(
    name: str, anatomy: Anatomy, masks: Sequence[tuple[Level, NDArray[np.bool_]]]
) -> Target:
    words: list[str] = []
    points, part = [], []
    for level, mask in masks:
        index = np.argwhere(mask)
        points_mm = anatomy.geometry.lps_mm(index[:, ::-1].astype(np.float64))
        for text, inside in _named(anatomy, level, index, points_mm):
            points.append(points_mm[inside])
            part.append(np.full(int(inside.sum()), len(words), dtype=np.uint8))
            words.append(text)
    return Target(
        name=name,
        points_mm=np.concatenate(points),
        part=np.concatenate(part),
        words=tuple(words),
        voxel_ml=anatomy.geometry.voxel_volume_mm3 / 1000.0,
    )


def _named(
    anatomy: Anatomy, level: Level, index: NDArray[np.int64], points_mm: Vector
) -> list[tuple[str, NDArray[np.bool_]]]:
    """Split points into the parts of a vertebra; the body into its quarters, seen from above."""
    try:
        box, parts = vertebra_parts(anatomy, level)
    except UsageError:  # the whole vertebra then counts as one part
        return [(str(level), np.ones(len(index), dtype=np.bool_))]
    k, j, i = (index - [axis.start for axis in box]).T
    number = parts[k, j, i]
    vertebra = anatomy.vertebrae[level]
    found = [
        (f"{level} {part.words}", number == part)
        for part in VertebraPart
        if part is not VertebraPart.BODY
    ]
    found += [
        (f"{level} body, {words}", (number == VertebraPart.BODY) & inside)
        for words, inside in _quarters(vertebra, points_mm)
    ]
    return [(words, inside) for words, inside in found if inside.any()]


def _quarters(vertebra: Vertebra, points_mm: Vector) -> list[tuple[str, NDArray[np.bool_]]]:
    offset = points_mm - vertebra.body_centre.array
    left = offset @ np.array(vertebra.left) > 0.0
    front = offset @ np.array(vertebra.anterior) > 0.0
    return [
        ("left anterior", left & front),
        ("left posterior", left & ~front),
        ("right anterior", ~left & front),
        ("right posterior", ~left & ~front),
    ]


def coverage_of(
    target: Target, anatomy: Anatomy, died: Died, depth: NDArray[np.float32]
) -> Coverage:
    """Return how much of a target dies; ``depth`` is ``depth_mm`` of the zone."""
    fields = np.stack([died.zone, died.certain, depth, died.values], dtype=np.float32)
    alive = BODY_CELSIUS if died.is_cold else 0.0
    outside = np.array([0.0, 0.0, np.inf, alive], dtype=np.float32)
    zone, certain, deep, seen = read_fields(fields, died.geometry.ijk(target.points_mm), outside)
    dead, sure = zone > HALF, certain > HALF
    if died.is_cold:
        curve = [(step, _percent(seen <= step)) for step in COLD_STEPS_CELSIUS]
    else:
        curve = [(step, _percent(seen >= step)) for step in CEM43_STEPS_MIN]
    missed_ml, missed_at = _largest_missed(anatomy, target, ~dead)
    counts = np.bincount(target.part[~dead], minlength=len(target.words)) * target.voxel_ml
    parts = [
        MissedPart(words=words, volume_ml=float(ml))
        for words, ml in zip(target.words, counts, strict=True)
        if ml >= LEAST_PART_ML
    ]
    parts.sort(key=lambda part: -part.volume_ml)
    return Coverage(
        of=target.name,
        volume_ml=len(target.points_mm) * target.voxel_ml,
        percent=_percent(dead),
        sure_percent=_percent(sure),
        least_margin_mm=_least_margin_mm(target, died, deep),
        curve=tuple(curve),
        missed_ml=missed_ml,
        missed_at=missed_at,
        missed_words="" if missed_at is None else _place_in_body(anatomy, target, missed_at),
        missed_parts=tuple(parts),
    )


def _least_margin_mm(target: Target, died: Died, deep: NDArray[np.float32]) -> float:
    """Return the least depth in the zone; of points beyond the grid by their distance from it."""
    within = float(deep.min())
    beyond = target.points_mm[~np.isfinite(deep)]
    if not len(beyond):
        return within
    zone = np.argwhere(_rim(died.zone))
    if not len(zone):
        return -FAR_MM
    centres = died.geometry.lps_mm(zone[:, ::-1].astype(np.float64))
    away, _ = cKDTree(centres).query(beyond)
    return min(within, died.geometry.spacing_mm[0] / 2.0 - float(np.max(away)))


def _rim(zone: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the voxels of a zone that touch what is not in it."""
    solid = np.pad(zone, 1)
    within = zone.copy()
    for axis in range(3):
        for way in (0, 2):
            part = [slice(1, -1)] * 3
            part[axis] = slice(way, solid.shape[axis] - 2 + way)
            within &= solid[tuple(part)]
    return zone & ~within


def missed_mask(
    target: Target, zone: NDArray[np.bool_], geometry: VolumeGeometry, spacing_mm: float
) -> NDArray[np.bool_]:
    """Return where on ``geometry`` a target lives, to be drawn.

    Every voxel of the target fills the places of the grid nearest to it, ``spacing_mm`` wide.
    """
    found = np.zeros(zone.shape, dtype=np.bool_)
    index = geometry.ijk(target.points_mm)
    step = geometry.spacing_mm[0]
    reach = int(np.floor(spacing_mm / (2.0 * step)))
    last = np.array(geometry.size_ijk)
    for shift in np.ndindex(*(2 * reach + 1,) * 3):
        places = np.rint(index + (np.array(shift) - reach)).astype(np.int64)
        i, j, k = places[((places >= 0) & (places < last)).all(axis=1)].T
        found[k, j, i] = True
    return found & ~zone


def depth_mm(zone: NDArray[np.bool_], geometry: VolumeGeometry) -> NDArray[np.float32]:
    """Return how deep each voxel lies inside a zone; negative outside.

    Half a voxel is taken off, because the surface runs midway between voxels.
    """
    if not zone.any():
        return np.full(zone.shape, -FAR_MM, dtype=np.float32)
    spacing = geometry.spacing_mm[::-1]
    half = geometry.spacing_mm[0] / 2.0
    solid = zone.astype(np.uint8)  # a copy: edt takes no array that is read only
    box = _box_of(zone)  # what lies deep is only asked inside
    inner = np.zeros(zone.shape, dtype=np.float32)
    inner[box] = edt.edt(np.ascontiguousarray(solid[box]), anisotropy=spacing, parallel=1)
    outer = edt.edt(1 - solid, anisotropy=spacing, parallel=1)
    return np.asarray(np.where(zone, inner - half, half - outer), dtype=np.float32)


def _box_of(mask: NDArray[np.bool_]) -> tuple[slice, slice, slice]:
    """Return the box of a mask with a voxel of margin, where the grid has one."""
    found = []
    for axis, length in enumerate(mask.shape):
        line = np.flatnonzero(mask.any(axis=tuple(one for one in range(3) if one != axis)))
        found.append(slice(max(int(line[0]) - 1, 0), min(int(line[-1]) + 2, length)))
    return found[0], found[1], found[2]


def _percent(share: NDArray[np.bool_]) -> float:
    return 100.0 * float(share.mean())


def _largest_missed(
    anatomy: Anatomy, target: Target, alive: NDArray[np.bool_]
) -> tuple[float, PointLps | None]:
    """Return the largest joined part that lives: its volume in mL and its middle."""
    points = target.points_mm[alive]
    if not len(points):
        return 0.0, None
    places = np.rint(anatomy.geometry.ijk(points)).astype(int)
    low = places.min(axis=0)
    box = np.zeros(tuple((places.max(axis=0) - low + 1)[::-1]), dtype=np.bool_)
    i, j, k = (places - low).T
    box[k, j, i] = True
    parts, _ = ndimage.label(box)
    largest = 1 + int(np.argmax(np.bincount(parts.ravel())[1:]))
    kept = points[parts[k, j, i] == largest]
    return len(kept) * target.voxel_ml, PointLps.of(kept.mean(axis=0))


def _place_in_body(anatomy: Anatomy, target: Target, at: PointLps) -> str:
    """Say where a point lies in the nearest treated body, such as ``L3: left, posterior``."""
    named = {words.split(" ")[0] for words in target.words}
    bodies = [one for level, one in anatomy.vertebrae.items() if level in named]
    if not bodies:
        return ""
    body = min(bodies, key=lambda item: item.body_centre.distance_mm(at))
    offset = at.array - body.body_centre.array
    words = []
    for axis, size_mm, (ahead, behind) in zip(
        (body.left, body.anterior, body.superior), body.body_size_mm, PLACE_WORDS, strict=True
    ):
        along = float(offset @ np.array(axis))
        if abs(along) > size_mm * MIDDLE_SHARE:
            words.append(ahead if along > 0.0 else behind)
    return f"{body.level}: {', '.join(words) or 'middle'}"
