"""One distance is said of a needle: the card, the paper, the margins and the rules agree."""

import re

import pytest

from phantoms import easy_l3
from planner.catalog import load_catalog
from planner.domain.levels import Level, Side
from planner.domain.structures import CANAL, POSTERIOR_WALL
from planner.planning import measure, propose
from planner.report.measured import distance_facts
from planner.session.margins import measure_margins
from planner.session.needle_card import needle_card
from planner.session.ruled_measures import ruled_measures
from planning import analytic_spine as spine
from window_services import PhantomServices

ERROR_MM = 0.5


@pytest.fixture(scope="module")
def case():
    made = easy_l3()
    needle = propose(made.ct, made.truth, Level.L3, side=Side.LEFT).trajectories[0].trajectory
    return made, needle


def test_that_no_distance_is_larger_than_before_nor_by_more_than_a_voxel_nearer(case) -> None:
    made, needle = case
    asked = {"outer_diameter_mm": 2.4, "placement_error_mm": ERROR_MM}
    plain = {
        item.structure: item for item in measure(needle, made.ct, made.truth, **asked).clearances
    }
    found = ruled_measures(needle, made.ct, made.truth, **asked)
    assert {item.structure for item in found.clearances} == set(plain)
    bests = [item.distance_mm.best for item in found.clearances]
    assert bests == sorted(bests)
    for item in found.clearances:
        was = plain[item.structure].distance_mm
        nearer = was.best - item.distance_mm.best
        assert 0.0 <= nearer <= max(made.ct.geometry.spacing_mm)
        assert item.distance_mm.high - item.distance_mm.low == pytest.approx(was.high - was.low)
    assert any(plain[item.structure].distance_mm.best > item.distance_mm.best + 0.01
               for item in found.clearances), "else this test would see nothing"  # fmt: skip


def test_that_the_card_says_the_number_of_the_rules(case) -> None:
    made, needle = case
    services = PhantomServices()
    plan = services.new_plan(made.ct).with_trajectory(needle)
    catalog = load_catalog()
    width = catalog.access_diameter([], None).value
    rows = measure_margins(plan, made.truth, (), (), {needle.id: width})
    ruled = {row.structure: row.distance_mm for row in rows if row.distance_mm is not None}
    card = {part.title: dict(part.lines) for part in needle_card(
        needle, plan, made.ct, made.truth, catalog
    )}["Distances"]  # fmt: skip
    for structure, label in ((CANAL, "To canal"), (POSTERIOR_WALL, "To posterior wall")):
        said = float(re.match(r"[−-]?[\d.]+", card[label])[0].replace("−", "-"))
        assert said == pytest.approx(ruled[structure], abs=0.051)
    assert "as the rules measure" in card["Measured"]


def test_that_paper_names_from_where_to_where(case) -> None:
    made, needle = case
    found = measure(needle, made.ct, made.truth, outer_diameter_mm=2.4)
    facts = {fact.label: fact.value for fact in distance_facts(found)}
    assert "midway between voxels" in facts["Measured"]


def test_that_what_the_rules_refuse_keeps_its_measure() -> None:
    scene = spine.usual()
    needle = scene.through_pedicle()
    asked = {"outer_diameter_mm": 2.4, "placement_error_mm": 0.0}
    found = ruled_measures(needle, scene.ct, scene.anatomy, **asked)
    assert {item.structure for item in found.clearances} == {
        item.structure for item in measure(needle, scene.ct, scene.anatomy, **asked).clearances
    }
