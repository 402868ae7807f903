"""Whether the outlines about a pedicle are good enough to propose a needle by it.

Every path is placed by the pedicle, and the foramina lie between pedicles. An outline that took a
rib or a transverse process for one makes the whole side wrong, and nothing measured on it would
show that.
"""

from __future__ import annotations

from math import asin, atan2, degrees
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain import structures
from planner.domain.levels import Level
from planner.planning.segment_distance import nearest_in_blocks

if TYPE_CHECKING:
    from planner.domain.anatomy import Anatomy, Pedicle, Vertebra
    from planner.domain.levels import Side
    from planner.planning.surfaces import Surroundings

BESIDE_CANAL_MM: Final = 2.2
"""A pedicle is the side wall of the canal. On digital spines its inner wall lies at most 1.5 mm
from the canal, and 1.8 mm where our outlines found it (derived); a rib lies farther out."""

AXIAL_DEG: Final = (-20.0, 45.0)
"""Mean transverse angles run from -10 to 35 degrees towards the midline with a spread of about 2
(Zindrick 1987, Kaur 2016, both second hand); twice that spread and 5 degrees of a crooked vertebra
are left on either side."""

STEPS_UP: Final = 2
"""T13 and L6 stand in the list of levels whether a patient has them or not."""

CRANIAL_DEG: Final = 30.0
WIDER_THAN_ALL: Final = 1.5
"""A pedicle read this many times as wide as its fellow and as all near it on its own side holds a
rib or a facet. Published means of neighbouring levels differ by 1.4 times at most (L4 to L5;
Zindrick 1987, second hand); where a fellow alone is narrow, as after lysis, this says nothing."""

TALLEST_MM: Final = 24.0
"""The tallest mean is 17.4 mm at T11 (Zindrick 1987); half as much again is not a pedicle."""


def why_doubted(vertebra: Vertebra, pedicle: Pedicle, surroundings: Surroundings) -> str:
    """Return why the outline of a pedicle is not believed, empty when it is.

    The sentence begins with the side and ends with what to do.
    """
    reason = _reason(vertebra, pedicle, surroundings)
    if not reason:
        return ""
    return (
        f"{pedicle.side.value.capitalize()}: what was outlined as the pedicle of {vertebra.level} "
        f"{reason}, so nothing is proposed by it. Look at the outlines, or place the needle "
        "yourself."
    )


def oddly_wide(level: Level, side: Side, anatomy: Anatomy) -> str:
    """Return why a pedicle is taken for wider than it is, empty when it is not.

    It is held against its fellow and against the neighbours of its own side.
    """
    own = _width_mm(anatomy, level, side)
    fellow = _width_mm(anatomy, level, side.other)
    beside = [
        width
        for other in anatomy.vertebrae
        if 0 < abs(other.order - level.order) <= STEPS_UP
        and (width := _width_mm(anatomy, other, side)) is not None
    ]
    if own is None or fellow is None or not beside:
        return ""
    widest = max(fellow, *beside)
    if own <= WIDER_THAN_ALL * widest:
        return ""
    return (
        f"{side.value.capitalize()}: the pedicle of {level} was read {own:.1f} mm wide, its "
        f"fellow {fellow:.1f} mm and none beside it more than {widest:.1f} mm, so it may hold a "
        "rib and nothing is proposed by it. Look at the outlines, or place the needle yourself."
    )


def _width_mm(anatomy: Anatomy, level: Level, side: Side) -> float | None:
    vertebra = anatomy.vertebrae.get(level)
    pedicle = None if vertebra is None else vertebra.pedicles.get(side)
    return None if pedicle is None else pedicle.width_mm.best


def missing_foramen(level: Level, side: Side, surroundings: Surroundings) -> str:
    """Return which of the two foramina beside a pedicle was not outlined, empty when both were.

    What was not outlined is not kept away from, and nothing measured would show it.
    """
    above = [upper for upper in Level if 0 < level.order - upper.order <= STEPS_UP]
    for words, uppers in (("above", above), ("below", [level])):
        if not any(structures.foramen(upper, side) in surroundings.near for upper in uppers):
            return (
                f"{side.value.capitalize()}: the foramen {words} the pedicle of {level} was not "
                "outlined, perhaps because the scan ends near it, so no path there can be kept "
                "away from it. Look at the outlines, or place the needle yourself."
            )
    return ""


def _reason(vertebra: Vertebra, pedicle: Pedicle, surroundings: Surroundings) -> str:
    canal = surroundings.near.get(structures.CANAL)
    if canal is not None:
        place = pedicle.isthmus.array
        distance, _, _ = nearest_in_blocks(canal.points_mm, canal.balls, place, place)
        gap = float(distance) - pedicle.width_mm.best / 2.0
        if gap > BESIDE_CANAL_MM:
            return f"lies {gap:.0f} mm beside the canal and not at it"
    axis = np.array(pedicle.axis)
    left, anterior, superior = (
        np.array(way) for way in (vertebra.left, vertebra.anterior, vertebra.superior)
    )
    axial = degrees(atan2(-pedicle.side.sign * float(axis @ left), float(axis @ anterior)))
    if not AXIAL_DEG[0] <= axial <= AXIAL_DEG[1]:
        return f"runs {axial:.0f} degrees towards the midline"
    cranial = degrees(asin(min(max(float(axis @ superior), -1.0), 1.0)))
    if abs(cranial) > CRANIAL_DEG:
        return f"runs {abs(cranial):.0f} degrees out of the plane of the vertebra"
    if pedicle.height_mm.best > TALLEST_MM:
        return f"is {pedicle.height_mm.best:.0f} mm tall"
    return ""
