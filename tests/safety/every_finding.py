"""Plans that make every rule speak, each as heavily as it can, and what it then says alone."""

from dataclasses import replace
from functools import cache

import numpy as np

from planner.domain.anatomy import Quality, QualityVerdict
from planner.domain.devices import Modality
from planner.domain.levels import Level, Side
from planner.domain.outcome import Complication, Outcome
from planner.domain.plan import Approach, CementInjection, CementTechnique, NeedleSize
from planner.domain.prediction import MissingZone
from planner.domain.protection import Agent
from planner.domain.sourced import Interval, Status
from planner.geometry.points import PointLps
from planner.safety.assessing import RULES, _judgements
from planner.safety.case import Case
from planner.safety.measured import MissingInputError
from planner.safety.naming import names
from planner.safety.ruler import ruler_for
from safety.cases import (
    CATALOG,
    LABEL,
    cement_for,
    diameters_from_memory,
    exposure_for,
    good_plan,
    good_scene,
    spine,
    zone_for,
)
from safety.rule_cases import (
    NOT_OUTLINED,
    answered,
    big_lesion,
    broken,
    exposed,
    layer,
    less,
    with_anatomy,
    with_balloon,
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
            case = Case(plan, scene, ruler, scene.catalog.rules[rule.id], called)
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
        {"life_expectancy_months": 2.0},
        {"mr_date": "2026-10-01"},
        {"mr_date": "2026-11-15"},
        {"mr_date": "soon"},
        {"mr_date": "2027-01-01"},
        {"protection": "CO2 gap"},
        {"protection": "CO2 on the non-dependent side"},
        {"thermometer_celsius": 43.0},
        {"thermometer_celsius": 38.0},
    ):
        plan = answered(**answers)
        said = ", ".join(f"{name} {value}" for name, value in answers.items())
        yield said, plan, good_scene(plan)
    plan = replace(answered(epidural_grade="1b"), cements=())
    yield "epidural tumour, no cement", plan, good_scene(plan)
    plan = answered(pacemaker=True, dissection_fluid="saline")
    yield "pacemaker, saline, bipolar RF", plan, with_device(plan, modality=Modality.BIPOLAR_RF)
    plan = answered(dissection_fluid="D5W")
    yield "D5W, monopolar RF", plan, with_device(plan, modality=Modality.MONOPOLAR_RF)
    plan = good_plan()
    yield "device not for L3", plan, with_device(plan, forbidden_levels=(Level.L3,))
    yield from on_scan(plan)
    yield "nobody confirmed the side", replace(plan, side_confirmation=None), good_scene(plan)
    for position in ("HFP", ""):
        word = replace(plan.side_confirmation, patient_position=position)
        other = replace(plan, side_confirmation=word)
        yield f"side confirmed for {position or 'no position'}", other, good_scene(plan)
    waiting = replace(plan, anatomy=replace(plan.anatomy, accepted_levels=()))
    yield "level not accepted", waiting, good_scene(plan)
    yield "level in doubt", waiting, with_vertebra(plan, level_doubt="L3 or L4")
    doubted = Quality(verdict=QualityVerdict.CHECK, flags=("noise of 90 HU", "a step at L3"))
    yield "outline in doubt", waiting, with_vertebra(plan, quality=doubted)
    for looser in (("A2 was loosened.",), ("A2 was loosened.", "A3 too.")):
        begun = replace(plan, looser_limits=looser)
        yield f"begun under {len(looser)} looser limits", begun, good_scene(plan)
    for name, change in (
        ("named right", {"side": Side.RIGHT}),
        ("on the midline", {"entry": PointLps(1.0, 84.0, 10.0)}),
        ("named L4", {"level": Level.L4}),
        ("in front of the body", {"tip": PointLps(8.0, -30.0, 4.0)}),
    ):
        moved = plan.with_trajectory(replace(plan.trajectory("t1"), **change))
        yield f"needle {name}", moved, good_scene(moved)


def on_scan(plan):
    """Scans and outlines that are old, thick, of another patient, or too small."""
    ct, anatomy = spine()
    for name, change in (
        ("old and thick", {"acquired": "20261001", "slice_thickness_mm": 2.5}),
        ("without a position", {"patient_position": ""}),
        ("without a digest", {"sha256": ""}),
    ):
        record = replace(ct.record, **change)
        yield f"scan {name}", plan, good_scene(plan, replace(ct, record=record), anatomy)
    yield "outlines of another scan", plan, with_anatomy(plan, ct_sha256="1" * 64)
    other = replace(plan, scan=replace(plan.scan, sha256="1" * 64))
    yield "plan of another scan", other, good_scene(plan)
    yield "both of another scan", other, with_anatomy(plan, ct_sha256="1" * 64)
    yield "outlines end behind the tip", plan, good_scene(plan, ct, from_row(anatomy, 30))


def from_row(anatomy, row):
    """Outlines that begin at a row, in front of which the scan shows more."""
    i, j, k = anatomy.geometry.size_ijk
    names = ("labels", "bodies", "discs", "foramina", "canal", "lesion")
    cut = {name: getattr(anatomy, name)[:, row:].copy() for name in names}
    masks = {name: mask[:, row:].copy() for name, mask in anatomy.masks.items()}
    geometry = anatomy.geometry.cropped((0, row, 0), (i, j - row, k))
    return replace(anatomy, geometry=geometry, masks=masks, **cut)


def on_needles():
    for dx in (-2.0, -3.0, -4.5, -6.5, 4.5, 6.5, 8.5):
        plan = shifted(dx)
        yield f"needle {dx:+g} mm to the left", plan, good_scene(plan)
    for dz in (-9.0, 9.0):
        plan = shifted(0.0, dz=dz)
        yield f"needle {dz:+g} mm up", plan, good_scene(plan)
    plan = shifted(0.0, approach=Approach.PARAPEDICULAR)
    yield "parapedicular", plan, good_scene(plan)
    plan, (_, anatomy) = good_plan(), spine()
    pedicles = dict(anatomy.vertebrae[Level.L3].pedicles)
    pedicles[Side.LEFT] = replace(pedicles[Side.LEFT], width_mm=Interval(3.0, 10.0, 12.0))
    yield "narrow pedicle", plan, with_vertebra(plan, pedicles=pedicles)
    yield "short shaft", plan, with_numbers(plan, shaft_length_mm=100.0)
    yield "antenna near its cannula", plan, with_numbers(plan, tip_beyond_cannula_mm=9.0)
    back = plan.with_trajectory(replace(plan.trajectory("t1"), tip=PointLps(9.0, -2.0, 4.0)))
    yield "tip too far back", back, with_anatomy(back, lesion=None)
    for intent in ("palliative", "curative"):
        plan = answered(intent=intent)
        yield f"large lesion, {intent}", plan, with_anatomy(plan, lesion=big_lesion())


def on_zones():
    plan = good_plan()
    for radius in (8.0, 13.0, 16.0, 20.0):
        zones = {"a1": zone_for(plan, half_length=radius, half_width=radius)}
        yield f"zone of {radius:g} mm", plan, good_scene(plan, zones=zones)
        scene = with_vertebra(plan, posterior_wall=broken())
        yield f"zone of {radius:g} mm, broken wall", plan, replace(scene, zones=zones)
    for heat in ({"peak": 43.0, "dose": 12.0}, {"peak": 50.0, "dose": 30.0}, {"peak": 38.0}):
        said = f"heated to {heat['peak']:g} °C"
        yield said, plan, good_scene(plan, **exposed(plan, **heat))
    hot = exposed(plan, peak=50.0)
    for radius in (12.0, 20.0):
        larger = exposure_for(plan, hot["exposures"]["a1"].at_structures, radius=radius)
        scene = good_scene(plan, zones=hot["zones"], exposures={"a1": larger})
        yield f"simulated to {radius:g} mm", plan, scene
    gone = {"a1": MissingZone(ablation_id="a1", reason="The setting is not in its table.")}
    yield "no zone, hot", plan, good_scene(plan, zones=gone, exposures=hot["exposures"])
    for power, time in ((35.0, 90.0), (40.0, 60.0), (20.0, 100.0)):
        burn = replace(plan.ablations[0], power_w=power, time_s=time)
        weak = replace(plan, ablations=(burn,))
        yield f"{power:g} W for {time:g} s", weak, good_scene(weak)
    for tissue in ("porcine liver", ""):
        scene = good_scene(plan, zones={"a1": zone_for(plan, tissue=tissue)})
        yield f"zone of {tissue or 'nothing'}", plan, scene
    near_skin = zone_for(plan)
    shape = replace(near_skin.shape, centre=PointLps(10.0, 70.0, 0.0))
    yield "zone at the skin", plan, good_scene(plan, zones={"a1": replace(near_skin, shape=shape)})
    for apart in (2.0, 3.6):
        first, step = plan.trajectory("t1"), np.array([-apart, 0.0, 0.0])
        second = replace(first, id="t2", entry=first.entry.moved(step), tip=first.tip.moved(step))
        beside = plan.with_trajectory(second)
        yield f"two needles {apart:g} mm apart", beside, good_scene(beside)
    for apart in (8.0, 16.0, 21.0):
        first, step = plan.trajectory("t1"), np.array([-apart, 0.0, 0.0])
        second = replace(first, id="t2", entry=first.entry.moved(step), tip=first.tip.moved(step))
        burns = [replace(plan.ablations[0], duty_percent=60.0)]
        burns.append(replace(burns[0], id="a2", trajectory_id="t2"))
        two = replace(plan, trajectories=(first, second), ablations=tuple(burns))
        yield f"two zones {apart:g} mm apart", two, good_scene(two)
        cold = with_device(two, modality=Modality.CRYO)
        for lowest in (8.0, -2.0):
            said = f"two cryoprobes {apart:g} mm apart, {lowest:g} °C"
            yield said, two, replace(cold, **exposed(two, lowest=lowest))
    chilled = answered(thermometer_celsius=5.0)
    yield "thermometer at 5 °C", chilled, with_device(chilled, modality=Modality.CRYO)


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
        scene = good_scene(plan, cements={"c1": replace(fill, fill_fraction=share)})
        yield f"{volume:g} mL in {share:.0%} at y {centre.y_mm:g}", plan, scene
    plan = good_plan()
    yield "broken wall", plan, with_vertebra(plan, posterior_wall=broken())
    yield "collapsed body", plan, with_vertebra(plan, body_size_mm=(44.0, 34.0, 20.0))
    at_t8 = plan.with_trajectory(replace(plan.trajectory("t1"), level=Level.T8))
    for wall in (broken(), broken(intact=True)):
        vertebra = replace(anatomy.vertebrae[Level.L3], posterior_wall=wall, level=Level.T8)
        scene = with_anatomy(at_t8, vertebrae={**anatomy.vertebrae, Level.T8: vertebra})
        yield f"at T8, wall intact {wall.intact}", at_t8, scene
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
        yield f"cement in {count} levels", many, good_scene(many)
    recalled = replace(zone_for(plan), model=replace(LABEL, status=Status.RECALLED))
    yield "zone from memory", plan, good_scene(plan, zones={"a1": recalled})
    yield "diameter from memory", plan, replace(good_scene(plan), catalog=diameters_from_memory())


def on_cavities():
    """Balloons and stents: clear of the canal, beside it, in it, and drawn by nobody."""
    for name, y_mm in (("clear", -7.0), ("beside the canal", 6.0), ("in the canal", 16.0)):
        yield f"balloon {name}", *with_balloon(at=(0.0, y_mm, 0.0))
    stent = with_balloon(at=(0.0, 16.0, 0.0), technique=CementTechnique.VERTEBRAL_STENT)
    yield "stent in the canal", *stent
    yield "balloon that is not drawn", *with_balloon(drawn=False)

    plan, scene = with_balloon(at=(0.0, 16.0, 0.0))
    yield "balloon, no cement predicted", plan, replace(scene, cements={})
    without = with_anatomy(plan, foramina=np.zeros_like(scene.anatomy.foramina))
    yield "balloon, no foramina", plan, replace(without, cements=scene.cements)
    masks = {**scene.anatomy.masks, "cord": np.zeros_like(scene.anatomy.canal)}
    empty = with_anatomy(plan, masks=masks)
    yield "balloon in the canal, an empty cord", plan, replace(empty, cements=scene.cements)
    plan, scene = with_balloon()
    row = round(float(scene.anatomy.geometry.ijk(np.array([0.0, -15.5, 0.0]))[1]))
    cut = replace(scene, anatomy=from_row(scene.anatomy, row))
    yield "balloon beyond the outlines", plan, cut


def on_layers():
    """Layers of gas and fluid that stay or leave, and words beside them."""
    ct, anatomy = spine()
    for position in ("HFP", "HFS", ""):
        lying = replace(ct, record=replace(ct.record, patient_position=position))
        for agent in Agent:
            plan = replace(answered(protection="gap"), protection=(layer(agent, 1.0),))
            said = f"{agent} behind the canal, {position or 'position unknown'}"
            yield said, plan, good_scene(plan, lying, anatomy, **exposed(plan, peak=46.0))
    plan = replace(answered(protection="CO2 dependent"), protection=(layer(Agent.CO2, -1.0),))
    yield "CO2 in front, said to be below", plan, good_scene(plan)
    plan = replace(answered(protection=None), protection=(layer(Agent.CO2, -1.0),))
    yield "CO2 in front, protection not answered", plan, good_scene(plan)
    plan = replace(answered(dissection_fluid="D5W"), protection=(layer(Agent.SALINE, 1.0),))
    yield (
        "a layer of saline, monopolar RF",
        plan,
        with_device(plan, modality=Modality.MONOPOLAR_RF),
    )


def on_fills():
    """Fills that are of something else, or say less than what is injected."""
    plan, (_, anatomy) = good_plan(), spine()
    fill = cement_for(plan, anatomy.geometry)
    smaller = cement_for(plan, anatomy.geometry, radius=5.5)
    aside = cement_for(
        plan, anatomy.geometry, centre=plan.trajectory("t1").tip.moved(np.array([-3.0, 0.0, 0.0]))
    )
    for name, change in (
        ("of another injection", {"cement_injection_id": "c2"}),
        ("of another volume", {"asked_ml": 9.0}),
        ("without a share", {"fill_fraction": np.nan}),
        ("without its doubt", {"band_mm": 2.0}),
        ("smaller than what is injected", {"placed_ml": 9.0}),
        ("judged by a smaller one", {"worst": replace(smaller, placed_ml=0.1)}),
        ("judged by one aside", {"worst": replace(aside, placed_ml=0.1)}),
        ("judged by a larger one", {"worst": cement_for(plan, anatomy.geometry, radius=9.0)}),
    ):
        yield f"fill {name}", plan, good_scene(plan, cements={"c1": replace(fill, **change)})


def on_sizes():
    """Bone needles whose size was typed, with devices of known and unknown length."""
    plan = good_plan()
    known = with_numbers(plan, shaft_length_mm=150.0, tip_beyond_cannula_mm=15.0)
    unknown = with_numbers(plan, tip_beyond_cannula_mm=15.0)
    first = unknown.catalog.devices["eco-mwa"]
    left = {key: one for key, one in first.numbers.items() if key != "shaft_length_mm"}
    unknown = with_device(plan, numbers=left)
    shaft = first.numbers["shaft_length_mm"]
    memory = {**left, "shaft_length_mm": replace(shaft, status=Status.RECALLED)}
    for length in (80.0, 130.0, 140.0):
        size = NeedleSize(outer_diameter_mm=2.4, length_mm=length)
        sized = plan.with_trajectory(replace(plan.trajectory("t1"), size=size))
        for said, by in (("", known), (", no shaft known", unknown)):
            scene = replace(good_scene(sized), catalog=by.catalog)
            yield f"bone needle of {length:g} mm{said}", sized, scene
    yield "shaft from memory", plan, with_device(plan, numbers=memory)
    second = replace(plan.ablations[0], id="a2", device_id="another")
    two = replace(plan, ablations=(plan.ablations[0], second))
    yield "two devices of no length", two, replace(good_scene(two), catalog=unknown.catalog)


def ball(centre, radius=5.0):
    """Voxels of the tiny spine's grid within a ball."""
    _, anatomy = spine()
    place = anatomy.geometry.lps_mm(np.stack(np.indices(anatomy.labels.shape)[::-1], axis=-1))
    return np.linalg.norm(place - np.array(centre), axis=-1) <= radius


def on_structures():
    """Structures outlined besides canal and foramina: met, near, far, or beside another level."""
    plan, (_, anatomy) = good_plan(), spine()
    aorta, empty = ball((8.0, -22.0, 4.0)), np.zeros_like(anatomy.canal)
    for name, masks in (
        ("aorta in front", {"aorta": aorta}),
        ("aorta and vena cava", {"aorta": aorta, "vena_cava": ball((-8.0, -22.0, 4.0))}),
        ("aorta at the tip", {"aorta": ball((8.0, -13.0, 4.0)), "vena_cava": empty}),
        (
            "cord, sac and a root",
            {
                "cord": ball((0.0, 27.0, 0.0)),
                "dural_sac": ball((0.0, 27.0, 0.0), 8.0),
                "root:L3:left": ball((20.0, 26.0, -9.0), 3.0),
            },
        ),
        ("cord that is empty", {"cord": empty}),
    ):
        scene = with_anatomy(plan, masks={**anatomy.masks, **masks})
        yield name, plan, scene
        if name == "aorta in front":
            seen = replace(scene.anatomy, seen_at={"aorta": frozenset({Level.L2})})
            yield "aorta beside L2 only", plan, replace(scene, anatomy=seen)
    on = plan.with_trajectory(replace(plan.trajectory("t1"), level=Level.L1))
    at_l1 = {**anatomy.vertebrae, Level.L1: replace(anatomy.vertebrae[Level.L3], level=Level.L1)}
    yield "pleura not outlined at L1", on, with_anatomy(on, vertebrae=at_l1)
    masks = {**anatomy.masks, "pleura": ball((30.0, 0.0, 4.0))}
    yield "pleura at L1", on, with_anatomy(on, vertebrae=at_l1, masks=masks)


def on_gaps():
    """What is not there: outlines, predictions, settings, and all beyond what was scanned."""
    plan = good_plan()
    for what in NOT_OUTLINED:
        yield f"{what} not outlined", plan, less(what)
    yield "no zone", plan, good_scene(plan, zones={})
    yield "no cement predicted", plan, good_scene(plan, cements={})
    for name in ("power_w", "time_s"):
        unset = replace(plan, ablations=(replace(plan.ablations[0], **{name: None}),))
        yield f"no {name}", unset, good_scene(unset)
    yield "no duty", plan, with_device(plan, modality=Modality.CRYO)
    yield "unknown device", plan, good_scene(plan, catalog=replace(CATALOG, devices={}))
    empty = good_plan(trajectories=(), ablations=(), cements=())
    yield "nothing planned", empty, good_scene(empty)
    yield from on_edges(plan)


def on_edges(plan):
    """At and beyond the ends of what was scanned, in place and in time."""
    ct, anatomy = spine()
    for name, day in (("today", "20261121"), ("tomorrow", "20261122")):
        record = replace(ct.record, acquired=day)
        yield f"scan of {name}", plan, good_scene(plan, replace(ct, record=record), anatomy)
    away = plan.with_trajectory(replace(plan.trajectory("t1"), entry=PointLps(38.0, 200.0, 10.0)))
    yield "entry beyond the scan", away, good_scene(away)
    padded = ball((5.0, -1.0, 4.5), 1.5)  # beside the needle, in its zone and its cement
    scene = replace(good_scene(plan), ct=replace(ct, outside_scan=padded))
    for name, on in (("zone", replace(plan, cements=())), ("cement", replace(plan, ablations=()))):
        yield f"padding in the {name}", on, scene


GOOD = "a good plan"


@cache
def every_plan():
    """All these plans by name, each with its scene."""
    plan = good_plan()
    bare = replace(plan, ablations=(), cements=())
    plans = [
        (GOOD, plan, good_scene(plan)),
        *on_patient(),
        *on_needles(),
        *on_zones(),
        *on_cement(),
        *on_cavities(),
        *on_layers(),
        *on_fills(),
        *on_sizes(),
        *on_structures(),
        *on_gaps(),
        ("a needle alone", bare, good_scene(bare)),
        *after_treatment(plan),
    ]
    found = {name: (one, scene) for name, one, scene in plans}
    assert len(found) == len(plans), "two plans of one name"
    return found


def after_treatment(plan):
    """Complications recorded with and without a grade by CTCAE."""
    bare = Complication(what="pain", cirse_scheme="cirse-2017", cirse_grade="2")
    whole = replace(bare, ctcae_scheme="ctcae-5", ctcae_grade="1")
    for name, told in (("graded", (whole,)), ("half graded", (whole, bare))):
        one = replace(plan, outcome=Outcome(complications_asked=True, complications=told))
        yield f"complications {name}", one, good_scene(one)


@cache
def everything_said():
    """``[(plan, scene, rule, part, outcome)]`` over all these plans."""
    plans = every_plan().values()
    return [(one, scene, *said) for one, scene in plans for said in spoken(one, scene)]


def limits_of(rule):
    """The limits of a rule as they are written."""
    values = [one.value for one in CATALOG.rules[rule].thresholds.values()]
    return {f"{one:g}" for one in values} | {f"{100 * one:.0f}" for one in values}
