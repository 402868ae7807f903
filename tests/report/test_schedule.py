from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from planner.catalog import load_catalog
from planner.domain.cement import LeakPath
from planner.report.schedule import cement_schedule
from report.cases import make_case


@pytest.fixture(scope="module")
def rules():
    return load_catalog().rules


@pytest.fixture(scope="module")
def case():
    return make_case()


def schedule_of(case, rules, **changes):
    """Return the schedule after changing the predicted fill."""
    (key,) = case.cements
    scene = replace(case, cements={key: replace(case.cements[key], **changes)})
    return cement_schedule(case.plan, case.plan.cements[0], scene, rules)


def test_that_the_steps_add_up_to_what_finds_room(case, rules) -> None:
    schedule = schedule_of(case, rules)
    assert schedule.missing == ""
    assert sum(row.step_ml for row in schedule.rows) == pytest.approx(4.5)
    assert schedule.rows[-1].total_ml == pytest.approx(4.5)
    assert [row.step for row in schedule.rows] == list(range(1, len(schedule.rows) + 1))


def test_that_no_step_is_larger_than_the_rule_for_the_distance_before_it(case, rules) -> None:
    rows = schedule_of(case, rules, placed_ml=20.0, asked_ml=20.0).rows
    far, near = (rules[key].thresholds["bolus_max_ml"].value for key in ("C1", "C2"))
    limit = rules["C1"].thresholds["near_below_mm"].value
    assert {row.step_ml for row in rows} >= {far, near}
    for before, row in pairwise(rows):
        assert row.step_ml <= (far if before.distance_mm >= limit else near) + 1e-9


def test_that_the_front_is_where_a_growing_ball_is(case, rules) -> None:
    tip = case.plan.trajectories[1].tip
    wall = case.anatomy.vertebrae[case.plan.trajectories[1].level].posterior_wall.points_mm
    clear = float(np.linalg.norm(wall - tip.array, axis=1).min())
    for row in schedule_of(case, rules).rows:
        radius = (row.total_ml * 1000.0 * 3.0 / 4.0 / np.pi) ** (1.0 / 3.0)
        assert row.distance_mm == pytest.approx(clear - radius, abs=1.2)


def test_that_the_table_ends_where_the_model_enters_the_canal(case, rules) -> None:
    rows = schedule_of(case, rules, placed_ml=40.0, asked_ml=40.0).rows
    assert [row.stop for row in rows] == [False] * (len(rows) - 1) + [True]
    assert rows[-1].total_ml < 40.0


def test_that_a_foramen_nobody_outlined_gives_no_steps_and_the_reason(case, rules) -> None:
    bare = replace(case, anatomy=replace(case.anatomy, foramina=case.anatomy.foramina * 0))
    schedule = cement_schedule(bare.plan, bare.plan.cements[0], bare, rules)
    assert schedule.rows == ()
    assert "foramen" in schedule.missing


def test_that_without_prediction_or_rules_the_schedule_says_why(case, rules) -> None:
    nothing = replace(case, cements={})
    assert "predicted" in cement_schedule(case.plan, case.plan.cements[0], nothing, rules).missing
    assert "rules" in cement_schedule(case.plan, case.plan.cements[0], case, None).missing


def test_that_the_schedule_names_its_source(case, rules) -> None:
    assert schedule_of(case, rules).source.startswith("C1, C2: Chen")


def test_that_edge_and_foramina_are_told_apart_and_the_nearer_one_decides(case, rules) -> None:
    for row in schedule_of(case, rules).rows:
        assert row.distance_mm == min(row.edge_mm, row.foramen_mm)
        is_foramen = row.structure.startswith("foramen")
        assert row.distance_mm == (row.foramen_mm if is_foramen else row.edge_mm)


def test_that_a_step_in_which_the_model_leaves_the_bone_says_by_which_way(case, rules) -> None:
    leaks = {LeakPath.DISCAL: 2.4, LeakPath.PARAVERTEBRAL: 1.2}
    rows = schedule_of(case, rules, leaks_ml=leaks).rows
    told = {path: row for row in rows for path in row.leaves}
    assert set(told) == {"discal", "paravertebral"}
    for path, ml in leaks.items():
        row = told[str(path)]
        assert row.total_ml - row.step_ml < ml <= row.total_ml
