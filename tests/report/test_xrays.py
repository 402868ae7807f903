"""X-ray views on paper: the right side, the right place, the angles of the C-arm."""

from dataclasses import replace

import numpy as np
import pytest

from planner.fluoroscopy import XrayView
from planner.planning.c_arm import c_arm_views
from planner.report import palette
from planner.report.xrays import FIELD_MM, PIXELS, Screen, xray_pictures
from report.cases import make_case
from report.test_pictures import pixels_of, where


@pytest.fixture(scope="module")
def case():
    return make_case()


def views(case, place=0):
    return xray_pictures(case.plan, case.plan.trajectories[place], case)


def test_that_every_view_is_there_with_the_angles_to_dial(case) -> None:
    needle = case.plan.trajectories[0]
    arms = c_arm_views(needle, case.anatomy.vertebrae[needle.level], "HFS")
    found = views(case)
    assert [one.key for one in found] == [
        f"needle-1-xray-{name}" for name in ("ap", "lateral", "oblique", "down-the-barrel")
    ]
    for arm in arms:
        assert any(one.caption.endswith(arm.words) for one in found)
    assert all("simulated" in one.alt for one in found)


def test_that_the_zone_lies_on_its_side_where_the_letter_says(case) -> None:
    (zone,) = case.zones.values()
    needle = case.plan.trajectories[0]
    vertebra = case.anatomy.vertebrae[needle.level]
    arm = next(one for one in c_arm_views(needle, vertebra, "HFS") if one.name == "ap")
    view = XrayView.about(
        vertebra.body_centre, np.array(arm.detector), field_mm=FIELD_MM, pixels=PIXELS
    )
    screen = Screen(view)
    assert screen.letters[1].startswith("L")
    columns, rows = where(pixels_of(views(case)[0].png), palette.ZONE.colour).T
    wanted = screen.pixel(zone.shape.centre.array, PIXELS)[0]
    middle = np.array([columns.min() + columns.max(), rows.min() + rows.max()]) / 2.0
    np.testing.assert_allclose(middle, wanted, atol=4.0)
    side = vertebra.body_centre.x_mm - zone.shape.centre.x_mm
    assert np.sign(wanted[0] - PIXELS / 2.0) == -np.sign(side)


def test_that_the_needle_is_a_dot_down_itself_and_lengths_are_true_at_the_middle(case) -> None:
    needle = case.plan.trajectories[0]
    vertebra = case.anatomy.vertebrae[needle.level]
    arm = next(
        one for one in c_arm_views(needle, vertebra, "HFS") if one.name == "down the barrel"
    )
    view = XrayView.about(needle.tip, np.array(arm.detector), field_mm=FIELD_MM, pixels=PIXELS)
    screen = Screen(view)
    ends = screen.pixel(np.stack((needle.entry.array, needle.tip.array)), PIXELS)
    np.testing.assert_allclose(ends, PIXELS / 2.0, atol=0.01)
    beside = needle.tip.moved(20.0 * np.array(view.right))
    (x, _), (y, _) = screen.pixel(np.stack((beside.array, needle.tip.array)), PIXELS)
    assert (x - y) * FIELD_MM / PIXELS == pytest.approx(20.0, abs=0.01)


def test_that_without_scan_or_outline_nothing_is_drawn(case) -> None:
    assert views(replace(case, ct=None)) == ()
    assert views(replace(case, anatomy=None)) == ()
    bare = replace(case, anatomy=replace(case.anatomy, vertebrae={}))
    assert views(bare) == ()
