"""A person's spine as formulas, before any voxel."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from planner.phantom.disease import fractured, lesion_rows, worn
from planner.phantom.morphometry import draw_person
from planner.phantom.posture import Placed, Posture, in_another_place, stand
from planner.phantom.second_posture import motions
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
    """A person's spine as formulas, before any voxel.

    Attributes
    ----------
    moved
        For each level, shape ``(4, 4)``, LPS mm of the first scan to LPS mm of this one; empty
        for a first scan.
    """

    posture: Posture
    rows: Mapping[Level, BoneRows]
    lesions: Mapping[Level, NDArray[np.float64]]
    moved: Mapping[Level, NDArray[np.float64]] = field(default_factory=dict)


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
    first = SpineModel(
        posture=posture,
        rows=_all_rows(posture, damage, recipe),
        lesions={level: lesion_rows(item, recipe) for level, item in posture.placed.items()},
    )
    if recipe.posture_seed is None:
        return first
    return _moved(first, motions(posture, recipe.levels, (recipe.seed, recipe.posture_seed)))


def _moved(first: SpineModel, motion: Mapping[Level, NDArray[np.float64]]) -> SpineModel:
    """Return the same bones in other places.

    What the canal and the neighbours' joints have cut out of a vertebra moves with it, so that
    its bone is the same bone.
    """
    placed, rows = {}, {}
    for level, item in first.posture.placed.items():
        turn, shift = motion[level][:3, :3], motion[level][:3, 3]
        centre, axes = turn @ item.centre + shift, turn @ item.axes
        placed[level] = replace(item, centre=centre, axes=axes)
        line = first.posture.line.rows.copy()
        line[:, :3] = line[:, :3] @ turn.T + shift
        line[:, 3:12] = (turn @ line[:, 3:12].reshape(-1, 3, 3)).reshape(-1, 9)
        frame = np.concatenate([centre, axes.ravel()])
        rows[level] = first.rows[level]._replace(frame=frame, line=line)
    posture = in_another_place(placed)
    return SpineModel(posture=posture, rows=rows, lesions=first.lesions, moved=motion)


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
