"""What is planned, laid on the picture: against rays and masks."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.fluoroscopy import (
    XrayView,
    cement_attenuation,
    length_along_rays,
    needle_outline,
    shadow_edge,
    zone_outline,
)
from planner.geometry.capsule import Capsule
from planner.geometry.ellipsoid import Spheroid
from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry

CENTRE = PointLps(3.0, -2.0, 5.0)
WAYS = [(0.0, -1.0, 0.0), (1.0, 0.2, 0.0), (0.5, -0.8, 0.3), (-0.3, 0.9, -0.2)]
directions = st.tuples(*(st.floats(-1.0, 1.0) for _ in range(3))).filter(
    lambda way: math.hypot(*way) > 0.2
)


def zone(axis: tuple[float, ...], length: float, width: float) -> Spheroid:
    size = math.hypot(*axis)
    unit = (axis[0] / size, axis[1] / size, axis[2] / size)
    return Spheroid(CENTRE, unit, length / 2.0, width / 2.0)


def through(view: XrayView, column: float, row: float, ball: Spheroid) -> float:
    """Least level of the ellipsoid's form on a ray: 1 where it only touches the surface."""
    spot = (
        view.first_pixel.array
        + column * view.pixel_mm * np.array(view.right)
        + row * view.pixel_mm * np.array(view.down)
    )
    start, way = view.source.array - ball.centre.array, spot - view.source.array
    axis = np.array(ball.axis)

    def scaled(vector: np.ndarray) -> np.ndarray:
        along = vector @ axis
        return np.append((vector - along * axis) / ball.half_width_mm, along / ball.half_length_mm)

    a, b = scaled(start), scaled(way)
    share = -(a @ b) / (b @ b)
    return float(np.linalg.norm(a + share * b))


@settings(max_examples=60, deadline=None)
@given(way=st.sampled_from(WAYS), axis=directions, sizes=st.tuples(*[st.floats(5.0, 60.0)] * 2))
def test_that_rays_to_the_edge_of_a_zone_touch_it(
    way: tuple[float, float, float], axis: tuple[float, ...], sizes: tuple[float, float]
) -> None:
    view = XrayView.about(PointLps(0.0, 0.0, 0.0), np.array(way), pixels=256)
    ball = zone(axis, *sizes)
    edge = zone_outline(view, ball)
    assert len(edge) > 50
    for column, row in edge[::7]:
        assert through(view, column, row, ball) == pytest.approx(1.0, abs=1e-6)


def test_that_a_source_inside_the_zone_has_no_edge() -> None:
    view = XrayView.about(CENTRE, np.array(WAYS[0]))
    assert zone_outline(view, zone((0.0, 0.0, 1.0), 3000.0, 3000.0)).shape == (0, 2)


@pytest.mark.parametrize("way", WAYS)
def test_that_the_shadow_of_a_needle_is_as_wide_as_its_rays_say(
    way: tuple[float, float, float],
) -> None:
    view = XrayView.about(PointLps(0.0, 0.0, 0.0), np.array(way), pixels=256)
    needle = Capsule(PointLps(40.0, 60.0, -20.0), PointLps(2.0, -3.0, 4.0), 1.2)
    corners = needle_outline(view, needle)
    ends = view.project(np.stack((needle.start.array, needle.end.array)))
    assert (corners[0] + corners[3]) / 2.0 == pytest.approx(ends[0], abs=0.05)
    assert (corners[1] + corners[2]) / 2.0 == pytest.approx(ends[1], abs=0.05)
    for one, other, end in ((0, 3, needle.start), (1, 2, needle.end)):
        depth = np.linalg.norm(end.array - view.source.array)
        wide = np.linalg.norm(corners[one] - corners[other]) * view.pixel_mm
        assert wide == pytest.approx(2.4 * 1100.0 / depth, rel=0.15)


def test_that_down_its_own_barrel_a_needle_is_a_dot() -> None:
    needle = Capsule(PointLps(40.0, 60.0, -20.0), PointLps(2.0, -3.0, 4.0), 1.2)
    view = XrayView.about(needle.end, needle.start.array - needle.end.array, pixels=512)
    corners = needle_outline(view, needle)
    middle = view.project(needle.end.array[None])[0]
    assert np.abs(corners - middle).max() * view.pixel_mm < 2.5


def test_that_the_edge_of_a_shadow_is_thin_and_lies_in_it() -> None:
    geometry = VolumeGeometry.axis_aligned((40, 40, 40), (1.0, 1.0, 1.0), (-20.0, -20.0, -20.0))
    k, j, i = np.indices(geometry.shape_kji)
    ball = (i - 20) ** 2 + (j - 20) ** 2 + (k - 20) ** 2 <= 12**2
    view = XrayView.about(PointLps(0.0, 0.0, 0.0), np.array(WAYS[2]), field_mm=60.0, pixels=120)
    length = length_along_rays(ball, geometry, view)
    edge = shadow_edge(length)
    assert edge.any()
    assert (length[edge] > 0.0).all()
    assert edge.sum() < 0.1 * (length > 0.0).sum() + 4 * math.pi * 25
    row, column = np.nonzero(edge)
    centre = view.project(np.zeros((1, 3)))[0]
    radius = np.hypot(column - centre[0], row - centre[1]) * view.pixel_mm * 700.0 / 1100.0
    assert radius == pytest.approx(12.0, abs=1.5)
    assert (cement_attenuation(length)[~(length > 0.0)] == 0.0).all()
    assert cement_attenuation(length).max() == pytest.approx(0.08 * length.max(), rel=1e-5)
