from dataclasses import replace

import numpy as np
import pytest

from phantoms import easy_l3
from planner.document.commands import accept_level
from planner.domain.finding import Assessment, Finding, Severity, Verdict
from planner.domain.levels import Level, Side
from planner.domain.plan import Ablation, AblationId
from planner.safety.naming import names
from planner.session.finding_rows import finding_rows, margin_rows
from planner.session.margins import Margin, measure_margins
from planner.session.window_states import MarginColumn
from safety.cases import exposure_for
from window_services import PhantomServices, pedicle_path


@pytest.fixture(scope="module")
def plan():
    needle = pedicle_path(easy_l3().truth, Level.L3, Side.LEFT)
    burn = Ablation(
        id=AblationId("a1"),
        trajectory_id=needle.id,
        device_id="eco-mwa",
        power_w=40.0,
        time_s=300.0,
    )
    empty = PhantomServices().new_plan(easy_l3().ct)
    return replace(empty, trajectories=(needle,), ablations=(burn,))


def widths_of(plan):
    return {needle.id: 3.0 for needle in plan.trajectories}


def measured(plan) -> dict[tuple[str, MarginColumn], Margin]:
    zones = PhantomServices().predict_zones(plan)
    found = measure_margins(plan, easy_l3().truth, zones, (), widths_of(plan))
    return {(item.subject, item.column): item for item in found}


def test_that_every_object_has_a_number_for_every_column_on_a_whole_outline(plan):
    cells = measured(plan)
    assert len(cells) == 2 * len(MarginColumn)
    assert all(cell.distance_mm is not None and cell.at is not None for cell in cells.values())


def test_that_the_needle_margin_is_the_brute_force_distance_to_the_canal(plan):
    truth, needle = easy_l3().truth, plan.trajectories[0]
    voxels = truth.geometry.lps_mm(np.argwhere(truth.canal)[:, ::-1].astype(np.float64))
    line = needle.entry.array + np.linspace(0, 1, 400)[:, None] * (
        needle.tip.array - needle.entry.array
    )
    away = min(float(np.linalg.norm(voxels - point, axis=1).min()) for point in line)
    cell = measured(plan)[(needle.id, MarginColumn.CANAL)]
    assert cell.distance_mm == pytest.approx(away - 1.5, abs=0.9)


def test_that_a_zone_moved_back_has_other_margins(plan):
    moved = replace(plan, ablations=(replace(plan.ablations[0], active_offset_mm=10.0),))
    before, after = (measured(item)[("a1", MarginColumn.CANAL)] for item in (plan, moved))
    assert after.distance_mm < before.distance_mm - 2.0


def test_that_a_zone_that_was_simulated_has_the_nearer_of_two_margins(plan):
    (zone,) = PhantomServices().predict_zones(plan)
    small = replace(zone, shape=replace(zone.shape, half_length_mm=5.0, half_width_mm=5.0))

    def of_zone(radius_mm):
        ball = exposure_for(plan, radius=radius_mm, centre=zone.shape.centre)
        found = measure_margins(
            plan, easy_l3().truth, (small,), (), widths_of(plan), exposures={"a1": ball}
        )
        return {item.column: item.distance_mm for item in found if item.subject == "a1"}

    table, within, beyond = of_zone(0.0), of_zone(3.0), of_zone(8.0)
    assert within == table
    for column in MarginColumn:
        assert beyond[column] == pytest.approx(table[column] - 3.0, abs=1.0)


def test_that_a_missing_outline_gives_a_reason_and_no_number(plan):
    truth = easy_l3().truth
    blind = replace(truth, canal=np.zeros_like(truth.canal))
    found = measure_margins(plan, blind, (), (), widths_of(plan))
    canal = next(item for item in found if item.column is MarginColumn.CANAL)
    assert canal.distance_mm is None
    assert "canal" in canal.why_not
    zone = next(item for item in found if item.subject == "a1")
    assert zone.why_not == "No zone is drawn."


def test_that_a_cell_carries_the_weight_of_the_finding_that_names_its_structure(plan):
    stop = Finding(
        rule="A2",
        severity=Severity.STOP,
        message="ends 0.8 mm from canal. Also: a1 1.2 mm to foramen:L3:left.",
        subject="a1",
        source="test",
        structure="canal",
        distance_mm=0.8,
    )
    assessment = Assessment(
        verdict=Verdict.HELD, findings=(stop,), checked=(), input_sha256="", revision=1
    )
    margins = tuple(
        Margin(subject="a1", column=column, distance_mm=value, structure=name)
        for column, value, name in (
            (MarginColumn.WALL, 9.0, "posterior_wall"),
            (MarginColumn.CANAL, 0.8, "canal"),
            (MarginColumn.FORAMINA, 1.2, "foramen:L3:left"),
        )
    )
    (row,) = margin_rows(plan, assessment, margins)
    assert [cell.severity for cell in row.cells] == [None, Severity.STOP, Severity.STOP]
    assert [cell.text for cell in row.cells] == ["9.0", "0.8", "1.2"]
    inside = (Margin(subject="a1", column=MarginColumn.WALL, distance_mm=-0.04, structure="x"),)
    assert margin_rows(plan, assessment, inside)[0].cells[0].text == "0.0"
    (shown,) = finding_rows(plan, assessment)
    assert shown.message.endswith("1.2 mm to L3 left foramen.")


def test_that_distances_are_marked_unverified_until_their_level_is_accepted(plan):
    assessment = Assessment(
        verdict=Verdict.WARNED, findings=(), checked=(), input_sha256="0", revision=1
    )
    margins = tuple(
        Margin(subject=subject, column=MarginColumn.WALL) for subject in ("proposal", "a1")
    )
    assert [row.unverified for row in margin_rows(plan, assessment, margins)] == ["L3", "L3"]
    level = plan.trajectories[0].level
    accepted = accept_level(level).apply(plan)
    assert [row.unverified for row in margin_rows(accepted, assessment, margins)] == ["", ""]


def test_that_a_cell_is_marked_where_a_finding_says_its_distance_beside_a_heavier_one(plan):
    """As the check puts them together: in words, and for several needles and zones at once."""
    (needle, zone) = (plan.trajectories[0].id, plan.ablations[0].id)
    called = names(plan)
    said = f"The {called[zone]} ends 5.4 mm from the canal. Also: {called[needle]} 7.9 mm to the "
    warned = Finding(
        rule="A3",
        severity=Severity.WARN,
        message=said + "L3 left foramen.",
        subject=zone,
        source="test",
        structure="canal",
        distance_mm=5.4,
        also_about=(needle,),
    )
    assessment = Assessment(
        verdict=Verdict.WARNED, findings=(warned,), checked=(), input_sha256="", revision=1
    )
    margins = tuple(
        Margin(subject=subject, column=column, distance_mm=value, structure=name)
        for subject in (needle, zone)
        for column, value, name in (
            (MarginColumn.WALL, 9.0, "posterior_wall"),
            (MarginColumn.FORAMINA, 7.9, "foramen:L3:left"),
        )
    )
    for row in margin_rows(plan, assessment, margins):
        assert [cell.severity for cell in row.cells] == [None, Severity.WARN]
