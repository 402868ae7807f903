"""Paints brush strokes into a segmented spine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeGuard

import numpy as np

from planner.anatomy.description import Change
from planner.anatomy.naming import vertebra_near
from planner.anatomy.spine_model import widened
from planner.anatomy.strokes import along_line
from planner.domain.corrections import OWNED_PAINTS, BrushStroke, Correction, Paint
from planner.domain.structures import CANAL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from planner.anatomy.spine_model import SpineModel
    from planner.geometry.volume_geometry import VolumeGeometry

AROUND_MM: Final = 25.0
"""What is measured of a painted vertebra and its foramina lies within this of its box."""


def paints_spine(correction: Correction) -> TypeGuard[BrushStroke]:
    """Tell whether a correction paints vertebrae, discs or the canal."""
    return isinstance(correction, BrushStroke) and (
        correction.paint in OWNED_PAINTS or correction.paint == CANAL
    )


def painted(model: SpineModel, strokes: Iterable[BrushStroke]) -> SpineModel:
    """Return the spine with strokes on it, in their order."""
    strokes = tuple(strokes)
    if not strokes:
        return model
    said = np.zeros(model.canal.shape, np.bool_) if model.said is None else model.said.copy()
    out = replace(
        model,
        vertebrae=model.vertebrae.copy(),
        bodies=model.bodies.copy(),
        discs=model.discs.copy(),
        canal=model.canal.copy(),
        said=said,
    )
    for stroke in strokes:
        _paint(out, said, stroke, _owner(model, stroke))
    return out


def change_by(old: SpineModel, new: SpineModel, stroke: BrushStroke) -> Change:
    """Return which vertebrae a stroke touched and the part they are measured in."""
    box, mask = along_line(old.volume.geometry, stroke.points, stroke.radius_mm, stroke.normal)
    met = [*old.vertebrae[box][mask], *new.vertebrae[box][mask], _owner(old, stroke)]
    touched = frozenset(int(number) for number in met if number)
    boxes = [box]
    for model in (old, new):
        all_boxes = model.boxes()
        boxes += [found for number in touched if (found := all_boxes[number - 1])]
    starts = [min(one[axis].start for one in boxes) for axis in range(3)]
    stops = [max(one[axis].stop for one in boxes) for axis in range(3)]
    k, j, i = (slice(low, high) for low, high in zip(starts, stops, strict=True))
    around = widened((k, j, i), round(AROUND_MM / old.volume.spacing_mm), old.vertebrae.shape)
    return Change(touched=touched, table=np.arange(256, dtype=np.uint8), box=around)


def painted_numbers(
    numbers: NDArray[np.uint8],
    geometry: VolumeGeometry,
    model: SpineModel,
    strokes: Iterable[BrushStroke],
) -> NDArray[np.uint8]:
    """Return whole vertebrae on another grid with the same strokes on them."""
    out = numbers.copy()
    for stroke in strokes:
        box, mask = along_line(geometry, stroke.points, stroke.radius_mm, stroke.normal)
        inside, owner = out[box], _owner(model, stroke)
        if stroke.paint == CANAL or stroke.paint == Paint.DISC:
            if not stroke.erase:
                inside[mask] = 0
        elif not stroke.erase:
            inside[mask] = owner
        elif stroke.paint == Paint.VERTEBRA:
            inside[mask & (inside == owner)] = 0
    return out


def owners(model: SpineModel, strokes: Iterable[BrushStroke]) -> frozenset[int]:
    """Return the numbers of the vertebrae that were painted."""
    return frozenset(_owner(model, stroke) for stroke in strokes) - {0}


def _owner(model: SpineModel, stroke: BrushStroke) -> int:
    """Return the number of the vertebra a stroke belongs to, 0 for the canal."""
    if stroke.owner is None:
        return 0
    return vertebra_near(model, stroke.owner, f"the vertebra of the {stroke.paint} brush")


def _paint(model: SpineModel, said: NDArray[np.bool_], stroke: BrushStroke, owner: int) -> None:
    """Paint one stroke into the arrays of a model and into its ``said``, in place.

    Every voxel is one thing only.
    """
    box, mask = along_line(model.volume.geometry, stroke.points, stroke.radius_mm, stroke.normal)
    vertebrae, bodies, discs, canal = (
        array[box] for array in (model.vertebrae, model.bodies, model.discs, model.canal)
    )
    said[box][mask] = not stroke.erase and stroke.paint in (Paint.VERTEBRA, Paint.BODY)
    if stroke.erase:
        if stroke.paint == Paint.VERTEBRA:
            mask &= vertebrae == owner
            vertebrae[mask] = bodies[mask] = 0
        elif stroke.paint == Paint.BODY:
            bodies[mask & (bodies == owner)] = 0
        elif stroke.paint == Paint.DISC:
            discs[mask & (discs == owner - 1)] = 0
        else:
            canal[mask] = False
        return
    for array in (vertebrae, bodies, discs):
        if not (stroke.paint == Paint.VERTEBRA and array is bodies):
            array[mask] = 0
    canal[mask] = stroke.paint == CANAL
    if stroke.paint in (Paint.VERTEBRA, Paint.BODY):
        vertebrae[mask] = owner
        bodies[mask & (bodies != owner)] = 0
    if stroke.paint == Paint.BODY:
        bodies[mask] = owner
    if stroke.paint == Paint.DISC:
        discs[mask] = owner - 1
