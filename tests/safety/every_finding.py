"""Plans that make every rule speak, each as heavily as it can, and what it then says alone."""

from dataclasses import replace
from functools import cache

import numpy as np

from planner.domain.devices import Modality
from planner.domain.levels import Level, Side
from planner.domain.plan import Approach, CementInjection
from planner.domain.prediction import MissingZone
from planner.domain.sourced import Interval, Status
from planner.geometry.points import PointLps
from planner.safety.assessing import RULES, _judgements
from planner.safety.case import Case
from planner.safety.measured import MissingInputError
from planner.safety.naming import names
from planner.safety.ruler import ruler_for
from safety.cases import CATALOG, LABEL, cement_for, good_plan, good_scene, spine, zone_for
from safety.rule_cases import (
    answered,
    big_lesion,
    broken,
    exposed,
    with_anatomy,
    with_device,
    with_numbers,
    with_vertebra,
)


def spoken(plan, scene):
    """What each rule gives for each part by itself: ``[(rule, part or None, outcome)]``.

    A rule that cannot run gives its ``MissingInputError`` in place of an outcome.
    """
    ruler, called = ruler_for(scene.anatomy), names(plan)
    said = []
    for rule in RULES:
        for judge in _judgements(rule, plan):
            case = Case(plan, scene, ruler, scene.catalog.rules[rule.id], lambda: None, called)
            part = judge.args[1] if hasattr(judge, "args") else None
            try:
                said.append((rule.id, part, judge(case)))
            except MissingInputError as missing:
                said.append((rule.id, part, missing))
    return said


def shifted(dx, dy=0.0, dz=0.0, **changes):
    plan = good_plan()
    old, step = plan.trajectory("t1"), np.array([dx, dy, dz])
    moved = replace(old, entry=old.entry.moved(step), tip=old.tip.moved(step), **changes)
    return plan.with_trajectory(moved)


def on_patient():
    """Answers, the scan, the side and the level."""
    for answers in (
        {"platelets_e9_per_l": 40.0, "inr": 2.0},
        {"infection": True},
        {"cord_compression_symptoms": True, "epidural_grade": "2"},
        {"epidural_grade": "1c"},
        {"tumour_touches_root": True},
        {"sins": 9},
        {"sins": 14},
        {"mdt_date": "soon"},
        {"lesion_count": 5, "vas": 3.0, "ecog": 3},
        {"protection": "CO2 gap"},
        {"protection": "CO2 on the non-dependent side"},
        {"thermometer_celsius": 43.0},
        {"thermometer_celsius": 38.0},
    ):
        plan = answered(**answers)
        yield plan, good_scene(plan)
    plan = replace(answered(epidural_grade="1b"), cements=())
    yield plan, good_scene(plan)
    plan = answered(pacemaker=True, dissection_fluid="saline")
    yield plan, with_device(plan, modality=Modality.BIPOLAR_RF)
    plan = answered(dissection_fluid="D5W")
    yield plan, with_device(plan, modality=Modality.MONOPOLAR_RF)
    plan, (ct, anatomy) = good_plan(), spine()
    yield plan, with_device(plan, forbidden_levels=(Level.L3,))
    old = replace(ct.record, acquired="20261001", slice_thickness_mm=2.5)
    yield plan, good_scene(plan, replace(ct, record=old), anatomy)
    yield plan, with_anatomy(plan, ct_sha256="1" * 64)
    yield replace(plan, scan=replace(plan.scan, sha256="1" * 64)), good_scene(plan)
    yield replace(plan, side_confirmation=None), good_scene(plan)
    word = replace(plan.side_confirmation, patient_position="HFP")
    yield replace(plan, side_confirmation=word), good_scene(plan)
    yield replace(plan, anatomy=replace(plan.anatomy, accepted_levels=())), good_scene(plan)
    yield replace(plan, looser_limits=("A2 was loosened.",)), good_scene(plan)
    for change in (
        {"side": Side.RIGHT},
        {"entry": PointLps(1.0, 84.0, 10.0)},
        {"level": Level.L4},
        {"tip": PointLps(8.0, -30.0, 4.0)},
    ):
        moved = plan.with_trajectory(replace(plan.trajectory("t1"), **change))
        yield moved, good_scene(moved)


def on_needles():
    for dx in (-2.0, -3.0, -4.5, -6.5, 4.5, 6.5, 8.5):
        plan = shifted(dx)
        yield plan, good_scene(plan)
    plan = shifted(0.0, approach=Approach.PARAPEDICULAR)
    yield plan, good_scene(plan)
    plan, (_, anatomy) = good_plan(), spine()
    pedicles = dict(anatomy.vertebrae[Level.L3].pedicles)
    pedicles[Side.LEFT] = replace(pedicles[Side.LEFT], width_mm=Interval(3.0, 10.0, 12.0))
    yield plan, with_vertebra(plan, pedicles=pedicles)
    yield plan, with_numbers(plan, shaft_length_mm=100.0)
    yield plan, with_numbers(plan, tip_beyond_cannula_mm=9.0)
    back = plan.with_trajectory(replace(plan.trajectory("t1"), tip=PointLps(9.0, -2.0, 4.0)))
    yield back, with_anatomy(back, lesion=None)
    for intent in ("palliative", "curative"):
        plan = answered(intent=intent)
        yield plan, with_anatomy(plan, lesion=big_lesion())


def on_zones():
    plan = good_plan()
    for radius in (8.0, 13.0, 16.0, 20.0):
        zones = {"a1": zone_for(plan, half_length=radius, half_width=radius)}
        yield plan, good_scene(plan, zones=zones)
        scene = with_vertebra(plan, posterior_wall=broken())
        yield plan, replace(scene, zones=zones)
    for heat in ({"peak": 43.0, "dose": 12.0}, {"peak": 50.0, "dose": 30.0}, {"peak": 38.0}):
        yield plan, good_scene(plan, **exposed(plan, **heat))
    hot = exposed(plan, peak=50.0)
    gone = {"a1": MissingZone(ablation_id="a1", reason="The setting is not in its table.")}
    yield plan, good_scene(plan, zones=gone, exposures=hot["exposures"])
    for power, time in ((35.0, 90.0), (40.0, 60.0), (20.0, 100.0)):
        burn = replace(plan.ablations[0], power_w=power, time_s=time)
        weak = replace(plan, ablations=(burn,))
        yield weak, good_scene(weak)
    for tissue in ("porcine liver", ""):
        yield plan, good_scene(plan, zones={"a1": zone_for(plan, tissue=tissue)})
    near_skin = zone_for(plan)
    shape = replace(near_skin.shape, centre=PointLps(10.0, 70.0, 0.0))
    yield plan, good_scene(plan, zones={"a1": replace(near_skin, shape=shape)})
    for apart in (8.0, 16.0, 21.0):
        first, step = plan.trajectory("t1"), np.array([-apart, 0.0, 0.0])
        second = replace(first, id="t2", entry=first.entry.moved(step), tip=first.tip.moved(step))
        burns = [replace(plan.ablations[0], duty_percent=60.0)]
        burns.append(replace(burns[0], id="a2", trajectory_id="t2"))
        two = replace(plan, trajectories=(first, second), ablations=tuple(burns))
        yield two, good_scene(two)
        cold = with_device(two, modality=Modality.CRYO)
        for lowest in (8.0, -2.0):
            yield two, replace(cold, **exposed(two, lowest=lowest))
    chilled = answered(thermometer_celsius=5.0)
    yield chilled, with_device(chilled, modality=Modality.CRYO)


def on_cement():
    _, anatomy = spine()
    for volume, centre, radius, share in (
        (1.4, PointLps(0.0, 6.0, 0.0), 5.0, 0.05),
        (1.4, PointLps(0.0, 8.0, 0.0), 5.0, 0.35),
        (7.5, PointLps(0.0, 15.0, 0.0), 5.0, 0.5),
        (8.5, PointLps(8.0, -7.0, 4.0), 7.0, 0.05),
    ):
        plan = good_plan()
        plan = replace(plan, cements=(replace(plan.cements[0], volume_ml=volume),))
        fill = cement_for(plan, anatomy.geometry, radius=radius, centre=centre)
        yield plan, good_scene(plan, cements={"c1": replace(fill, fill_fraction=share)})
    plan = good_plan()
    for change in ({"posterior_wall": broken()}, {"body_size_mm": (44.0, 34.0, 20.0)}):
        yield plan, with_vertebra(plan, **change)
    yield plan, with_anatomy(plan, lesion=big_lesion())
    at_t8 = plan.with_trajectory(replace(plan.trajectory("t1"), level=Level.T8))
    for wall in (broken(), broken(intact=True)):
        vertebra = replace(anatomy.vertebrae[Level.L3], posterior_wall=wall, level=Level.T8)
        yield at_t8, with_anatomy(at_t8, vertebrae={**anatomy.vertebrae, Level.T8: vertebra})
    levels = [Level.T12, Level.L1, Level.L2, Level.L3, Level.L4]
    for count in (3, 5):
        needles = tuple(
            replace(plan.trajectory("t1"), id=f"t{one}", level=one) for one in levels[:count]
        )
        cements = tuple(
            CementInjection(id=f"c{one}", trajectory_id=f"t{one}", cement_id="x", volume_ml=1.0)
            for one in levels[:count]
        )
        many = replace(plan, trajectories=needles, cements=cements, ablations=())
        yield many, good_scene(many)
    recalled = replace(zone_for(plan), model=replace(LABEL, status=Status.RECALLED))
    yield plan, good_scene(plan, zones={"a1": recalled})


@cache
def every_plan():
    """All these plans, each with its scene."""
    plan = good_plan()
    plans = [(plan, good_scene(plan)), *on_patient(), *on_needles(), *on_zones(), *on_cement()]
    bare = replace(plan, ablations=(), cements=())
    plans.append((bare, good_scene(bare)))
    return plans


@cache
def everything_said():
    """``[(plan, scene, rule, part, outcome)]`` over all these plans."""
    return [(one, scene, *said) for one, scene in every_plan() for said in spoken(one, scene)]


def limits_of(rule):
    """The limits of a rule as they are written."""
    values = [one.value for one in CATALOG.rules[rule].thresholds.values()]
    return {f"{one:g}" for one in values} | {f"{100 * one:.0f}" for one in values}
