"""Plays what the user drew over the outlines: lesions, vessels, roots and other structures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy.lesion import grow_lesion
from planner.anatomy.painted_spine import paints_spine
from planner.anatomy.strokes import along_line
from planner.domain import structures
from planner.domain.corrections import BrushStroke, LesionGrown, Paint
from planner.domain.errors import UsageError
from planner.domain.levels import Level, Side, foramen_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy, Vertebra
    from planner.domain.corrections import Correction
    from planner.domain.volume import CtVolume
    from planner.geometry.volume_geometry import VolumeGeometry


def with_drawn_structures(
    ct: CtVolume, anatomy: Anatomy, corrections: Sequence[Correction]
) -> Anatomy:
    """Return the anatomy with every lesion, foramen and structure that was grown or painted."""
    found, strokes = anatomy.seen_at, []
    for word in corrections:
        if isinstance(word, LesionGrown):
            grown = grow_lesion(ct, anatomy, word.at, limits=word)
            anatomy = replace(anatomy, lesion=_started(anatomy, anatomy.lesion) | grown)
        elif isinstance(word, BrushStroke) and not paints_spine(word):
            anatomy = _painted(anatomy, word)
            strokes.append(word)
    painted = anatomy.masks.keys() & {stroke.paint for stroke in strokes}
    seen = {
        name: _seen_at(anatomy, name, found.get(name, frozenset()), strokes) for name in painted
    }
    return replace(anatomy, seen_at={**found, **seen}) if seen else anatomy


def _started(anatomy: Anatomy, mask: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """Return a copy of a mask, or an empty one."""
    return np.zeros(anatomy.geometry.shape_kji, np.bool_) if mask is None else mask.copy()


def _painted(anatomy: Anatomy, stroke: BrushStroke) -> Anatomy:
    """Paint one stroke."""
    box, mask = along_line(anatomy.geometry, stroke.points, stroke.radius_mm, stroke.normal)
    if stroke.paint == structures.POSTERIOR_WALL:
        raise UsageError("the posterior wall is drawn as a wall line, not with the brush")
    if stroke.paint == Paint.LESION:
        lesion = _started(anatomy, anatomy.lesion)
        lesion[box][mask] = not stroke.erase
        return replace(anatomy, lesion=lesion)
    if stroke.paint.startswith("foramen:"):
        _, level, side = stroke.paint.split(":")
        number = foramen_label(Level(level), Side(side))
        foramina = anatomy.foramina.copy()
        part = foramina[box]
        part[mask & (part == number) if stroke.erase else mask] = 0 if stroke.erase else number
        return replace(anatomy, foramina=foramina)
    painted = _started(anatomy, anatomy.masks.get(stroke.paint))
    painted[box][mask] = not stroke.erase
    return replace(anatomy, masks={**anatomy.masks, stroke.paint: painted})


def _seen_at(
    anatomy: Anatomy, name: str, found: frozenset[Level], strokes: Sequence[BrushStroke]
) -> frozenset[Level]:
    """Return the levels beside which a structure is outlined once all strokes are made.

    Only voxels that are left count: what was erased again is not "looked for and not there".
    """
    drawn, brushed = _started(anatomy, None), set[Level]()
    for stroke in strokes:
        if stroke.paint == name:
            box, mask = along_line(
                anatomy.geometry, stroke.points, stroke.radius_mm, stroke.normal
            )
            drawn[box][mask] = not stroke.erase
            if not stroke.erase:
                brushed |= _beside(anatomy, stroke)
    whole = anatomy.masks[name]
    return frozenset(
        level
        for level, vertebra in anatomy.vertebrae.items()
        if (level in brushed and _reaches(anatomy.geometry, drawn, vertebra))
        or (level in found and _reaches(anatomy.geometry, whole, vertebra))
    )


def _reaches(geometry: VolumeGeometry, mask: NDArray[np.bool_], vertebra: Vertebra) -> bool:
    """Tell whether any voxel of a mask lies beside a vertebra; slices nearest to it first."""
    middle = geometry.ijk(vertebra.body_centre.array)[2]
    filled = np.flatnonzero(mask.any(axis=(1, 2)))
    for k in filled[np.argsort(np.abs(filled - middle))]:
        j, i = np.nonzero(mask[k])
        index = np.stack([i, j, np.full(len(i), k)], axis=1).astype(np.float64)
        if _lies_beside(geometry.lps_mm(index), vertebra):
            return True
    return False


def _beside(anatomy: Anatomy, stroke: BrushStroke) -> frozenset[Level]:
    """Return the levels a stroke runs beside; a dab at one level says nothing of the others."""
    points = np.array([point.array for point in stroke.points])
    return frozenset(
        level for level, vertebra in anatomy.vertebrae.items() if _lies_beside(points, vertebra)
    )


def _lies_beside(points: NDArray[np.float64], vertebra: Vertebra) -> bool:
    """Tell whether any point, LPS mm of shape ``(n, 3)``, is as high as a body."""
    heights = np.abs((points - vertebra.body_centre.array) @ np.array(vertebra.superior))
    return bool(heights.min() <= 0.5 * vertebra.body_size_mm[2])
