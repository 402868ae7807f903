"""Each rule on a measured number, just below, exactly at and just above its limit."""

from dataclasses import replace
from math import inf, nextafter

import pytest

from planner.domain.devices import Modality
from planner.domain.levels import Level
from planner.geometry.points import PointLps
from planner.safety import ablation, cement, needle, temperature
from planner.safety.case import Case
from planner.safety.identity import needle_is_on_its_side
from planner.safety.lesion import LevelLesion
from planner.safety.measured import Measured, MissingInputError
from planner.safety.naming import names
from planner.safety.ruler import Ruler
from safety.cases import CATALOG, good_plan, good_scene, spine, zone_for
from safety.rule_cases import (
    BLOCK,
    INFO,
    STOP,
    WARN,
    broken,
    exposed,
    with_balloon,
    with_device,
    with_numbers,
    with_vertebra,
)

ROOMS = (needle, ablation, temperature, cement)
JUDGES = {rule.id: rule.judge for room in ROOMS for rule in room.RULES}


def below(value):
    return nextafter(value, -inf)


def above(value):
    return nextafter(value, inf)


class Told(Ruler):
    """A ruler that reads one distance to everything."""

    def __init__(self, anatomy, distance_mm):
        super().__init__(anatomy)
        self.distance_mm = distance_mm

    def read(self, structure):
        return Measured(
            structure=structure, distance_mm=self.distance_mm, at=PointLps(1.0, 2.0, 3.0)
        )

    def needle(self, needle, name):
        return self.read(name)

    def zone(self, zone, name):
        return self.read(name)

    def cement(self, cement, name):
        return self.read(name)

    def killed(self, killed, name):
        return self.read(name)

    def needle_to_wall(self, needle, level):
        return self.read("posterior_wall")

    def cement_to_wall(self, cement, level):
        return self.read("posterior_wall")

    def zone_to_skin(self, zone):
        return self.read("skin")

    def between_needles(self, one, other):
        return self.read("other_needle")

    def depth_in_bone(self, needle, level, vertebra):
        return self.read(f"bone:{level}")


def judged(rule, plan, scene, distance_mm=30.0):
    """The heaviest severity of one rule on the first part it judges, or none."""
    ruler = Told(scene.anatomy, distance_mm)
    case = Case(plan, scene, ruler, CATALOG.rules[rule], names(plan))
    parts = {"N": plan.trajectories, "A": plan.ablations, "C": plan.cements}[rule[0]]
    if rule in {"N7", "N9", "N10"}:
        parts = plan.ablations
    if rule == "N8":
        parts = plan.cements
    given = () if rule in {"A12", "C5", "N11"} else parts[:1]
    outcome = JUDGES[rule](case, *given)
    return min((one.severity for one in outcome.findings), key=lambda s: s.rank, default=None)


ERROR = CATALOG.rules["N2"].thresholds["placement_error_mm"].value

DISTANCES = [
    ("N1", 0.0, BLOCK),
    ("N1", above(0.0), None),
    ("N2", 0.0, None),
    ("N2", above(0.0), STOP),
    ("N2", below(2.0 + ERROR), STOP),
    ("N2", 2.0 + ERROR, WARN),
    ("N2", below(5.0 + ERROR), WARN),
    ("N2", 5.0 + ERROR, None),
    ("N11", 0.0, STOP),
    ("N11", above(0.0), WARN),
    ("N11", below(1.0), WARN),
    ("N11", 1.0, None),
    ("A1", 0.0, BLOCK),
    ("A1", above(0.0), None),
    ("A2", 0.0, None),
    ("A2", above(0.0), STOP),
    ("A2", below(5.0), STOP),
    ("A2", 5.0, None),
    ("A3", below(5.0), None),
    ("A3", 5.0, WARN),
    ("A3", below(10.0), WARN),
    ("A3", 10.0, None),
    ("A4", 0.0, None),
    ("A4", above(0.0), BLOCK),
    ("A4", below(5.0), BLOCK),
    ("A4", 5.0, STOP),
    ("A4", below(10.0), STOP),
    ("A4", 10.0, None),
    ("A9", 10.0, STOP),
    ("A9", above(10.0), None),
    ("A18", below(10.0), WARN),
    ("A18", 10.0, None),
    ("C1", below(5.0), None),
    ("C1", 5.0, INFO),
    ("C2", below(5.0), WARN),
    ("C2", 5.0, None),
    ("C3", 0.0, STOP),
    ("C3", above(0.0), None),
    ("C11", 0.0, BLOCK),
    ("C11", above(0.0), STOP),
    ("C11", below(3.0), STOP),
    ("C11", 3.0, None),
    ("C9", 0.0, BLOCK),
    ("C9", above(0.0), None),
]


@pytest.mark.parametrize(("rule", "distance_mm", "severity"), DISTANCES)
def test_that_a_distance_weighs_from_its_limit_on(rule, distance_mm, severity):
    plan = good_plan()
    strong = (replace(plan.ablations[0], power_w=40.0),)
    plan = replace(plan, ablations=strong)
    if rule == "N11":
        plan = plan.with_trajectory(replace(plan.trajectory("t1"), id="t2"))
    scene = with_vertebra(plan, posterior_wall=broken()) if rule == "A4" else good_scene(plan)
    if rule == "C11":
        plan, scene = with_balloon()
    assert judged(rule, plan, scene, distance_mm) is severity


def test_that_vessels_nobody_outlined_need_more_than_2_5_mm_of_bone():
    plan = good_plan()
    scene = good_scene(plan)
    for depth_mm, counted in ((2.5, False), (above(2.5), True)):
        ruler = Told(scene.anatomy, depth_mm)
        case = Case(plan, scene, ruler, CATALOG.rules["N1"], names(plan))
        outcome = JUDGES["N1"](case, plan.trajectories[0])
        assert (outcome.missing == ()) is counted


@pytest.mark.parametrize(("away_mm", "asked"), [(below(12.0), True), (12.0, False)])
@pytest.mark.parametrize("rule", ["A6", "A7"])
def test_that_heat_is_asked_for_up_to_10_mm_beyond_the_band(rule, away_mm, asked):
    plan = good_plan()
    scene = good_scene(plan, zones={"a1": zone_for(plan, band=2.0)})
    if not asked:
        assert judged(rule, plan, scene, away_mm) is None
        return
    with pytest.raises(MissingInputError, match="was not simulated"):
        judged(rule, plan, scene, away_mm)


@pytest.mark.parametrize("rule", ["A6", "A7"])
def test_that_simulated_heat_is_judged_however_far_the_zone_ends(rule):
    plan = good_plan()
    hot = good_scene(plan, **exposed(plan, peak=50.0, dose=30.0))
    scene = replace(hot, zones={"a1": zone_for(plan, band=2.0)})
    assert judged(rule, plan, scene, 30.0) is (BLOCK if rule == "A6" else STOP)


BREACHES = [
    ("N4", "medial", 0.0, None),
    ("N4", "medial", above(0.0), STOP),
    ("N4", "medial", 2.0, STOP),
    ("N4", "medial", above(2.0), BLOCK),
    *(
        ("N5", direction, breach, severity)
        for direction in ("lateral", "superior", "inferior")
        for breach, severity in (
            (0.0, None),
            (above(0.0), INFO),
            (2.0, INFO),
            (above(2.0), WARN),
            (4.0, WARN),
            (above(4.0), STOP),
        )
    ),
]


def breached(monkeypatch, direction, breach):
    inside = dict.fromkeys(("medial", "lateral", "superior", "inferior"), -9.0)
    monkeypatch.setattr(needle, "_breaches", lambda *_: {**inside, direction: breach})


@pytest.mark.parametrize(("rule", "direction", "breach", "severity"), BREACHES)
def test_that_a_breach_weighs_from_its_limit_on(monkeypatch, rule, direction, breach, severity):
    breached(monkeypatch, direction, breach)
    plan = good_plan()
    assert judged(rule, plan, good_scene(plan)) is severity


@pytest.mark.parametrize(
    ("direction", "breach", "severity"),
    [
        ("lateral", 2.0, None),
        ("lateral", 3.0, INFO),
        ("lateral", 5.0, WARN),
        ("superior", 3.0, WARN),
        ("inferior", 5.0, STOP),
    ],
)
def test_that_a_rib_takes_one_step_off_a_lateral_breach_only(
    monkeypatch, direction, breach, severity
):
    breached(monkeypatch, direction, breach)
    plan = good_plan()
    plan = plan.with_trajectory(replace(plan.trajectory("t1"), level=Level.T8))
    assert judged("N5", plan, good_scene(plan)) is severity


def test_that_a_pedicle_is_wide_enough_by_one_millimetre_exactly(monkeypatch):
    plan = good_plan()
    scene = good_scene(plan)
    devices = [CATALOG.devices["eco-mwa"]]
    needed = CATALOG.access_diameter(devices).value + 1.0
    for width, severity in ((below(needed), STOP), (needed, None)):
        monkeypatch.setattr(needle, "width_across_path_mm", lambda *_, width=width: width)
        assert judged("N3", plan, scene) is severity


def test_that_a_shaft_that_is_just_long_enough_is():
    on = replace(
        good_plan().trajectory("t1"), entry=PointLps(8.0, 73.0, 4.0), tip=PointLps(8.0, -7.0, 4.0)
    )
    plan = good_plan().with_trajectory(on)
    for shaft, severity in ((below(100.0), BLOCK), (100.0, None)):
        assert judged("N6", plan, with_numbers(plan, shaft_length_mm=shaft)) is severity


def test_that_an_antenna_15_mm_beyond_its_cannula_is_far_enough():
    plan = good_plan()
    for beyond, severity in ((below(15.0), STOP), (15.0, None)):
        assert judged("N7", plan, with_numbers(plan, tip_beyond_cannula_mm=beyond)) is severity


@pytest.mark.parametrize(("share", "severity"), [(0.66669, WARN), (0.66671, None)])
def test_that_the_anterior_third_begins_at_two_thirds(monkeypatch, share, severity):
    monkeypatch.setattr(needle, "_in_front_of_tumour", lambda *_: False)
    plan = good_plan()
    tip = PointLps(8.0, -(share - 0.5) * 34.0, 4.0)
    plan = plan.with_trajectory(replace(plan.trajectory("t1"), tip=tip))
    assert judged("N8", plan, good_scene(plan)) is severity


@pytest.mark.parametrize(
    ("y", "in_front"), [(-4.1, False), (-3.9, True), (-0.6, True), (-0.4, False)]
)
def test_that_a_tip_in_the_front_half_of_the_tumour_is_in_front(y, in_front):
    """The voxels of the tumour lie at y -4 to 3, their middle at -0.5."""
    plan = good_plan()
    tip = PointLps(10.0, y, 4.0)
    plan = plan.with_trajectory(replace(plan.trajectory("t1"), tip=tip))
    scene = good_scene(plan)
    assert (judged("N8", plan, scene) is None) is in_front


@pytest.mark.parametrize(("share", "severity"), [(below(0.6667), None), (0.6667, STOP)])
def test_that_two_thirds_of_a_body_are_a_large_lesion(monkeypatch, share, severity):
    _, anatomy = spine()
    points = Ruler(anatomy).lesion_points(Level.L3)
    monkeypatch.setattr(needle, "lesion_at", lambda *_: LevelLesion(points, 0.001, share))
    plan = good_plan()
    assert judged("N9", plan, good_scene(plan)) is severity


def beside(apart_mm, **changes):
    """Two needles side by side with zones of 7 mm, tips this far apart."""
    plan = good_plan()
    first = plan.trajectory("t1")
    both = tuple(
        replace(first, id=name, entry=PointLps(x, 64.0, 4.0), tip=PointLps(x, 0.0, 4.0))
        for name, x in (("t1", 0.0), ("t2", apart_mm))
    )
    burns = [replace(plan.ablations[0], **changes)]
    burns.append(replace(burns[0], id="a2", trajectory_id="t2"))
    return replace(plan, trajectories=both, ablations=tuple(burns), cements=())


@pytest.mark.parametrize(("apart_mm", "severity"), [(23.999, WARN), (24.0, None)])
def test_that_zones_10_mm_apart_are_far_enough(apart_mm, severity):
    plan = beside(apart_mm)
    assert judged("A12", plan, good_scene(plan)) is severity


@pytest.mark.parametrize(
    ("apart_mm", "severity"),
    [(15.0, None), (above(15.0), INFO), (20.0, INFO), (above(20.0), STOP)],
)
def test_that_cryoprobes_weigh_from_their_limits_on(apart_mm, severity):
    plan = beside(apart_mm, duty_percent=70.0)
    assert judged("A14", plan, with_device(plan, modality=Modality.CRYO)) is severity


@pytest.mark.parametrize(
    ("power", "time", "severity"),
    [
        (30.0, 90.0, None),
        (above(30.0), 90.0, WARN),
        (30.0, above(90.0), WARN),
        (below(40.0), 1.0, WARN),
        (40.0, 1.0, STOP),
    ],
)
def test_that_microwave_weighs_from_its_limits_on(power, time, severity):
    plan = good_plan()
    burn = replace(plan.ablations[0], power_w=power, time_s=time)
    plan = replace(plan, ablations=(burn,))
    assert judged("A9", plan, good_scene(plan), 1.0) is severity


@pytest.mark.parametrize(("x", "severity"), [(below(2.0), BLOCK), (2.0, None), (-2.0, BLOCK)])
def test_that_a_side_begins_2_mm_from_the_midline(x, severity):
    plan = good_plan()
    on = replace(plan.trajectory("t1"), entry=PointLps(x, 84.0, 10.0))
    plan = plan.with_trajectory(on)
    scene = good_scene(plan)
    case = Case(plan, scene, Ruler(scene.anatomy), CATALOG.rules["P3"], names(plan))
    findings = needle_is_on_its_side(case, on).findings
    assert [one.severity for one in findings] == ([severity] if severity else [])
    if x == -2.0:
        assert "enters on the right of L3" in findings[0].message
    elif findings:
        assert "enters on the midline of L3" in findings[0].message
