"""While the 3-D view turns it is drawn with fewer triangles; the picture must stay the body's."""

import numpy as np
import pytest

from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry
from planner.session.solid_view import SolidView
from planner.session.surfaces import COARSE_CELL_MM, mask_surface
from planner.viewer.canvas.scene import Scene
from planner.viewer.canvas.turntable import Turntable

pytestmark = pytest.mark.qt

RADIUS_MM = 22.0
GRID = VolumeGeometry.axis_aligned((60, 60, 60), (1.0, 1.0, 1.0), (-29.5, -29.5, -29.5))


@pytest.fixture(scope="module")
def ball():
    k, j, i = np.mgrid[:60, :60, :60]
    away = np.linalg.norm(GRID.lps_mm(np.stack((i, j, k), axis=-1)), axis=-1)
    return mask_surface("L3", away <= RADIUS_MM, GRID)


def test_that_a_coarse_mesh_lies_on_the_fine_one_with_far_fewer_triangles(ball):
    coarse = ball.coarse
    assert len(coarse.triangles) < len(ball.triangles) / 4
    away = np.linalg.norm(coarse.points_mm, axis=1)
    assert np.abs(away - RADIUS_MM).max() < COARSE_CELL_MM / 2
    outward = (coarse.normals * coarse.points_mm).sum(axis=1) / away
    assert outward.min() > 0.9
    assert np.linalg.norm(coarse.normals, axis=1) == pytest.approx(1.0, abs=1e-5)
    a, b, c = (coarse.points_mm[coarse.triangles[:, corner]] for corner in range(3))
    facing = (np.cross(b - a, c - a) * (a + b + c)).sum(axis=1)
    fine = [ball.points_mm[ball.triangles[:, corner]] for corner in range(3)]
    way = np.cross(fine[1] - fine[0], fine[2] - fine[0])
    sign = np.sign((way * sum(fine)).sum(axis=1)).mean()
    assert (np.sign(facing) == round(sign)).mean() > 0.99, "no triangle is turned inside out"


def test_that_a_turning_picture_shows_the_same_body_cut_at_the_same_place(qapp, ball):
    scene = Scene()
    scene.show_surfaces((ball,))
    eye = Turntable(PointLps(0.0, 0.0, 0.0), 200.0, azimuth_deg=20.0)
    for solid in (SolidView(), SolidView(cut="sagittal")):
        scene.show_solid(solid, frozenset({"L3"}), PointLps(0.0, 0.0, 0.0))
        fine = scene.image(eye, 160, 160).astype(int)
        coarse = scene.image(eye, 160, 160, coarse=True).astype(int)
        again = scene.image(eye, 160, 160).astype(int)
        ground = fine[0, 0]
        seen, still = ((np.abs(one - ground).sum(axis=2) > 12) for one in (fine, coarse))
        assert seen.sum() > 2000
        assert (seen != still).sum() < 0.05 * seen.sum()
        assert (again == fine).all(), "the fine mesh comes back"
    scene.close()
