"""What must be spared, and how far away it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.domain.structures import (
    AORTA,
    CANAL,
    CORD,
    DURAL_SAC,
    PLEURA,
    VENA_CAVA,
)
from planner.safety.lesion import body_coordinates
from planner.safety.measured import MissingInputError
from planner.safety.ruler import foramina_of, outlined

if TYPE_CHECKING:
    from planner.domain.levels import Level
    from planner.domain.plan import Ablation, CementInjection, Trajectory
    from planner.safety.case import Case
    from planner.safety.measured import Measured

BONE_MARGIN_MM = 5.0
"""How deep in outlined bone a needle must stay for vessels nobody outlined: the distance from
which N2 is silent. Great vessels and pleura lie outside the body of the vertebra."""

NEIGHBOURHOOD_MM = 25.0
"""Foramina further than this from an object are beyond every limit."""

LOWEST_PLEURA_ORDER = 20
"""L1 (C1 is 0): the costodiaphragmatic recess reaches down to it."""


def nerve_structures(case: Case, level: Level) -> tuple[str, ...]:
    """Name what stands for cord, sac and roots at a level.

    The canal stands for cord and sac and a foramen for its root, because both lie inside;
    where cord, sac or roots are outlined themselves they are judged as well.
    """
    anatomy = case.scene.anatomy
    extra = [name for name in (CORD, DURAL_SAC) if name in anatomy.masks]
    extra += outlined(anatomy, "root:")
    foramina = foramina_of(level, anatomy)
    present = [name for name in case.ruler.foramina_outlined() if name not in foramina]
    return (CANAL, *foramina, *present, *extra)


def spared_by_needle(case: Case, needle: Trajectory) -> tuple[Measured, ...]:
    """Return the distances from a needle's side to all it must spare, nearest first."""
    body = case.body_of(needle)
    names = nerve_structures(case, needle.level)
    found = [case.ruler.needle(body, name) for name in names]
    missing = []
    for name in _vessels_and_lung(needle.level):
        mask = case.scene.anatomy.masks.get(name)
        if mask is None:
            missing.append(name)
        elif mask.any():  # an empty mask was looked for and is not in this scan
            found.append(case.ruler.needle(body, name))
    if missing and not _stays_in_bone(case, needle):
        raise MissingInputError(
            f"{', '.join(missing)} not outlined, and needle {needle.id} ends within "
            f"{BONE_MARGIN_MM:g} mm of the surface of the bone",
            structure=missing[0],
        )
    return tuple(sorted(found, key=lambda item: item.distance_mm))


def spared_by_zone(case: Case, ablation: Ablation) -> tuple[Measured, ...]:
    """Return the distances from a zone's surface to nerve structures, nearest first."""
    shape = case.zone(ablation).shape
    names = nerve_structures(case, case.level_of(ablation))
    found = [case.ruler.zone(shape, name) for name in names]
    return tuple(sorted(found, key=lambda item: item.distance_mm))


def spared_by_cement(case: Case, injection: CementInjection) -> tuple[Measured, ...]:
    """Return the distances from cement to nerve structures, nearest first."""
    cement = case.cement(injection)
    names = nerve_structures(case, case.level_of(injection))
    found = [case.ruler.cement(cement, name) for name in names]
    return tuple(sorted(found, key=lambda item: item.distance_mm))


def _vessels_and_lung(level: Level) -> tuple[str, ...]:
    return (AORTA, VENA_CAVA) + ((PLEURA,) if level.order <= LOWEST_PLEURA_ORDER else ())


def _stays_in_bone(case: Case, needle: Trajectory) -> bool:
    """Tell whether the front of a needle stays deep in the body of its vertebra.

    Only the part in the front half of the body is asked, because behind it no great vessel
    lies; the pleura beside a thoracic path is not covered by this, so such a path fails.
    """
    if needle.level.order <= LOWEST_PLEURA_ORDER:
        return False
    vertebra = case.vertebra(needle.level)
    body = case.body_of(needle)
    points = body.axis_points_mm(1.0)
    front = points[body_coordinates(vertebra, points)[:, 1] > 0.0]
    if not len(front):
        return True
    bone = case.ruler.bone(needle.level)
    if not bone.holds(front).all():
        return False
    depth, _ = bone.tree.query(front)
    return bool(np.min(depth) - body.radius_mm >= BONE_MARGIN_MM)
