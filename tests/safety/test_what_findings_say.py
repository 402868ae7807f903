"""Words, places and limits of findings whose change mutation testing found unnoticed."""

from dataclasses import replace

import numpy as np
import pytest

from planner.domain.devices import Modality
from planner.domain.sourced import Status
from planner.geometry.points import PointLps, unit
from planner.geometry.volume_geometry import VolumeGeometry
from planner.safety import assess
from planner.safety.case import Case
from planner.safety.needle import cement_needle_ends_in_front
from planner.safety.ruler import ruler_for
from planner.safety.surfaces import exposed_face_points
from planner.safety.temperature import cryo_spacing_and_duty
from safety.cases import CATALOG, cement_for, good_plan, good_scene, spine
from safety.rule_cases import exposed, with_anatomy, with_device


def case_of(plan, scene, rule="A9"):
    """One rule's view of a plan, with parts called by their ids."""
    names = {part.id: part.id for part in (*plan.trajectories, *plan.ablations, *plan.cements)}
    return Case(plan, scene, ruler_for(scene.anatomy), CATALOG.rules[rule], names)


@pytest.mark.parametrize("offset_mm", [0.0, 5.0, -3.0])
def test_that_an_applicator_drawn_back_is_where_it_was_drawn_to(offset_mm):
    plan = good_plan()
    ablation = replace(plan.ablations[0], active_offset_mm=offset_mm)
    needle = plan.trajectory("t1")
    case = case_of(plan, good_scene(plan))
    seen = case.applicator_of(ablation)
    back = unit(needle.entry.array - needle.tip.array)
    length = CATALOG.devices["eco-mwa"].numbers["tip_beyond_cannula_mm"].value
    assert seen.start.array == pytest.approx(needle.tip.array + offset_mm * back)
    assert seen.end.array == pytest.approx(needle.tip.array + (offset_mm + length) * back)


def test_that_a_cement_needle_too_far_back_is_told_how_far_it_should_go():
    plan = good_plan()
    tip = replace(plan.trajectory("t1"), tip=PointLps(9.0, -2.0, 4.0))
    plan = plan.with_trajectory(tip)
    case = case_of(plan, with_anatomy(plan, lesion=None), "N8")
    (said,) = cement_needle_ends_in_front(case, plan.cements[0]).findings
    least = CATALOG.rules["N8"].thresholds["anterior_from_fraction"].value
    assert said.threshold == f"from {100 * least:.0f} % on"
    assert "ends at 56 % of the depth of L3, not in the anterior third." in said.message
    assert said.subject == "c1"


def test_that_cement_in_the_canal_is_zero_mm_away_and_says_where():
    plan = good_plan()
    _, anatomy = spine()
    centre = PointLps(0.0, 22.0, 0.0)
    cement = cement_for(plan, anatomy.geometry, radius=6.0, centre=centre)
    assessment = assess(plan, good_scene(plan, cements={"c1": cement}))
    (said,) = [item for item in assessment.findings if item.rule == "C2"]
    assert "comes within 0.0 mm of the" in said.message
    assert said.distance_mm is not None
    assert said.distance_mm <= 0.0
    assert said.structure
    assert np.linalg.norm(said.at.array - centre.array) <= 12.0


def test_that_a_simulation_names_each_structure_it_says_nothing_of():
    plan = good_plan()
    seen = exposed(plan, names=["foramen:L2:left"])
    assessment = assess(plan, good_scene(plan, **seen))
    message = next(one.message for one in assessment.findings if "A6" in one.also)
    missing = message.split("says nothing of ")[1].split(". ")[0].split("; ")[0].split(", ")
    assert {"canal", "L3 left foramen"} <= set(missing)
    assert not any("XX" in word for word in missing)


def test_that_a_simulation_from_memory_that_clears_says_why_it_does_not_count():
    plan = good_plan()
    seen = exposed(plan)
    label = replace(seen["exposures"]["a1"].model, status=Status.RECALLED)
    exposure = replace(seen["exposures"]["a1"], model=label)
    scene = good_scene(plan, **{**seen, "exposures": {"a1": exposure}})
    assessment = assess(plan, scene)
    message = next(one.message for one in assessment.findings if "A6" in one.also)
    assert (
        "the simulation of the L3 left zone found no excess, but data of its device or tissue "
        "are from memory" in message
    )


def test_that_skin_in_the_first_voxel_of_the_grid_is_measured():
    plan = good_plan()
    _, anatomy = spine()
    skin = np.zeros_like(anatomy.canal)
    skin[:, 0, :] = True  # 36 mm in front of the middle of L3
    ruler = ruler_for(replace(anatomy, masks={"skin": skin}))
    zone = exposed(plan)["zones"]["a1"].shape
    zone = replace(zone, centre=PointLps(0.0, -20.0, 0.0), half_length_mm=8.0, half_width_mm=8.0)
    assert ruler.zone_to_skin(zone).distance_mm == pytest.approx(7.5, abs=0.1)


def test_that_face_points_keep_their_place_on_a_grid_of_three_spacings():
    mask = np.zeros((4, 5, 6), dtype=bool)
    mask[1, 2, 3] = True
    points = exposed_face_points(mask, (0.4, 1.0, 2.0))
    assert points.min(axis=0).tolist() == [2.5, 1.5, 0.5]
    assert points.max(axis=0).tolist() == [3.5, 2.5, 1.5]
    grid = VolumeGeometry.axis_aligned((6, 5, 4), (0.4, 1.0, 2.0))
    steps = np.diff(np.unique(grid.lps_mm(points)[:, 2]))
    assert steps == pytest.approx(np.full(4, 0.5))


def test_that_a_cryoprobe_that_freezes_too_little_is_named_with_what_it_should():
    plan = good_plan()
    plan = replace(plan, ablations=(replace(plan.ablations[0], duty_percent=50.0),))
    case = case_of(plan, with_device(plan, modality=Modality.CRYO), "A14")
    (said,) = cryo_spacing_and_duty(case, plan.ablations[0]).findings
    least = CATALOG.rules["A14"].thresholds["duty_min_percent"].value
    assert (said.subject, said.threshold) == ("a1", f"at least {least:g} %")
    assert said.message == "a1 freezes at 50 % duty."
