"""Once it was simulated, a zone is the outermost of the table's and the tissue that dies."""

from dataclasses import replace

import numpy as np
import pytest

from planner.domain.finding import Severity
from planner.safety import assess
from planner.safety.ruler import ruler_for
from safety.cases import exposure_for, good_plan, good_scene, killed_for, spine, zone_for


def zone_findings(plan, **exposures):
    """What A1 to A4 say where the zone of the table is a ball of 10 mm about the antenna."""
    zone = zone_for(plan, half_length=10.0, half_width=10.0)
    assessment = assess(plan, good_scene(plan, zones={"a1": zone}, exposures=exposures))
    return [
        one
        for one in assessment.findings
        if {one.rule, *one.also} & {"A1", "A2", "A3", "A4"} and one.rule != "E12"
    ]


def canal_mm(plan, radius, spacing):
    ruler = ruler_for(spine()[1])
    return ruler.killed(killed_for(plan, radius, spacing), "canal").distance_mm


@pytest.mark.parametrize(("spacing", "radius"), [(1.0, 6.0), (0.5, 6.0), (0.5, 10.0)])
def test_that_dead_tissue_is_measured_as_a_ball_of_its_size(spacing, radius):
    plan = good_plan()
    ball = replace(zone_for(plan).shape, half_length_mm=radius, half_width_mm=radius)
    expected = ruler_for(spine()[1]).zone(ball, "canal").distance_mm
    assert canal_mm(plan, radius, spacing) == pytest.approx(expected, abs=spacing)


def test_that_a_simulated_zone_beyond_that_of_the_table_leads_and_says_what_it_is():
    plan = good_plan()
    (table,) = zone_findings(plan)
    assert "simulated" not in table.message
    (wider,) = zone_findings(plan, a1=exposure_for(plan, radius=12.0))
    assert "The simulated L3 left zone" in wider.message
    assert wider.distance_mm < table.distance_mm - 1.0
    assert wider.distance_mm == pytest.approx(canal_mm(plan, 12.0, 1.0))


def test_that_tissue_that_dies_in_the_canal_blocks():
    plan = good_plan()
    (reached,) = zone_findings(plan, a1=exposure_for(plan, radius=20.0))
    assert (reached.rule, reached.severity) == ("A1", Severity.BLOCK)
    assert "simulated L3 left zone reaches the canal" in reached.message


@pytest.mark.parametrize("radius", [0.0, 4.0])
def test_that_a_simulated_zone_within_that_of_the_table_makes_nothing_milder(radius):
    plan = good_plan()
    (table,) = zone_findings(plan)
    (found,) = zone_findings(plan, a1=exposure_for(plan, radius=radius))
    assert (found.rule, found.severity) == (table.rule, table.severity)
    assert (found.distance_mm, found.at) == (table.distance_mm, table.at)


def test_that_a_lesion_counts_as_covered_only_where_it_dies_in_every_run_too():
    plan = good_plan()
    shares = []
    for radius in (0.0, 6.0, 8.0, 30.0):
        scene = good_scene(plan, exposures={"a1": exposure_for(plan, radius=radius)})
        shares.append(share_covered(plan, scene))
    assert shares[0] == 0
    assert shares == sorted(shares)
    assert shares[-1] == share_covered(plan, good_scene(plan)) > 0


def test_that_the_simulation_of_another_ablation_is_not_taken():
    plan = good_plan()
    other = replace(exposure_for(plan, radius=4.0), ablation_id="a2")
    assessment = assess(plan, good_scene(plan, exposures={"a1": other}))
    assert not {"A1", "A2", "A3", "A4"} & set(assessment.checked)
    assert any("is of another ablation" in one.message for one in assessment.findings)


@pytest.mark.parametrize("part", ["dead", "certain"])
def test_that_other_dead_tissue_is_another_input(part):
    plan = good_plan()
    exposure = exposure_for(plan, radius=6.0)
    moved = np.roll(getattr(exposure.killed, part), 1, axis=0)
    other = replace(exposure, killed=replace(exposure.killed, **{part: moved}))
    digests = {
        assess(plan, good_scene(plan, exposures={"a1": one})).input_sha256
        for one in (exposure, other)
    }
    assert len(digests) == 2


def share_covered(plan, scene):
    """Read the share of the lesion that A15 found covered."""
    said = [str(text) for text in assess(plan, scene).evidence]
    (evidence,) = [text for text in said if "of the lesion inside" in text]
    return int(evidence.split("L3: ")[1].split(" %")[0])
