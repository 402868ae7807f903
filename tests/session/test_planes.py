import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry
from planner.session.planes import Orientation, PaneMap, Plane, plane_frame, scroll_step
from planner.session.position import position_alarm, position_sentence
from planner.session.view_state import Camera, Layer, ViewState, Window

GRID = VolumeGeometry.axis_aligned((40, 50, 60), (0.8, 0.8, 2.0), (-16.0, -20.0, -60.0))


def rotated(degrees: float) -> VolumeGeometry:
    """A grid turned about the head-foot axis."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix = np.eye(4)
    matrix[:3, :3] = [[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]
    return VolumeGeometry.from_matrix((20, 20, 20), matrix)


def test_that_axial_opens_with_anterior_up_and_the_patients_right_on_the_screens_left():
    frame = plane_frame(Plane.AXIAL, GRID, Orientation.ANTERIOR_UP)
    assert frame.letters == ("R", "L", "A", "P")


def test_that_sagittal_and_coronal_have_the_head_up():
    letters = [
        plane_frame(plane, GRID, Orientation.ANTERIOR_UP).letters
        for plane in (Plane.SAGITTAL, Plane.CORONAL)
    ]
    assert letters == [("A", "P", "S", "I"), ("R", "L", "S", "I")]


def test_that_an_oblique_pane_carries_an_apostrophe():
    frame = plane_frame(Plane.AXIAL, rotated(10.0), Orientation.AS_ACQUIRED)
    assert frame.letters == ("R'", "L'", "A'", "P'")


def test_that_a_prone_scan_as_acquired_has_posterior_up_and_is_not_mirrored():
    frame = plane_frame(Plane.AXIAL, rotated(180.0), Orientation.AS_ACQUIRED)
    assert frame.letters == ("L", "R", "P", "A")
    assert frame.normal == pytest.approx((0.0, 0.0, 1.0), abs=1e-12)


def test_that_a_scan_stacked_from_left_to_right_keeps_each_pane_what_its_name_says():
    c, s = np.cos(0.2), np.sin(0.2)
    matrix = np.eye(4)
    matrix[:3, :3] = np.array([[0.0, 0.0, -2.0], [c, s, 0.0], [s, -c, 0.0]])
    sagittal_scan = VolumeGeometry.from_matrix((30, 30, 10), matrix)
    letters = {
        plane: plane_frame(plane, sagittal_scan, Orientation.AS_ACQUIRED).letters
        for plane in Plane
    }
    assert letters[Plane.AXIAL] == ("R", "L", "A'", "P'")
    assert letters[Plane.SAGITTAL] == ("A'", "P'", "S'", "I'")
    assert letters[Plane.CORONAL] == ("R", "L", "S'", "I'")


@pytest.mark.parametrize("plane", list(Plane))
@pytest.mark.parametrize("degrees", [0.0, 17.0, 90.0, 180.0, 250.0])
def test_that_no_orientation_ever_mirrors(plane, degrees):
    usual = plane_frame(plane, rotated(degrees), Orientation.ANTERIOR_UP).normal
    turned = plane_frame(plane, rotated(degrees), Orientation.AS_ACQUIRED)
    seen = np.stack((turned.right, turned.down, turned.normal))
    assert np.linalg.det(seen) == pytest.approx(1.0)
    if plane is Plane.AXIAL:
        assert float(turned.normal @ usual) > 0.99


@given(
    st.sampled_from(list(Plane)),
    st.floats(0.0, 400.0),
    st.floats(0.0, 300.0),
    st.floats(0.05, 3.0),
)
def test_that_a_pixel_maps_to_the_patient_and_back(plane, x, y, scale):
    frame = plane_frame(plane, GRID, Orientation.ANTERIOR_UP)
    pane = PaneMap(frame, PointLps(3.0, -7.0, 11.0), scale, 400.0, 300.0)
    point = pane.lps(x, y)
    assert pane.pixel(point) == pytest.approx((x, y), abs=1e-6)
    assert pane.depth_mm(point.array)[0] == pytest.approx(0.0, abs=1e-9)


def test_that_a_drag_keeps_the_depth_behind_the_plane():
    frame = plane_frame(Plane.AXIAL, GRID, Orientation.ANTERIOR_UP)
    pane = PaneMap(frame, PointLps(0.0, 0.0, 0.0), 1.0, 100.0, 100.0)
    moved = pane.moved_to(PointLps(5.0, 5.0, 12.5), 70.0, 40.0)
    assert moved == PointLps(20.0, -10.0, 12.5)


def test_that_a_wheel_step_away_goes_one_slice_to_the_head():
    frame = plane_frame(Plane.AXIAL, GRID, Orientation.ANTERIOR_UP)
    assert scroll_step(Plane.AXIAL, frame, GRID) == pytest.approx((0.0, 0.0, 2.0))


def first_view() -> ViewState:
    return ViewState.of(GRID, Window(400.0, 50.0))


def test_that_the_first_view_lies_on_voxel_centres():
    index = GRID.ijk(first_view().cursor.array)
    assert index == pytest.approx(np.round(index))


def test_that_the_crosshair_never_leaves_the_scan():
    view = first_view().at(PointLps(1000.0, 0.0, 0.0))
    assert GRID.ijk(view.cursor.array)[0] == pytest.approx(39.0)


def test_that_scrolling_past_the_end_stays_on_the_last_slice():
    end = first_view().scrolled_to_end(Plane.AXIAL, forward=True)
    assert end.scrolled(Plane.AXIAL, 5.0).cursor == end.cursor
    assert end.cursor.z_mm == pytest.approx(-60.0 + 59 * 2.0)


@given(st.floats(0.3, 5.0), st.floats(10.0, 390.0), st.floats(10.0, 290.0))
def test_that_zooming_keeps_the_point_under_the_mouse(factor, x, y):
    view = first_view()
    point = view.pane_map(Plane.AXIAL, 400.0, 300.0).lps(x, y)
    zoomed = view.zoomed(Plane.AXIAL, factor, point)
    assert zoomed.pane_map(Plane.AXIAL, 400.0, 300.0).pixel(point) == pytest.approx((x, y))


def test_that_a_jump_puts_the_point_in_the_middle_of_every_pane():
    point = PointLps(2.0, 3.0, -10.0)
    view = first_view().centred(point, 3.0)
    for plane in Plane:
        pane = view.pane_map(plane, 300.0, 200.0)
        assert pane.pixel(point) == pytest.approx((150.0, 100.0))
        assert pane.depth_mm(point.array)[0] == pytest.approx(0.0, abs=1e-9)
    assert view.cameras[Plane.AXIAL] != Camera()


def test_that_panning_moves_the_picture_with_the_hand():
    view = first_view()
    point = PointLps(0.0, 0.0, 0.0)
    before = view.pane_map(Plane.CORONAL, 300.0, 200.0)
    after = view.panned(Plane.CORONAL, 5.0, 2.0).pane_map(Plane.CORONAL, 300.0, 200.0)
    moved = np.subtract(after.pixel(point), before.pixel(point)) * before.mm_per_pixel
    assert moved == pytest.approx((5.0, 2.0))


def test_that_one_hidden_layer_comes_back_alone():
    view = first_view()
    hidden = view.toggled(frozenset({Layer.CANAL}))
    assert view.layers - hidden.layers == {Layer.CANAL}
    assert hidden.toggled(frozenset({Layer.CANAL})).layers == view.layers


def test_that_the_window_stays_within_what_can_be_seen():
    assert Window(100.0, 0.0).dragged(-500.0, 0.0).width_hu == 1.0


@pytest.mark.parametrize(
    ("code", "sentence", "alarm"),
    [
        ("HFS", "Supine, head first", ""),
        ("FFP", "Prone, feet first", "PRONE"),
        ("HFDL", "On the left side, head first", "ON THE LEFT SIDE"),
        ("", "Patient position not stated", "POSITION NOT STATED"),
    ],
)
def test_that_the_position_is_said_in_words(code, sentence, alarm):
    assert (position_sentence(code), position_alarm(code)) == (sentence, alarm)
