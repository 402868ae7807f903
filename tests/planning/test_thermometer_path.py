"""The way of a thermometer: straight, from behind, and clear of what it must not touch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from phantoms import easy_l3
from planner.domain.levels import Level, Side
from planner.geometry.capsule import Capsule
from planner.geometry.gaps import capsule_gap
from planner.geometry.points import PointLps
from planner.planning.thermometer_path import (
    CANAL_MM,
    KEEP_AWAY_MM,
    NEAR_MM,
    RADIUS_MM,
    thermometer_path,
)


def wall_point(side: Side = Side.LEFT) -> PointLps:
    """A point of the posterior wall of L3 behind the upper half of the body, to one side."""
    vertebra = easy_l3().truth.vertebrae[Level.L3]
    assert vertebra.posterior_wall is not None
    points = vertebra.posterior_wall.points_mm
    upper = points[np.abs(points[:, 2] - vertebra.body_centre.z_mm - 6.0) < 4.0]
    x = upper[:, 0]
    return PointLps.of(upper[int(x.argmax() if side is Side.LEFT else x.argmin())])


def canal_distances_mm(path) -> np.ndarray:
    """Distance of the axis to the canal's voxels, each half a millimetre, by brute force."""
    anatomy = easy_l3().truth
    canal = anatomy.geometry.lps_mm(np.argwhere(anatomy.canal)[:, ::-1].astype(float))
    canal = canal[np.linalg.norm(canal - path.at.array, axis=1) < 60.0]
    way = path.skin.array - path.at.array
    along = np.arange(NEAR_MM, min(path.length_mm, 60.0), 0.5)
    points = path.at.array + along[:, None] * way / path.length_mm
    return np.array([np.linalg.norm(canal - point, axis=1).min() for point in points])


@pytest.mark.parametrize("side", list(Side))
def test_that_the_path_keeps_clear_of_the_canal_and_starts_at_the_skin_behind(side: Side) -> None:
    path = thermometer_path(wall_point(side), easy_l3().ct, easy_l3().truth, ())
    assert path is not None
    half_voxel = max(easy_l3().truth.geometry.spacing_mm) / 2.0
    assert canal_distances_mm(path).min() - half_voxel - RADIUS_MM >= CANAL_MM - 0.3
    assert path.skin.y_mm > path.at.y_mm, "from behind"
    assert 30.0 < path.length_mm < 250.0
    ct = easy_l3().ct
    outward = (path.skin.array - path.at.array) / path.length_mm
    for step_mm, is_inside in ((-3.0, True), (3.0, False)):
        place = ct.geometry.ijk(path.skin.array + step_mm * outward)
        i, j, k = np.clip(np.rint(place).astype(int), 0, np.array(ct.geometry.size_ijk) - 1)
        assert bool(ct.hu[k, j, i] > -300) is is_inside


def test_that_a_planned_needle_in_the_way_turns_the_path_aside() -> None:
    ct, anatomy = easy_l3().ct, easy_l3().truth
    free = thermometer_path(wall_point(), ct, anatomy, ())
    assert free is not None
    middle = PointLps.of((free.skin.array + free.at.array) / 2.0)
    across = Capsule(middle.moved((0.0, 0.0, -20.0)), middle.moved((0.0, 0.0, 20.0)), 1.5)
    turned = thermometer_path(wall_point(), ct, anatomy, (across,))
    assert turned is None or (
        capsule_gap(Capsule(turned.skin, turned.at, RADIUS_MM), across).mm >= KEEP_AWAY_MM
    )
    assert turned != free


def test_that_no_path_ends_deep_in_the_canal_or_runs_through_what_fills_the_back() -> None:
    ct, anatomy = easy_l3().ct, easy_l3().truth
    in_box = np.argwhere(anatomy.canal)
    middle = anatomy.geometry.lps_mm(in_box.mean(axis=0)[::-1])
    assert thermometer_path(PointLps.of(middle), ct, anatomy, ()) is None
    k, j, i = np.indices(anatomy.geometry.shape_kji)
    y = anatomy.geometry.lps_mm(np.stack([i, j, k], axis=-1).reshape(-1, 3))[:, 1]
    behind = (y > wall_point().y_mm + 15.0).reshape(anatomy.geometry.shape_kji)
    blocked = replace(anatomy, masks={**anatomy.masks, "pleura": behind})
    assert thermometer_path(wall_point(), ct, blocked, ()) is None
