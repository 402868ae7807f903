"""A person's spine as formulas, before any voxel."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from planner.phantom.disease import fractured, lesion_rows, worn
from planner.phantom.morphometry import draw_person
from planner.phantom.posture import Placed, Posture, stand
from planner.phantom.variants import varied
from planner.phantom.vertebra_shape import BodyDamage, joints_between, vertebra_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planner.domain.levels import Level
    from planner.phantom.fields import BoneRows
    from planner.phantom.recipe import Recipe


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpineModel:
    """A person's spine as formulas, before any voxel."""

    posture: Posture
    rows: Mapping[Level, BoneRows]
    lesions: Mapping[Level, NDArray[np.float64]]


def model_of(recipe: Recipe) -> SpineModel:
    """Return the formulas of the spine that a recipe describes."""
    random = np.random.default_rng([recipe.seed, 4])
    person = varied(
        draw_person(recipe.seed),
        recipe.lumbar_count,
        sacralised=recipe.sacralised,
        wear=recipe.wear,
    )
    shapes, damage = fractured(person, recipe.fractures)
    damage = worn(damage, recipe.wear)
    posture = stand(
        shapes,
        pitch_deg=float(np.clip(random.normal(0.0, 2.5), -5.0, 5.0)),
        scoliosis_deg=recipe.scoliosis_deg + float(np.clip(random.normal(0.0, 2.0), -4.0, 4.0)),
        rotation_deg=recipe.rotation_deg + float(np.clip(random.normal(0.0, 1.0), -2.0, 2.0)),
        sacralised=recipe.sacralised,
        reference_mm=np.array(
            [random.uniform(-8.0, 8.0), random.uniform(20.0, 40.0), random.uniform(-300.0, -100.0)]
        ),
    )
    return SpineModel(
        posture=posture,
        rows=_all_rows(posture, damage, recipe),
        lesions={level: lesion_rows(item, recipe) for level, item in posture.placed.items()},
    )


def _all_rows(
    posture: Posture, damage: Mapping[Level, BodyDamage], recipe: Recipe
) -> dict[Level, BoneRows]:
    placed: list[Placed] = list(posture.placed.values())
    worn_joints = {item.level for item in recipe.wear if item.facets}
    joints = [
        joints_between(upper, lower, worn=upper.level in worn_joints)
        for upper, lower in pairwise(placed)
    ]
    return {
        item.level: vertebra_rows(
            item,
            joints[place - 1] if place > 0 else (),
            joints[place] if place < len(joints) else (),
            damage[item.level],
            posture.line.rows,
        )
        for place, item in enumerate(placed)
    }
