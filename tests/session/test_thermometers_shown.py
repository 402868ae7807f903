"""Thermometers in the window and on paper: those of the simulation shown, with their way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.domain.levels import Level, Side
from planner.domain.limit_times import COLD_LIMITS, HEAT_LIMITS, LimitTimes
from planner.domain.structures import POSTERIOR_WALL
from planner.geometry.points import PointLps
from planner.session.needle_numbers import NeedleNumber
from planner.session.thermometer_plan import (
    ASIDE_MM,
    NO_PATH,
    NOT_JUDGED,
    planned_thermometers,
    thermometer_facts,
)
from presenter_desk import Desk
from session.test_simulation import CATALOG, case, plan
from window_services import made_up_simulation


def seen_at_the_wall(of_plan, right: bool = True):
    """A made up simulation whose wall is hottest at a point of one side."""
    points = case().anatomy.vertebrae[Level.L3].posterior_wall.points_mm
    middle_z = case().anatomy.vertebrae[Level.L3].body_centre.z_mm + 6.0
    points = points[np.abs(points[:, 2] - middle_z) < 4.0]
    at = points[int(points[:, 0].argmin() if right else points[:, 0].argmax())]
    made = made_up_simulation(of_plan)
    course = replace(made.courses["canal"], at_mm=tuple(float(x) for x in at))
    return replace(made, courses={POSTERIOR_WALL: course})


def test_that_a_thermometer_says_what_it_reads_when_to_stop_and_how_to_get_there() -> None:
    found = planned_thermometers(
        (seen_at_the_wall(plan()),), plan(), case().ct, case().anatomy, CATALOG
    )
    (one,) = found
    assert one.label == "T1, 43 °C"
    assert "reads up to 43 °C, 46 °C at worst" in one.words
    assert "stop at 42 °C (after 3.3 min); it may go 3 K on" in one.words
    assert one.path is not None
    assert f"{one.path.length_mm:.0f} mm deep" in one.words
    assert NOT_JUDGED in one.words
    (fact,) = thermometer_facts(found)
    assert fact.label == "Thermometer T1, posterior wall"
    assert fact.value == one.words


def test_that_a_thermometer_of_cold_says_when_it_comes_to_ten_degrees() -> None:
    made = seen_at_the_wall(plan())
    times = LimitTimes(stop_celsius=10.0, to_stop_s=252.0, past_stop_s=30.0, past_harm_s=0.0)
    course = replace(
        made.courses[POSTERIOR_WALL], lowest_celsius=6.0, coldest_celsius=2.0, times=times
    )
    cold = replace(made, is_cold=True, courses={POSTERIOR_WALL: course})
    (one,) = planned_thermometers((cold,), plan(), case().ct, case().anatomy, CATALOG)
    assert "reads down to 6 °C, 2 °C at worst" in one.words
    assert "stop at 10 °C (after 4.2 min); it may go 3 K on" in one.words


def test_that_times_are_counted_from_the_limits_of_the_rules() -> None:
    def limit(rule: str, name: str) -> float:
        return CATALOG.rules[rule].thresholds[name].value

    assert HEAT_LIMITS.stop_celsius == limit("A8", "hot_from_celsius")
    assert HEAT_LIMITS.harm_celsius == limit("A6", "block_from_celsius")
    assert COLD_LIMITS.stop_celsius == limit("A8", "cold_to_celsius")
    assert COLD_LIMITS.harm_celsius == limit("A13", "block_to_celsius")


def test_that_a_place_without_a_way_says_so_and_keeps_its_reading() -> None:
    anatomy = case().anatomy
    everywhere = np.ones(anatomy.geometry.shape_kji, np.bool_)
    shut = replace(anatomy, masks={**anatomy.masks, "pleura": everywhere})
    made = seen_at_the_wall(plan())
    (one,) = planned_thermometers((made,), plan(), case().ct, shut, CATALOG)
    assert one.path is None
    assert NO_PATH in one.words
    assert one.label == "T1, 43 °C"


def test_that_a_wall_without_a_way_to_its_worst_place_is_watched_beside_it() -> None:
    vertebra = case().anatomy.vertebrae[Level.L3]
    points = vertebra.posterior_wall.points_mm
    middle = points[
        np.abs(points - vertebra.posterior_wall.points_mm.mean(axis=0)).sum(1).argmin()
    ]
    made = seen_at_the_wall(plan())
    course = replace(made.courses[POSTERIOR_WALL], at_mm=tuple(float(x) for x in middle))
    made = replace(made, courses={POSTERIOR_WALL: course})
    grid = case().anatomy.geometry
    i, _, k = np.indices(grid.shape_kji)[::-1]
    aside = grid.ijk(middle)
    field = (40.0 + 0.1 * (k - aside[2]) - 0.1 * (i - aside[0])).astype(np.float32)
    made = replace(made, geometry=grid, peak_celsius=field)
    (one,) = planned_thermometers((made,), plan(), case().ct, case().anatomy, CATALOG)
    assert one.path is not None
    away_mm = one.at.distance_mm(PointLps.of(middle))
    assert 3.0 < away_mm <= ASIDE_MM
    i, _, k = np.rint(grid.ijk(one.at.array)) - aside
    reads = f"{40.0 + 0.1 * k - 0.1 * i:.0f} °C"
    assert one.label == f"T1, {reads}", "what it reads where it lies, not where it is worst"
    assert f"{away_mm:.0f} mm aside it reads {reads}" in one.words
    assert np.linalg.norm(points - one.at.array, axis=1).min() < 1e-6


@pytest.fixture
def desk():
    made = Desk()
    made.outline_a_scan()
    made.work.needles.choose_level(Level.L3)
    made.work.needles.choose_side(Side.LEFT)
    made.work.needles.suggest()
    made.settle()
    made.work.treatment.choose_device("eco-mwa")
    made.settle()
    yield made
    made.work.close()


def drawn(desk):
    return desk.view.show_drawing.call_args.args[0].thermometers


def said(desk):
    return desk.view.show_treatment.call_args.args[0].thermometers


def test_that_they_are_drawn_and_listed_with_the_simulation_and_go_with_it(desk) -> None:
    assert drawn(desk) == ()
    work = desk.work
    now = work.edits.plan
    desk.services.simulated[now.trajectories, now.ablations] = (seen_at_the_wall(now),)
    work.checks.retry()
    desk.settle()
    (mark,) = drawn(desk)
    assert mark.label == "T1, 43 °C"
    assert mark.skin is not None
    (line,) = said(desk)
    assert line.startswith("T1, posterior wall: reads up to 43 °C")
    work.edits.select(now.trajectories[0].id)
    work.needles.type_number(NeedleNumber.DEPTH, now.trajectories[0].length_mm - 3.0)
    assert work.edits.plan is not now
    assert drawn(desk) == ()
    assert said(desk) == ()
