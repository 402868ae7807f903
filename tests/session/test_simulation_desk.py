"""Simulating from the window: on demand, in the background, and never shown for another plan."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from planner.catalog.wordbook import load_wordbook
from planner.domain.levels import Level, Side
from planner.domain.limit_times import LimitTimes
from planner.domain.order import Order
from planner.domain.plan import AblationId, TrajectoryId
from planner.session.drawing import CERTAIN, DEEP, ICE, LETHAL, MISSED, POSSIBLE, ZONE
from planner.session.simulated_marks import mark_at, mark_of
from planner.session.simulation_desk import simulation_lines
from planner.session.time_line import COLD_EDGES, IN_TURN, JUDGED, has_time_line, time_lines
from planner.viewer.language.saying import Saying
from presenter_desk import Desk
from window_services import made_up_simulation


@pytest.fixture
def desk():
    made = Desk()
    yield made
    made.work.close()


@pytest.fixture
def planned(desk):
    work = desk.work
    work.reception.open_scan(Path("scan"))
    desk.settle()
    work.outlines.segment()
    desk.settle()
    work.needles.choose_level(Level.L3)
    work.needles.choose_side(Side.LEFT)
    work.needles.suggest()
    desk.settle()
    return desk


def drawn(desk):
    return desk.view.show_drawing.call_args.args[0].simulated


def treatment(desk):
    return desk.view.show_treatment.call_args.args[0]


def reason(desk):
    return desk.view.show_availability.call_args.args[0]["simulate"]


def test_that_the_action_says_what_it_waits_for(planned):
    assert reason(planned) == "Plan an ablation first."
    planned.work.treatment.choose_device("eco-mwa")
    planned.settle()
    assert reason(planned) == ""


def test_that_a_simulation_is_drawn_and_said_until_the_plan_changes(planned):
    work = planned.work
    work.treatment.choose_device("eco-mwa")
    planned.settle()
    assert drawn(planned) == ()
    work.simulation.start()
    planned.settle()
    (mark,) = drawn(planned)
    assert set(np.unique(mark.codes)) == {0, POSSIBLE, ZONE, CERTAIN}
    words = " ".join(treatment(planned).simulated_lines)
    assert "20 x 20 x 20 mm ± 3 mm" in words
    assert "canal: up to 46 °C" in words
    assert "80 %" in words
    assert "Lives: L3 body, left anterior 0.4 mL" in words
    # The very call that edits takes it off.
    work.act(lambda: work.edits.set_ablation(None))
    assert drawn(planned) == ()
    assert treatment(planned).simulated_lines == ()
    planned.settle()
    assert drawn(planned) == ()
    # Undo finds the result of that very plan again.
    work.act(work.edits.undo)
    planned.settle()
    assert len(drawn(planned)) == 1


def test_that_the_time_line_plays_the_zone_and_changes_nothing_that_is_judged(planned):
    work = planned.work
    work.treatment.choose_device("eco-mwa")
    planned.settle()
    assert treatment(planned).heat_total_s == 0.0
    work.simulation.play(50.0)
    work.simulation.start()
    planned.settle()
    (whole,), before = drawn(planned), planned.check
    shown = treatment(planned)
    assert (shown.heat_total_s, shown.heat_at_s) == (300.0, 300.0)
    assert shown.heat_lines == ("Shown: the whole treatment, 300 s with the time after it",)
    assert whole.moment == ""
    volumes = []
    for at_s, radius_mm in ((100.0, 5.0), (200.0, 10.0)):
        work.simulation.play(at_s)
        (part,) = drawn(planned)
        assert part.moment == f"ZONE AFTER {at_s:.0f} s OF 300 s"
        assert set(np.unique(part.codes)) == {0, POSSIBLE, ZONE, CERTAIN}
        voxel_mm3 = part.geometry.voxel_volume_mm3
        mm3 = float((part.codes >= ZONE).sum()) * voxel_mm3
        assert (3.0 * mm3 / (4.0 * np.pi)) ** (1 / 3) == pytest.approx(radius_mm, abs=0.4)
        tip = work.edits.needle.tip
        middle = part.geometry.ijk(tip.array)
        assert part.codes[tuple(np.rint(middle[::-1]).astype(int))] == CERTAIN
        volumes.append(mm3)
    assert volumes[0] < volumes[1]
    work.simulation.play(100.0)
    lines = treatment(planned).heat_lines
    assert lines[0] == "Shown: after 100 s of 300 s"
    assert lines[1] == "11 x 11 x 11 mm ± 3 mm, 1 mL"
    assert lines[-2:] == (JUDGED, "made up, full, derived; counted every 5 s")
    assert not any("42 °C" in line for line in lines)
    work.simulation.play(200.0)
    assert "canal: 42 °C after 200 s" in treatment(planned).heat_lines
    assert planned.check == before
    work.simulation.play(300.0)
    assert drawn(planned) == (whole,)
    # The zone of the table is that of the whole treatment, so it is not drawn beside a moment.
    zones = planned.view.show_drawing.call_args.args[0].zones
    work.simulation.play(200.0)
    assert (len(zones), planned.view.show_drawing.call_args.args[0].zones) == (1, ())


def test_that_a_new_plan_is_shown_whole_and_an_old_moment_is_not_kept_for_it(planned):
    work = planned.work
    work.treatment.choose_device("eco-mwa")
    planned.settle()
    work.simulation.start()
    planned.settle()
    work.simulation.play(100.0)
    work.act(lambda: work.edits.set_ablation(None))
    assert treatment(planned).heat_lines == ()
    assert treatment(planned).heat_total_s == 0.0


def test_that_needles_in_turn_have_no_time_line_and_it_says_why(planned):
    planned.work.treatment.choose_device("eco-mwa")
    plan = planned.work.edits.plan
    (burn,) = plan.ablations
    second = replace(burn, id=AblationId("second"), trajectory_id=TrajectoryId("other"))
    one = made_up_simulation(plan)
    one = replace(one, extents=one.extents | {second.id: one.extents[burn.id]})
    (needle,) = plan.trajectories
    needles = (needle, replace(needle, id=TrajectoryId("other")))
    both = replace(plan, trajectories=needles, ablations=(burn, second))
    said = time_lines(one, both, burn.id, 100.0)
    assert "As if all needles worked at one time." in said
    in_turn = replace(both, ablation_order=Order.IN_TURN)
    assert time_lines(one, in_turn, burn.id, 100.0) == (IN_TURN,)
    assert not has_time_line(one, in_turn)
    assert has_time_line(one, replace(plan, ablation_order=Order.IN_TURN))


def test_that_cold_is_played_by_its_lethal_edge_alone(planned):
    planned.work.treatment.choose_device("eco-mwa")
    plan = planned.work.edits.plan
    cold = replace(made_up_simulation(plan), is_cold=True)
    assert set(np.unique(mark_at(cold, 100.0).codes)) == {0, LETHAL}
    assert COLD_EDGES in time_lines(cold, plan, plan.ablations[0].id, 100.0)
    for at_s, said in ((195.0, False), (200.0, True)):
        lines = time_lines(cold, plan, plan.ablations[0].id, at_s)
        assert ("canal: 10 °C after 200 s" in lines) is said
        assert not any("42 °C" in line for line in lines)
    assert "No tissue has died by then." in time_lines(
        replace(cold, killed_at_s=cold.killed_at_s + 50), plan, plan.ablations[0].id, 10.0
    )


def test_that_cold_says_when_a_structure_comes_to_ten_degrees(planned):
    planned.work.treatment.choose_device("eco-mwa")
    plan = planned.work.edits.plan
    made = made_up_simulation(plan)
    times = LimitTimes(stop_celsius=10.0, to_stop_s=252.0, past_stop_s=90.0, past_harm_s=0.0)
    canal = replace(made.courses["canal"], coldest_celsius=3.2, times=times)
    wall = replace(canal, coldest_celsius=9.4, times=replace(times, to_stop_s=None))
    cold = replace(made, is_cold=True, courses={"canal": canal, "posterior_wall": wall})
    told = [line for line in simulation_lines(cold, plan.ablations[0].id) if "down to" in line]
    assert told == ["canal: down to 3 °C; 10 °C after 4.2 min", "posterior wall: down to 9 °C"]
    german = Saying(load_wordbook("de")).said
    assert german(told[0]) == "Spinalkanal: bis 3 °C; 10 °C nach 4,2 min"


def test_that_the_great_vessels_are_told_however_cool_they_stay(planned):
    planned.work.treatment.choose_device("eco-mwa")
    plan = planned.work.edits.plan
    made = made_up_simulation(plan)
    canal = made.courses["canal"]
    names = ("canal", "posterior_wall", "foramen:L3:left", "root:L3:left", "aorta", "vena_cava")
    courses = {name: replace(canal, hottest_celsius=60.0 - n) for n, name in enumerate(names)}
    never = replace(canal.times, to_stop_s=None)
    courses = {name: replace(one, times=never) for name, one in courses.items()}
    courses["canal"] = replace(canal, hottest_celsius=60.0, times=replace(never, to_stop_s=90.0))
    courses["vena_cava"] = replace(canal, in_grid=False)
    lines = simulation_lines(replace(made, courses=courses), plan.ablations[0].id)
    told = [line for line in lines if "up to" in line]
    assert told[0] == "canal: up to 60 °C; 42 °C after 1.5 min"
    assert told[1] == "posterior wall: up to 59 °C"  # 42 °C in the worst run only
    assert [line.split(":")[0] for line in told] == [
        "canal", "posterior wall", "L3 left foramen", "aorta"
    ]  # fmt: skip
    assert told[-1] == "aorta: up to 56 °C; no rule judges it: no limit for a vessel was found"


def test_that_what_lives_of_the_target_is_drawn_where_the_zone_does_not_reach(planned):
    planned.work.treatment.choose_device("eco-mwa")
    hot = made_up_simulation(planned.work.edits.plan)
    away = np.linalg.norm(
        np.indices(hot.zone.shape) - np.array([20.0, 20.0, 30.0])[:, None, None, None], axis=0
    )
    lesion = away <= 4.0
    mark = mark_of(replace(hot, missed=lesion & ~hot.zone))
    tip = hot.geometry.lps_mm(np.full(3, 20.0))
    for aside_mm, code in ((8.0, ZONE), (12.0, MISSED), (13.5, MISSED), (16.0, 0)):
        i, j, k = np.rint(mark.geometry.ijk(tip + np.array([aside_mm, 0.0, 0.0]))).astype(int)
        found = mark.codes[k, j, i] if i < mark.codes.shape[2] else 0
        assert found == code, aside_mm


def test_that_cold_is_drawn_as_ice_and_lethal_isotherms(planned):
    planned.work.treatment.choose_device("eco-mwa")
    hot = made_up_simulation(planned.work.edits.plan)
    z_mm = np.arange(41.0) - 20.0
    lowest = np.broadcast_to(3.0 * z_mm[:, None, None] + 10.0, hot.zone.shape)
    cold = replace(hot, is_cold=True, lowest_celsius=lowest.astype(np.float32))
    mark = mark_of(cold)
    tip = cold.geometry.lps_mm(np.full(3, 20.0))
    for below_mm, code in ((-3.0, 0), (-4.0, ICE), (-9.5, ICE), (-10.5, LETHAL), (-17.0, DEEP)):
        i, j, k = np.rint(mark.geometry.ijk(tip + np.array([0.0, 0.0, below_mm]))).astype(int)
        found = mark.codes[k, j, i] if k < mark.codes.shape[0] else 0
        assert found == code, below_mm


def test_that_a_drawn_zone_keeps_its_size(planned):
    planned.work.treatment.choose_device("eco-mwa")
    hot = made_up_simulation(planned.work.edits.plan)
    mark = mark_of(hot)
    voxel_ml = mark.geometry.voxel_volume_mm3 / 1000.0
    for codes, mask in ((POSSIBLE, hot.possible), (ZONE, hot.zone), (CERTAIN, hot.certain)):
        drawn_mm3 = float((mark.codes >= codes).sum()) * voxel_ml * 1000.0
        radii = [(3.0 * mm3 / (4.0 * np.pi)) ** (1 / 3) for mm3 in (drawn_mm3, mask.sum())]
        assert radii[0] == pytest.approx(radii[1], abs=0.2)  # the band is 3 mm
