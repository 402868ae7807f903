"""Lesions and fractures of a recipe as numbers for the painters."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.errors import UsageError
from planner.domain.levels import Side
from planner.phantom.paint_bone import (
    BLASTIC,
    FILLED,
    LESION_BREACH,
    LESION_COLUMNS,
    LESION_KIND,
    LESION_R,
    LYTIC,
    MIXED,
    ROUGHNESS,
)
from planner.phantom.recipe import FractureKind, Lesion, Matter, Place
from planner.phantom.vertebra_shape import BodyDamage, pedicle_frame

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planner.domain.levels import Level
    from planner.phantom.morphometry import LevelShape
    from planner.phantom.posture import Placed
    from planner.phantom.recipe import Fracture, OldCement, Recipe
    from planner.phantom.variants import Wear

KIND = {Matter.LYTIC: LYTIC, Matter.BLASTIC: BLASTIC, Matter.MIXED: MIXED}

BONE_LEFT_MM = 2.2
"""Sound bone between an unbroken wall and the edge of the lesion before it."""

BROKEN_SHARE = 0.30
"""Share of a lesion's radius that stands beyond the wall it has broken."""

LARGEST_SHARE = 1.2
"""Largest lesion as a share of half the body; beyond that no place has a meaning. One that is
too large to leave sound bone moves to the middle and stops at the cortex."""

BURST_BULGE_MM = 9.0
"""Wall bulge of a burst body per unit of height lost."""

BICONCAVE_DISH_SHARE = 0.45
"""Each endplate's extra depth per unit of height lost, as a share of body height."""


def fractured(
    person: Mapping[Level, LevelShape], fractures: tuple[Fracture, ...]
) -> tuple[dict[Level, LevelShape], dict[Level, BodyDamage]]:
    """Return the person with collapsed bodies, and what happened to their surfaces."""
    shapes, damage = dict(person), dict.fromkeys(person, BodyDamage())
    for item in fractures:
        shape = shapes[item.level]
        if item.kind is FractureKind.WEDGE:
            front = shape.anterior_height_mm * (1.0 - item.loss)
            shapes[item.level] = replace(shape, anterior_height_mm=front)
        elif item.kind is FractureKind.BURST:
            shapes[item.level] = replace(
                shape,
                anterior_height_mm=shape.anterior_height_mm * (1.0 - item.loss),
                posterior_height_mm=shape.posterior_height_mm * (1.0 - 0.6 * item.loss),
            )
            damage[item.level] = BodyDamage(bulge_mm=BURST_BULGE_MM * item.loss)
        else:
            dish = BICONCAVE_DISH_SHARE * item.loss * shape.height_mm
            damage[item.level] = BodyDamage(dish_mm=dish)
    return shapes, damage


def worn(damage: Mapping[Level, BodyDamage], wear: tuple[Wear, ...]) -> dict[Level, BodyDamage]:
    """Return the damage with the lips and nodes on both sides of every worn disc."""
    found = dict(damage)
    order = list(found)
    for item in wear:
        found[item.level] = replace(
            found[item.level],
            lip_bottom_mm=item.osteophyte_mm,
            node_bottom_mm=item.schmorl_mm,
        )
        below = order.index(item.level) + 1
        if below < len(order):
            found[order[below]] = replace(
                found[order[below]],
                lip_top_mm=0.8 * item.osteophyte_mm,
                node_top_mm=item.schmorl_mm,
            )
    return found


def lesion_rows(placed: Placed, recipe: Recipe) -> NDArray[np.float64]:
    """Return the rows of the lesions and of the cement of one vertebra for the painter."""
    seed = recipe.seed
    rows = [row for item in recipe.cement for row in _cement_rows(placed, item)]
    for place, lesion in enumerate(recipe.lesions):
        if lesion.level is not placed.level:
            continue
        row = np.zeros(LESION_COLUMNS)
        row[:3] = lesion_centre(placed, lesion)
        row[LESION_R], row[LESION_KIND] = lesion.r_mm, KIND[lesion.kind]
        row[LESION_BREACH] = float(lesion.breach)
        row[ROUGHNESS] = 11.0 * place + seed % 17
        rows.append(row)
    return np.array(rows).reshape(-1, LESION_COLUMNS)


def _cement_rows(placed: Placed, cement: OldCement) -> list[NDArray[np.float64]]:
    """Return two balls of cement, one on each side, that together hold the volume."""
    if cement.level is not placed.level:
        return []
    rows = []
    for side in Side:
        row = np.zeros(LESION_COLUMNS)
        row[0] = side.sign * 0.21 * placed.shape.endplate_width_mm
        row[1] = -0.12 * placed.shape.endplate_depth_mm
        row[LESION_R] = (1000.0 * cement.volume_ml * 3.0 / (8.0 * np.pi)) ** (1.0 / 3.0)
        row[LESION_KIND], row[LESION_BREACH], row[ROUGHNESS] = FILLED, 1.0, 5.0 + side.sign
        rows.append(row)
    return rows


def lesion_centre(placed: Placed, lesion: Lesion) -> NDArray[np.float64]:
    """Return the middle of a lesion in the vertebra's own frame, shape ``(3,)``, mm.

    Raises
    ------
    UsageError
        When an unbroken lesion of that size has no room where it is wanted.
    """
    shape = placed.shape
    half = np.array([shape.endplate_width_mm, shape.endplate_depth_mm]) / 2.0
    inward = BROKEN_SHARE * lesion.r_mm if lesion.breach else -lesion.r_mm - BONE_LEFT_MM
    across, along = half[0] * 0.9 + inward, half[1] * 0.96 + inward
    if lesion.breach:
        across, along = across - lesion.r_mm, along - lesion.r_mm
    if lesion.place in (Place.PEDICLE_LEFT, Place.PEDICLE_RIGHT):
        side = Side.LEFT if lesion.place is Place.PEDICLE_LEFT else Side.RIGHT
        return pedicle_frame(placed, side)[0]
    if lesion.place in (Place.LAMINA_LEFT, Place.LAMINA_RIGHT):
        sign = 1.0 if lesion.place is Place.LAMINA_LEFT else -1.0
        back = half[1] + shape.canal_depth_mm + 1.0
        return np.array([sign * 0.5 * shape.canal_width_mm / 2.0, back, -0.15 * shape.height_mm])
    half_room = half[1] if lesion.place in (Place.ANTERIOR, Place.POSTERIOR) else half[0]
    if lesion.r_mm > LARGEST_SHARE * half_room:
        raise UsageError(
            f"a lesion of {lesion.r_mm:g} mm has no room at the {lesion.place} of {lesion.level} "
            f"of this person; {LARGEST_SHARE * half_room:.1f} mm is the most"
        )
    across, along = max(across, 0.0), max(along, 0.0)
    offset = {
        Place.CENTRE: (0.0, 0.0),
        Place.ANTERIOR: (0.0, -along),
        Place.POSTERIOR: (0.0, along),
        Place.LEFT: (across, 0.0),
        Place.RIGHT: (-across, 0.0),
    }[lesion.place]
    return np.array([*offset, 0.0])
