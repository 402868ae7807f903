from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from planner.geometry.points import PointLps, unit
from planner.report import palette, planes
from planner.report.solid import PIXELS, _cast, _thickness, render_solid, solid_plane
from report.cases import make_case, make_geometry, turned_geometry

CENTRE = PointLps(0.0, 0.0, 0.0)
RADIUS_MM = 18.0


@pytest.fixture(scope="module")
def case():
    return make_case()


@pytest.mark.parametrize(
    "geometry", [make_geometry(), turned_geometry()], ids=["straight", "turned"]
)
def test_that_a_ball_is_seen_as_a_ball_from_anywhere(geometry) -> None:
    k, j, i = np.indices(geometry.shape_kji)
    lps = geometry.lps_mm(np.stack([i, j, k], axis=-1).astype(float))
    # A ramp, so that linear interpolation meets the true surface.
    field = np.clip(0.5 + (RADIUS_MM - np.linalg.norm(lps, axis=-1)) / 4.0, 0.0, 1.0)
    plane = planes.seen_from(CENTRE, np.array((0.5, 0.8, 0.3)), 30.0)
    depth, normal = _cast(field.astype(np.float32), geometry, plane)
    points = plane.grid_mm(PIXELS)
    aside = np.linalg.norm(points, axis=-1)
    assert np.isfinite(depth[aside < RADIUS_MM - 0.5]).all()
    assert np.isinf(depth[aside > RADIUS_MM + 0.5]).all()
    middle = aside < 0.8 * RADIUS_MM
    surface = points[middle] + depth[middle, None] * plane.normal
    assert np.abs(np.linalg.norm(surface, axis=-1) - RADIUS_MM).max() < 0.3
    outward = surface / np.linalg.norm(surface, axis=-1, keepdims=True)
    assert (normal[middle] * outward).sum(axis=-1).min() > 0.97


def test_that_a_zone_shines_over_its_own_silhouette(case) -> None:
    zone = next(iter(case.zones.values()))
    across = unit(np.cross(np.array(zone.shape.axis), np.array((0.0, 0.0, 1.0))))
    plane = planes.seen_from(zone.shape.centre, across, 25.0)
    inside = _thickness(zone, plane) > 0.0
    area = inside.sum() * (50.0 / PIXELS) ** 2
    expected = np.pi * zone.shape.half_length_mm * zone.shape.half_width_mm
    assert area == pytest.approx(expected, rel=0.01)


def test_that_the_viewer_stands_straight_behind_so_that_no_side_looks_like_the_other(case) -> None:
    for needle in case.plan.trajectories:
        viewer = -solid_plane(needle).normal
        assert viewer[1] > 0.0
        assert viewer[0] == 0.0
        assert viewer[2] > 0.0


def test_that_bone_is_drawn_and_nothing_is_drawn_without_outlines(case) -> None:
    own = case.plan.trajectories[0]
    bare = replace(case, anatomy=None, zones={}, cements={})

    def bright(scene) -> int:
        png = render_solid((own,), own, scene)
        rgb = np.asarray(Image.open(BytesIO(png)).convert("RGB")).astype(int)
        warm = (rgb[..., 0] > 90) & (rgb[..., 0] > rgb[..., 2] + 15)
        return int(warm.sum())

    assert bright(replace(case, zones={}, cements={})) > 5000
    assert bright(bare) == 0
    unlabelled = replace(case.anatomy, labels=np.zeros_like(case.anatomy.labels))
    assert bright(replace(bare, anatomy=unlabelled)) == 0


def test_that_a_needle_inside_bone_is_dashed_and_outside_is_solid(case) -> None:
    own = case.plan.trajectories[0]
    scene = replace(case, zones={}, cements={})
    rgb = np.asarray(Image.open(BytesIO(render_solid((own,), own, scene))).convert("RGB"))
    plane = solid_plane(own)

    def white_share(start: float, stop: float) -> float:
        shares = np.linspace(start, stop, 60)[:, None]
        path = own.entry.array * (1.0 - shares) + own.tip.array * shares
        x, y = plane.pixel(path, PIXELS).astype(int).T
        return float((rgb[y, x].min(axis=-1) > 200).mean())

    assert palette.NEEDLE.colour == "#ffffff"
    assert white_share(0.12, 0.35) > 0.9
    assert white_share(0.75, 0.92) < 0.8
