import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.geometry.points import SHORTEST_DIRECTION_MM, PointLps, unit

mm = st.floats(-1e3, 1e3)
triples = st.tuples(mm, mm, mm)


@given(values=triples)
def test_that_a_point_keeps_its_numbers(values):
    point = PointLps.of(values)
    assert (point.x_mm, point.y_mm, point.z_mm) == values
    assert point.array.tolist() == list(values)
    assert point.array.dtype == np.float64


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_that_a_point_is_finite_on_every_axis(bad, axis):
    values = [0.0, 0.0, 0.0]
    values[axis] = bad
    with pytest.raises(ValueError, match="must be finite"):
        PointLps(*values)


def test_that_a_point_has_three_numbers():
    with pytest.raises(ValueError, match="unpack"):
        PointLps.of([1.0, 2.0])


def test_that_distance_is_pythagorean():
    assert PointLps(1.0, 2.0, 3.0).distance_mm(PointLps(3.0, 5.0, 9.0)) == 7.0


@given(a=triples, b=triples)
def test_that_distance_is_the_same_both_ways(a, b):
    one, two = PointLps.of(a), PointLps.of(b)
    assert one.distance_mm(two) == two.distance_mm(one)
    assert one.distance_mm(two) == pytest.approx(np.linalg.norm(np.subtract(a, b)))


def test_that_a_moved_point_is_moved_by_the_offset():
    assert PointLps(1.0, 2.0, 3.0).moved(np.array([1.0, -2.0, 0.5])) == PointLps(2.0, 0.0, 3.5)


@given(values=triples)
def test_that_a_unit_vector_has_length_one_and_the_same_direction(values):
    vector = np.array(values)
    length = np.linalg.norm(vector)
    if not length > SHORTEST_DIRECTION_MM:
        with pytest.raises(ValueError, match="no direction"):
            unit(vector)
        return
    made = unit(vector)
    assert np.linalg.norm(made) == pytest.approx(1.0, abs=1e-12)
    assert np.allclose(made * length, vector, atol=1e-9)


@pytest.mark.parametrize("vector", [np.zeros(3), np.full(3, np.nan), np.array([1e-9, 0.0, 0.0])])
def test_that_a_vector_without_direction_is_refused(vector):
    with pytest.raises(ValueError, match="no direction"):
        unit(vector)
