"""A needle led under two X-ray pictures alone: where it lies, and what a picture shows of it."""

from dataclasses import replace
from math import cos, radians, sin

import numpy as np
import pytest

from phantoms import easy_l3
from planner.domain.errors import UsageError
from planner.domain.levels import Level, Side
from planner.session.xray_room_states import Arm, Table
from planner.session.xray_shots import arm_view, laid, shadow_of, table_at, taken
from planner.training.blind_needle import BlindNeedle
from planner.training.scoring import NOT_UNDER_XRAY, score
from training.scripted import judged, needle, reading

MIDDLE = easy_l3().truth.vertebrae[Level.L3].body_centre
AIMED = BlindNeedle(left_mm=30.0, head_mm=5.0, towards_midline_deg=20.0, upward_deg=10.0)
SKIN_MM = 1.0
"""One voxel of the small spine."""


@pytest.mark.parametrize("side", list(Side))
def test_that_a_needle_lies_on_its_line_from_the_skin_of_the_back(side):
    ct = easy_l3().ct
    deep = laid(replace(AIMED, depth_mm=60.0), ct, MIDDLE, reading(side=side))
    turned, up = radians(20.0), radians(10.0)
    way = np.array((-side.sign * sin(turned) * cos(up), -cos(turned) * cos(up), sin(up)))
    assert deep.entry.distance_mm(deep.tip) == pytest.approx(60.0)
    assert deep.tip.distance_mm(deep.entry.moved(60.0 * way)) < 1e-6
    assert deep.entry.array[[0, 2]] == pytest.approx(MIDDLE.array[[0, 2]] + np.array((30.0, 5.0)))
    for out_mm, is_air in ((-2.0 * SKIN_MM, False), (2.0 * SKIN_MM, True)):
        i, j, k = np.rint(ct.geometry.ijk(deep.entry.moved(np.array((0, out_mm, 0))).array))
        assert (ct.hu[int(k), int(j), int(i)] < -500) is np.bool_(is_air)
    assert (deep.side, deep.level) == (side, Level.L3)


def test_that_the_shadow_ends_at_the_tip_in_both_pictures():
    one = replace(AIMED, depth_mm=45.0)
    lies = laid(one, easy_l3().ct, MIDDLE, reading())
    metal = shadow_of(one, lies, 2.4)
    assert metal.end.distance_mm(lies.tip) < 1e-6
    touching = shadow_of(AIMED, laid(AIMED, easy_l3().ct, MIDDLE, reading()), 2.4)
    assert touching.end.distance_mm(lies.entry) < 1e-6, "at the skin the tip is at the skin"


def test_that_the_arms_stand_behind_and_beside_and_their_letters_say_so():
    ap, left = (arm_view(name, Arm(), Side.LEFT) for name in ("ap", "lateral"))
    assert ap.detector == pytest.approx((0.0, 1.0, 0.0), abs=1e-9)
    assert left.detector == pytest.approx((1.0, 0.0, 0.0), abs=1e-9)
    right = arm_view("lateral", Arm(), Side.RIGHT)
    assert right.detector == pytest.approx((-1.0, 0.0, 0.0), abs=1e-9)
    turned = arm_view("ap", Arm(turn_deg=20.0, tilt_deg=10.0), Side.LEFT)
    assert turned.detector[0] > 0.0 < turned.detector[2], "to the patient's left, to the head"
    ct = easy_l3().ct
    moved = table_at(MIDDLE, Table(left_mm=4.0, back_mm=5.0, head_mm=6.0))
    assert moved.array == pytest.approx(MIDDLE.array + np.array((4.0, 5.0, 6.0)))
    shot = taken(ap, ct, MIDDLE, None, number=1, at_s=2.0)
    assert (shot.view.letters["left"], shot.view.letters["right"]) == ("L", "R")
    assert shot.grey.std() > 10.0, "bone is seen"


def test_that_a_needle_in_the_patient_goes_deeper_or_back_and_never_turns():
    deep = replace(AIMED, depth_mm=30.0)
    assert deep.moved_to(replace(deep, depth_mm=35.0)).depth_mm == 35.0
    for other in (replace(deep, upward_deg=12.0), replace(deep, left_mm=0.0, depth_mm=0.0)):
        with pytest.raises(UsageError, match="back to the skin"):
            deep.moved_to(other)
    assert AIMED.moved_to(replace(AIMED, upward_deg=12.0)).upward_deg == 12.0


def test_that_only_what_was_done_under_x_ray_is_scored_and_pictures_count():
    of = {shots: score(judged(needle(), shots=shots)) for shots in (None, 0, 2, 12, 26, 40)}
    names = {one.id for one in of[12].criteria}
    assert not names & NOT_UNDER_XRAY
    assert "shots" not in {one.id for one in of[None].criteria}
    earned = [of[shots].criterion("shots").points for shots in (0, 2, 12, 26, 40)]
    assert earned == [0.0, 6.0, 6.0, 3.0, 0.0]
    assert of[12].percent == pytest.approx(100.0)
    across = score(judged(needle(medial_mm=12.0), shots=12))
    assert [one.id for one in across.fatal] == ["canal-crossed"]
    assert not across.passed


def test_that_an_attempt_without_a_needle_under_x_ray_earns_nothing_for_it():
    from planner.training.outcome import Outcome  # noqa: PLC0415
    from training.scripted import plan  # noqa: PLC0415 - beside its only use

    case = judged(needle(), shots=0)
    bare = replace(plan(needle()), trajectories=(), ablations=(), cements=())
    empty = replace(case, attempt=replace(case.attempt, plan=bare), outcome=Outcome())
    card = score(empty)
    assert not card.passed
    for name in ("approach", "breach", "canal", "tip", "shots"):
        assert card.criterion(name).points == 0.0
