"""Layouts, slabs, measures and two plans compared, without a window."""

from dataclasses import replace
from math import pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phantoms import easy_l3
from planner.document import commands
from planner.domain.levels import Level, Side
from planner.domain.volume import CtVolume
from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry
from planner.session.layout_desk import LAYOUTS_BY_ACTION
from planner.session.measuring import Measure, MeasureKind, angle_deg, measured, region_hu
from planner.session.planes import Plane
from planner.session.touch import Tool, Touch
from planner.session.view_state import Layout, Slab, SlabKind
from presenter_desk import Desk


@pytest.fixture
def desk():
    made = Desk()
    made.outline_a_scan()
    made.work.needles.choose_level(Level.L3)
    made.work.needles.choose_side(Side.LEFT)
    made.work.needles.suggest()
    made.settle()
    yield made
    made.work.close()


def why(desk):
    return desk.view.show_availability.call_args.args[0]


def drawn(desk):
    return desk.view.show_drawing.call_args.args[0]


def test_that_every_layout_is_what_was_asked_for(desk, tmp_path):
    desk.work.case.save(tmp_path / "a.plan")
    desk.work.compare.with_saved()
    desk.settle()
    for layout in (*Layout, *reversed(Layout)):
        desk.work.layouts.choose(layout)
        desk.settle()
        assert desk.work.panes.state.layout is layout
    assert set(LAYOUTS_BY_ACTION.values()) == set(Layout)


def test_that_a_layout_that_cannot_be_shown_says_why(desk):
    assert why(desk)["layout_compare"].startswith("Compare with another plan")
    desk.work.layouts.choose(Layout.COMPARE)
    assert desk.work.panes.state.layout is Layout.QUARTERS
    desk.work.act(desk.work.edits.delete)
    desk.settle()
    assert why(desk)["layout_needle"] == why(desk)["layout_pair"] == "Select a needle first."


def test_that_f_swaps_the_large_pane(desk):
    desk.work.layouts.choose(Layout.PLANNING)
    assert desk.work.panes.state.large == "axial"
    desk.work.panes.toggle_large("sagittal")
    assert desk.work.panes.state.layout is Layout.PLANNING
    assert desk.work.panes.state.large == "sagittal"


def test_that_slabs_are_thin_until_asked_for_and_keep_their_thickness(desk):
    panes = desk.work.panes
    panes.thicken_slab(1)
    assert panes.state.slab == Slab()
    panes.toggle_slab(SlabKind.MAXIMUM)
    panes.thicken_slab(1)
    panes.thicken_slab(1)
    assert panes.state.slab == Slab(SlabKind.MAXIMUM, 20.0)
    panes.toggle_slab(SlabKind.MEAN)
    assert panes.state.slab.words == "mean 20 mm"
    for _ in range(9):
        panes.thicken_slab(-1)
    assert panes.state.slab.thickness_mm == 3.0
    panes.toggle_slab(SlabKind.MEAN)
    assert panes.state.slab == Slab()
    with pytest.raises(ValueError, match="not a slab"):
        Slab(SlabKind.THIN, 3.0)


# measures


def touch(at, normal=(0.0, 0.0, 1.0)):
    return Touch(at=at, normal=normal, reach_mm=2.0)


def stroke(desk, start, end):
    desk.work.measures.press(touch(start))
    desk.work.measures.move(touch(end))
    desk.work.measures.release()


HERE = PointLps(0.0, 0.0, 0.0)


def test_that_a_line_measures_its_length_and_stays_until_it_is_removed(desk):
    desk.work.measures.choose(MeasureKind.DISTANCE)
    assert drawn(desk).tool.holds_hand
    stroke(desk, HERE, HERE.moved((3.0, 4.0, 0.0)))
    assert desk.said.text == "Distance: 5.0 mm."
    assert drawn(desk).measures[0].words == "5.0 mm"
    desk.work.measures.choose(MeasureKind.DISTANCE)
    assert not drawn(desk).tool.holds_hand
    assert len(drawn(desk).measures) == 1
    desk.work.measures.remove_last()
    assert drawn(desk).measures == ()
    assert why(desk)["measure_undo"] == "Nothing was measured."


def test_that_an_angle_takes_two_strokes_and_a_click_measures_nothing(desk):
    desk.work.measures.choose(MeasureKind.ANGLE)
    stroke(desk, HERE.moved((10.0, 0.0, 0.0)), HERE)
    assert len(drawn(desk).measures[0].points) == 2
    stroke(desk, HERE, HERE.moved((0.0, 7.0, 0.0)))
    assert desk.said.text == "Angle: 90.0°."
    desk.work.measures.choose(MeasureKind.DISTANCE)
    stroke(desk, HERE, HERE)
    assert len(drawn(desk).measures) == 1


def test_that_there_is_one_hand_for_measuring_and_correcting(desk):
    work = desk.work
    work.measures.choose(MeasureKind.REGION)
    work.measures.correct(Tool.PAINT)
    assert (work.measures.kind, work.corrections.tool) == (None, Tool.PAINT)
    work.measures.choose(MeasureKind.REGION)
    assert (work.measures.kind, work.corrections.tool) == (MeasureKind.REGION, Tool.NONE)
    assert work.measures.let_go()
    assert not work.measures.let_go()


@settings(deadline=None, max_examples=60)
@given(degrees=st.floats(0.0, 180.0), near=st.floats(0.5, 80.0), far=st.floats(0.5, 80.0))
def test_that_an_angle_is_right_from_zero_to_straight(degrees, near, far):
    corner, turn = PointLps(5.0, -3.0, 8.0), np.radians(degrees)
    end = corner.moved((near, 0.0, 0.0))
    other = corner.moved((far * np.cos(turn), far * np.sin(turn), 0.0))
    assert angle_deg(end, corner, other) == pytest.approx(degrees, abs=1e-6)


def scan(spacing):
    ct = easy_l3().ct
    geometry = VolumeGeometry.axis_aligned((60, 50, 20), spacing, (-20.0, -15.0, 4.0))
    hu = np.broadcast_to(np.arange(20, dtype=np.int16)[:, None, None] * 10, (20, 50, 60))
    return CtVolume(geometry=geometry, hu=hu, record=ct.record)


@pytest.mark.parametrize("normal", [(0.0, 0.0, 1.0), (0.0, 0.0, -1.0)])
def test_that_a_region_holds_the_voxels_of_its_own_slice_alone(normal):
    ct = scan((0.7, 0.8, 2.5))
    middle = PointLps.of(ct.geometry.lps_mm(np.array((30.0, 25.0, 7.0))))
    values = region_hu(ct, middle, np.array(normal), 9.0)
    assert set(values) == {70.0}
    assert values.size == pytest.approx(pi * 81 / (0.7 * 0.8), rel=0.03)


def test_that_a_region_across_the_slices_holds_them_all():
    ct = scan((0.7, 0.7, 1.0))
    middle = PointLps.of(ct.geometry.lps_mm(np.array((30.0, 25.0, 10.0))))
    values = region_hu(ct, middle, np.array((1.0, 0.0, 0.0)), 5.0)
    assert set(values) == {float(10 * k) for k in range(5, 16)}


def test_that_a_region_beside_the_scan_is_empty_and_says_so():
    ct = scan((0.7, 0.7, 1.0))
    far = PointLps(500.0, 500.0, 500.0)
    assert region_hu(ct, far, np.array((0.0, 0.0, 1.0)), 5.0).size == 0
    whole = Measure(
        kind=MeasureKind.REGION, points=(far, far.moved((5.0, 0.0, 0.0))), normal=(0.0, 0.0, 1.0)
    )
    assert measured(whole, ct).startswith("no voxel")


# two plans


def moved_tip(desk, by=(0.0, 0.0, 4.0)):
    needle = desk.work.edits.needle
    desk.work.act(lambda: desk.work.edits.do(commands.set_tip(needle.id, needle.tip.moved(by))))
    desk.settle()


def compared(desk):
    return desk.view.show_comparison.call_args.args[0]


def test_that_a_comparison_says_needles_zones_and_findings_that_differ(desk, tmp_path):
    desk.work.treatment.choose_device("eco-mwa")
    desk.settle()
    path = tmp_path / "a.plan"
    desk.work.case.save(path)
    moved_tip(desk)
    desk.work.compare.with_saved()
    desk.settle()
    state = compared(desk)
    assert [part for part, _ in state.rows] == ["Plan", "Zones", "Findings"]
    needle, zone, finding = (row for _, row in state.rows)
    assert needle.other.endswith("tip 4.0 mm away")
    assert zone.one != zone.other
    assert finding.what == "N4 L3 left (t1)"
    assert finding.at is not None
    other = drawn(desk).other
    assert other.needles[0].tip != drawn(desk).needles[0].tip
    assert all(mark.locked for mark in other.needles)
    assert not state.is_stale
    moved_tip(desk, (0.0, 0.0, 1.0))
    assert compared(desk).is_stale
    desk.work.compare.again()
    desk.settle()
    assert not compared(desk).is_stale
    desk.work.compare.forget()
    assert compared(desk) is None
    assert drawn(desk).other is None
    assert desk.work.panes.state.layout is Layout.QUARTERS


def test_that_equal_plans_have_no_row(desk, tmp_path):
    desk.work.case.save(tmp_path / "a.plan")
    desk.work.compare.with_saved()
    desk.settle()
    assert compared(desk).rows == ()
    assert compared(desk).remarks == ("1 finding is the same in both plans.",)


def test_that_a_plan_of_another_scan_or_outline_is_compared_in_words_only(desk, tmp_path):
    plan, save = desk.work.edits.plan, desk.services.save_plan
    scan = replace(plan.scan, sha256="other")
    save(tmp_path / "scan.plan", replace(plan, scan=scan))
    binding = replace(plan.anatomy, backend="import", locator="elsewhere.nii")
    save(tmp_path / "outlines.plan", replace(plan, anatomy=binding))
    desk.work.compare.with_file(tmp_path / "scan.plan")
    desk.settle()
    assert compared(desk).remarks[0].startswith("The other plan is of another scan")
    assert drawn(desk).other is None
    desk.work.compare.with_file(tmp_path / "outlines.plan")
    desk.settle()
    assert compared(desk).remarks[0].startswith("The other plan stands on other outlines")
    assert {part for part, _ in compared(desk).rows} == {"Plan"}


def test_that_the_crosshair_is_one_for_both_plans(desk, tmp_path):
    desk.work.case.save(tmp_path / "a.plan")
    desk.work.compare.with_saved()
    desk.settle()
    before = desk.work.panes.state.cursor
    desk.work.panes.scroll(Plane.AXIAL, 3)
    assert desk.work.panes.state.layout is Layout.COMPARE
    assert desk.work.panes.state.cursor != before
