import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.geometry.volume_geometry import VolumeGeometry, direction_label

angles = st.floats(-3.0, 3.0)


def turned(size, spacing, about, origin=(0.0, 0.0, 0.0), shear=0.0):
    """A grid turned about x, y and z in turn, with gantry shear of k along j."""
    direction = np.eye(3)
    for axis, angle in enumerate(about):
        i, j = [other for other in range(3) if other != axis]
        turn = np.eye(3)
        turn[i, i] = turn[j, j] = np.cos(angle)
        turn[i, j], turn[j, i] = -np.sin(angle), np.sin(angle)
        direction = turn @ direction
    matrix = np.eye(4)
    matrix[:3, :3] = direction @ np.array([[1, 0, 0], [0, 1, shear], [0, 0, 1]]) @ np.diag(spacing)
    matrix[:3, 3] = origin
    return VolumeGeometry.from_matrix(size, matrix)


grids = st.builds(
    turned,
    st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9)),
    st.tuples(st.floats(0.3, 5.0), st.floats(0.3, 5.0), st.floats(0.3, 5.0)),
    st.tuples(angles, angles, angles),
    st.tuples(st.floats(-500, 500), st.floats(-500, 500), st.floats(-500, 500)),
    st.floats(-0.4, 0.4),
)


def test_that_an_axis_aligned_grid_places_voxel_centres():
    grid = VolumeGeometry.axis_aligned((4, 3, 2), (0.5, 1.0, 2.0), (-10.0, 20.0, 30.0))
    assert grid.shape_kji == (2, 3, 4)
    assert grid.spacing_mm == (0.5, 1.0, 2.0)
    assert grid.voxel_volume_mm3 == pytest.approx(1.0)
    assert grid.lps_mm(np.array([3.0, 2.0, 1.0])).tolist() == [-8.5, 22.0, 32.0]
    assert grid.is_orthogonal


@given(grid=grids, index=st.tuples(st.floats(-5, 15), st.floats(-5, 15), st.floats(-5, 15)))
def test_that_a_point_maps_to_the_patient_and_back(grid, index):
    point = grid.lps_mm(np.array(index))
    assert np.allclose(grid.ijk(point), index, atol=1e-9)
    many = grid.lps_mm(np.array([index, index]))
    assert many.shape == (2, 3)
    assert np.allclose(grid.lps_from_ijk @ grid.ijk_from_lps, np.eye(4), atol=1e-9)


@given(grid=grids)
def test_that_spacing_direction_and_volume_are_those_of_neighbouring_centres(grid):
    origin = grid.lps_mm(np.zeros(3))
    edges = [grid.lps_mm(np.eye(3)[axis]) - origin for axis in range(3)]
    assert np.allclose([np.linalg.norm(edge) for edge in edges], grid.spacing_mm)
    assert np.allclose(np.stack(edges, axis=1), grid.direction * grid.spacing_mm)
    assert np.isclose(abs(np.dot(edges[0], np.cross(edges[1], edges[2]))), grid.voxel_volume_mm3)


@given(grid=grids)
def test_that_a_grid_holds_points_up_to_its_outer_faces(grid):
    last = np.array(grid.size_ijk) - 0.5
    for axis in range(3):
        for sign, edge in ((-1.0, -0.5), (1.0, last[axis])):
            point = np.array([0.0, 0.0, 0.0])
            point[axis] = edge - sign * 1e-6
            assert grid.contains(grid.lps_mm(point))
            point[axis] = edge + sign * 1e-6
            assert not grid.contains(grid.lps_mm(point))


def test_that_the_outer_face_itself_counts_as_inside():
    grid = VolumeGeometry.axis_aligned((2, 2, 2), (1.0, 1.0, 1.0))
    corners = np.array([[-0.5, -0.5, -0.5], [1.5, 1.5, 1.5], [1.5, 1.5, 1.6]])
    assert grid.contains(corners).tolist() == [True, True, False]


@given(grid=grids, start=st.tuples(*[st.integers(-3, 3)] * 3))
def test_that_a_crop_keeps_every_voxel_where_it_was(grid, start):
    crop = grid.cropped(start, (2, 3, 4))
    assert crop.size_ijk == (2, 3, 4)
    index = np.array([1.0, 2.0, 3.0])
    assert np.allclose(crop.lps_mm(index), grid.lps_mm(index + start), atol=1e-9)
    assert np.allclose(crop.direction, grid.direction)


@pytest.mark.parametrize(
    ("shear", "orthogonal"), [(0.0, True), (5e-5, True), (2e-4, False), (-2e-4, False)]
)
def test_that_shear_is_told_from_rounding(shear, orthogonal):
    assert turned((2, 2, 2), (1, 1, 1), (0.3, 0.2, 0.1), shear=shear).is_orthogonal is orthogonal


def good():
    return np.diag([1.0, 1.0, 1.0, 1.0])


@pytest.mark.parametrize("place", [(0, 0), (2, 3)])
def test_that_a_matrix_with_a_number_that_is_none_is_refused(place):
    matrix = good()
    matrix[place] = np.nan
    with pytest.raises(ValueError, match="finite 4x4"):
        VolumeGeometry.from_matrix((2, 2, 2), matrix)


def test_that_a_matrix_of_another_shape_or_without_volume_is_refused():
    with pytest.raises(ValueError, match="finite 4x4"):
        VolumeGeometry.from_matrix((2, 2, 2), np.eye(3))
    flat = good()
    flat[2, 2] = 0.0
    with pytest.raises(ValueError, match="singular"):
        VolumeGeometry.from_matrix((2, 2, 2), flat)
    mirrored = good()
    mirrored[0, 0] = -1.0
    assert VolumeGeometry.from_matrix((2, 2, 2), mirrored).voxel_volume_mm3 == 1.0


@pytest.mark.parametrize("size", [(0, 2, 2), (2, 0, 2), (2, 2, -1)])
def test_that_a_grid_without_voxels_is_refused(size):
    with pytest.raises(ValueError, match="at least one voxel"):
        VolumeGeometry.from_matrix(size, good())


@pytest.mark.parametrize(
    ("direction", "letter"),
    [
        ((1, 0, 0), "L"),
        ((-1, 0, 0), "R"),
        ((0, 1, 0), "P"),
        ((0, -1, 0), "A"),
        ((0, 0, 1), "S"),
        ((0, 0, -1), "I"),
        ((0.9, 0.1, 0.0), "L'"),
        ((0.1, -0.2, -0.9), "I'"),
        ((1.0, 0.9e-4, 0.0), "L"),
        ((1.0, 0.0, -1.1e-4), "L'"),
    ],
)
def test_that_a_direction_has_its_patient_letter(direction, letter):
    assert direction_label(np.array(direction, dtype=float)) == letter


def test_that_axis_letters_follow_the_end_asked_for():
    grid = turned((2, 2, 2), (1, 1, 1), (0.0, 0.0, np.pi / 2))
    assert grid.axis_label(0, positive=True) == direction_label(grid.direction[:, 0])
    assert {grid.axis_label(2, positive=True), grid.axis_label(2, positive=False)} == {"S", "I"}
    straight = VolumeGeometry.axis_aligned((2, 2, 2), (1.0, 1.0, 1.0))
    ends = [
        (straight.axis_label(a, positive=False), straight.axis_label(a, positive=True))
        for a in range(3)
    ]
    assert ends == [("R", "L"), ("A", "P"), ("I", "S")]
