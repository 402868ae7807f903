"""Rules on ablation zones."""

from dataclasses import replace

import numpy as np
import pytest

from planner.domain.anatomy import WallBreach
from planner.domain.devices import Modality
from planner.domain.finding import Verdict
from planner.domain.prediction import MissingZone
from planner.geometry.points import PointLps
from planner.safety import assess
from safety.cases import (
    check,
    exposure_for,
    found,
    good_plan,
    good_scene,
    zone_for,
)
from safety.rule_cases import (
    BLOCK,
    INFO,
    NOT_EVALUATED,
    STOP,
    WARN,
    answered,
    broken,
    exposed,
    with_device,
    with_vertebra,
)


def grown(radius, **options):
    plan = good_plan()
    zone = zone_for(plan, half_length=radius, half_width=radius, **options)
    return found(assess(plan, good_scene(plan, zones={"a1": zone})))


def canal_gap(radius):
    """The distance from a zone of this radius to the canal, as a rule reports it."""
    plan = good_plan()
    zone = zone_for(plan, half_length=radius, half_width=radius)
    scene = good_scene(plan, zones={"a1": zone})
    evidence = dict(assess(plan, scene).evidence)["A1"]
    return float(evidence.split("nearest ")[1].split(" ")[0])


def test_that_a_zone_weighs_by_its_distance_to_the_canal():
    gap = canal_gap(7.0)
    assert grown(7.0 + gap - 10.2).get("A3") is None
    assert grown(7.0 + gap - 9.8)["A3"] is WARN
    assert grown(7.0 + gap - 5.2)["A3"] is WARN
    near = grown(7.0 + gap - 4.8)
    assert near["A2"] is STOP
    assert "A1" not in near
    assert grown(7.0 + gap + 0.3)["A1"] is BLOCK


@pytest.mark.parametrize(("gap", "severity"), [(7.0, STOP), (4.0, BLOCK), (12.0, None)])
def test_that_a_broken_wall_makes_the_distance_weigh_one_step_more(gap, severity):
    plan = good_plan()
    radius = 7.0 + canal_gap(7.0) - gap
    scene = with_vertebra(plan, posterior_wall=broken())
    zone = zone_for(plan, half_length=radius, half_width=radius)
    rules = found(assess(plan, replace(scene, zones={"a1": zone})))
    assert rules.get("A4") is severity


def test_that_a_breach_counts_even_where_the_wall_is_called_intact():
    plan = good_plan()
    breach = WallBreach(at=PointLps(0.0, 17.0, 0.0), area_mm2=9.0)
    scene = with_vertebra(plan, posterior_wall=broken(intact=True, breaches=(breach,)))
    zone = zone_for(plan, half_length=10.0, half_width=10.0)
    assert found(assess(plan, replace(scene, zones={"a1": zone})))["A4"] is STOP


@pytest.mark.parametrize("wall", [None, broken(intact=None)])
def test_that_a_wall_that_was_not_judged_is_not_evaluated(wall):
    plan = good_plan()
    assessment = assess(plan, with_vertebra(plan, posterior_wall=wall))
    assert not {"A4", "C7"} & set(assessment.checked)
    assert assessment.verdict is Verdict.HELD


def test_that_an_intact_cortex_never_lowers_a_level():
    plan = good_plan()
    for radius in (8.0, 11.0, 13.0, 17.0):
        zone = zone_for(plan, half_length=radius, half_width=radius)
        intact = replace(good_scene(plan), zones={"a1": zone})
        unknown = replace(
            with_vertebra(plan, posterior_wall=broken(intact=None)), zones={"a1": zone}
        )
        rules = found(assess(plan, intact)), found(assess(plan, unknown))
        for name in ("A1", "A2", "A3"):
            assert rules[0].get(name) is rules[1].get(name)


@pytest.mark.parametrize(
    ("peak", "band", "severity"),
    [(41.0, 0.9, None), (41.0, 1.0, STOP), (42.0, 0.0, STOP), (44.0, 1.0, BLOCK)],
)
def test_that_predicted_heat_counts_with_its_doubt(peak, band, severity):
    plan = good_plan()
    scene = good_scene(plan, **exposed(plan, peak=peak, band=band))
    assert found(assess(plan, scene)).get("A6") is severity


@pytest.mark.parametrize(("dose", "severity"), [(9.9, None), (10.0, WARN), (18.0, STOP)])
def test_that_predicted_dose_counts(dose, severity):
    plan = good_plan()
    scene = good_scene(plan, **exposed(plan, dose=dose))
    assert found(assess(plan, scene)).get("A7") is severity


def test_that_heat_near_a_nerve_without_a_simulation_is_not_evaluated():
    plan = good_plan()
    seen = exposed(plan)
    bare = good_scene(plan, zones=seen["zones"])
    partial = good_scene(plan, **exposed(plan, names=["canal"]))
    for scene in (bare, partial):
        assert not {"A6", "A7"} & set(assess(plan, scene).checked)


@pytest.mark.parametrize(
    ("lowest", "severity"), [(10.0, None), (9.9, STOP), (0.1, STOP), (0.0, BLOCK)]
)
def test_that_predicted_cold_counts(lowest, severity):
    plan = good_plan()
    frozen = with_device(plan, modality=Modality.CRYO)
    scene = replace(frozen, **exposed(plan, lowest=lowest))
    assert found(assess(plan, scene)).get("A13") is severity
    assert "A13" not in assess(plan, frozen).checked


@pytest.mark.parametrize(
    ("apart", "duty", "severity"),
    [(15.0, 70.0, None), (16.0, 70.0, INFO), (20.5, 70.0, STOP), (15.0, 69.0, WARN)],
)
def test_that_cryoprobes_stand_close_and_freeze_long(apart, duty, severity):
    plan = good_plan()
    step = np.array([-apart, 0.0, 0.0])
    first = plan.trajectory("t1")
    second = replace(first, id="t2", entry=first.entry.moved(step), tip=first.tip.moved(step))
    frozen = [replace(plan.ablations[0], duty_percent=duty)]
    frozen.append(replace(frozen[0], id="a2", trajectory_id="t2"))
    plan = replace(plan, trajectories=(first, second), ablations=tuple(frozen))
    assert found(assess(plan, with_device(plan, modality=Modality.CRYO))).get("A14") is severity


def test_that_a_cryoprobe_without_a_duty_is_not_evaluated():
    plan = good_plan()
    assert "A14" not in assess(plan, with_device(plan, modality=Modality.CRYO)).checked


@pytest.mark.parametrize(
    ("offset", "power", "time", "severity"),
    [
        (0.0, 20.0, 90.0, None),
        (0.0, 31.0, 90.0, WARN),
        (0.0, 20.0, 91.0, WARN),
        (0.0, 40.0, 60.0, STOP),
        (-12.0, 40.0, 300.0, None),
    ],
)
def test_that_microwave_near_the_posterior_wall_is_kept_weak_and_short(
    offset, power, time, severity
):
    plan = good_plan()
    burn = replace(plan.ablations[0], active_offset_mm=offset, power_w=power, time_s=time)
    plan = replace(plan, ablations=(burn,))
    assert found(check(plan)).get("A9") is severity


def test_that_microwave_without_power_is_not_evaluated():
    plan = good_plan()
    burn = replace(plan.ablations[0], power_w=None)
    assert "A9" not in check(replace(plan, ablations=(burn,))).checked


def test_that_no_zone_stops_and_judges_nothing_of_it():
    plan = good_plan()
    scene = good_scene(plan, zones={"a1": MissingZone(ablation_id="a1", reason="no table")})
    assessment = assess(plan, scene)
    assert found(assessment)["A10"] is STOP
    assert not {"A1", "A2", "A3", "A18"} & set(assessment.checked)


@pytest.mark.parametrize("zones", [{}, {"a1": replace(zone_for(good_plan()), ablation_id="a2")}])
def test_that_a_zone_that_was_not_predicted_is_not_evaluated(zones):
    plan = good_plan()
    assert not {"A1", "A10"} & set(assess(plan, good_scene(plan, zones=zones)).checked)


@pytest.mark.parametrize(
    ("tissue", "severity"),
    [("porcine liver", WARN), ("gel", WARN), ("", WARN), ("pig vertebra in vivo", None)],
)
def test_that_a_zone_from_other_tissue_is_labelled(tissue, severity):
    plan = good_plan()
    scene = good_scene(plan, zones={"a1": zone_for(plan, tissue=tissue)})
    assert found(assess(plan, scene)).get("A11") is severity


@pytest.mark.parametrize(("gap", "severity"), [(9.5, WARN), (10.5, None)])
def test_that_near_heat_zones_are_not_just_added(gap, severity):
    plan = good_plan()
    first = plan.trajectory("t1")
    step = np.array([0.0, 0.0, -(14.0 + gap)])
    second = replace(first, id="t2", entry=first.entry.moved(step), tip=first.tip.moved(step))
    burns = (plan.ablations[0], replace(plan.ablations[0], id="a2", trajectory_id="t2"))
    plan = replace(plan, trajectories=(first, second), ablations=burns)
    assert found(check(plan)).get("A12") is severity
    one = exposure_for(plan)
    other = replace(one, ablation_id="a2")
    scene = good_scene(plan)
    assert found(assess(plan, replace(scene, exposures={"a1": one}))).get("A12") is severity
    together = replace(scene, exposures={"a1": one, "a2": other})
    assert "A12" not in found(assess(plan, together))


@pytest.mark.parametrize(("y", "severity"), [(67.0, None), (69.0, WARN), (90.0, WARN)])
def test_that_a_zone_near_the_skin_is_named(y, severity):
    plan = good_plan()
    zone = zone_for(plan)
    zone = replace(zone, shape=replace(zone.shape, centre=PointLps(10.0, y, 0.0)))
    assert found(assess(plan, good_scene(plan, zones={"a1": zone}))).get("A18") is severity


@pytest.mark.parametrize(
    ("modality", "celsius", "severity"),
    [
        (Modality.MICROWAVE, 41.9, None),
        (Modality.MICROWAVE, 42.0, STOP),
        (Modality.BIPOLAR_RF, 55.0, STOP),
        (Modality.MICROWAVE, 5.0, None),
        (Modality.CRYO, 10.1, None),
        (Modality.CRYO, 10.0, STOP),
        (Modality.CRYO, -3.0, STOP),
        (Modality.CRYO, 45.0, None),
        (Modality.MICROWAVE, float("nan"), NOT_EVALUATED),
    ],
)
def test_that_a_thermometer_stops_the_energy_at_its_limit(modality, celsius, severity):
    plan = answered(thermometer_celsius=celsius)
    assessment = assess(plan, with_device(plan, modality=modality))
    assert found(assessment).get("A8") is severity
    if severity is NOT_EVALUATED:
        (said,) = [item for item in assessment.findings if item.rule == "E12"]
        assert said.message == "Not answered: thermometer. A8 could not run."
    if severity is STOP:
        (said,) = [item for item in assessment.findings if item.rule == "A8"]
        assert f"reads {celsius:.1f} °C and may go 3 °C further" in said.message
