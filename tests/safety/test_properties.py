"""What must hold for any plan: mirrors, rigid motion, and more of a hazard is never milder."""

import os
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from planner.domain.finding import Severity, Verdict
from planner.domain.levels import Level, Side
from planner.domain.structures import CANAL, SKIN
from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry
from planner.safety import assess
from planner.safety.ruler import Ruler, ruler_for
from planner.safety.tiny_spine import moved_point, tiny_grid, tiny_spine
from safety.cases import cement_for, found, good_plan, good_scene, needle, spine, zone_for

EXAMPLES = int(os.environ.get("SAFETY_EXAMPLES", "200"))
many = settings(max_examples=EXAMPLES, deadline=None)

MOVES_MM = st.floats(-6.0, 6.0)
RADII_MM = st.floats(3.0, 18.0)
DISTANCE_RULES = ("N1", "N2", "N4", "A1", "A2", "A3", "A4", "C2", "C3", "C9")
SPARED = (CANAL, "foramen:L2:left", "foramen:L2:right", "foramen:L3:left", "foramen:L3:right")


def plan_at(dx, dy, dz, side=Side.LEFT):
    tip, entry = np.array((8.0, -7.0, 4.0)), np.array((38.0, 84.0, 10.0))
    step = np.array((dx, dy, dz))
    on = needle(1, side, tip=tuple(tip + step), entry=tuple(entry + step))
    return good_plan(trajectories=(on,), cements=())


def severities(plan, anatomy=None, **zone):
    ct, usual = spine()
    zones = {"a1": zone_for(plan, **zone)} if zone else {}
    return assess(plan, good_scene(plan, ct, anatomy or usual, zones=zones))


@cache
def other_sided():
    """The tiny spine with its lesion, the one thing that lies on a side, on the other."""
    _, anatomy = spine()
    lesion = np.zeros_like(anatomy.lesion)
    lesion[:, :, 1:] = anatomy.lesion[:, :, :0:-1]  # its first column lies on no mirrored one
    return replace(anatomy, lesion=lesion)


def rank_of(assessment, rules=DISTANCE_RULES):
    """The heaviest rank of the distance rules; 9 where none spoke."""
    said = found(assessment)
    return min([said[name].rank for name in rules if name in said], default=9)


def heaviest(assessment):
    return min((item.severity.rank for item in assessment.findings), default=9)


def disbelieved(assessment):
    """Whether two ways of measuring disagreed, so that a distance is NOT EVALUATED."""
    return any("two ways of measuring" in item.message for item in assessment.findings)


@many
@example(dx=-1.25, dy=1.0, dz=0.0, radius=18.0)  # one side was doubted on a coarser field
@example(dx=1.0, dy=0.0, dz=0.0, radius=7.0)  # clear, and the lesion is all that holds
@given(dx=MOVES_MM, dy=st.floats(-3.0, 3.0), dz=MOVES_MM, radius=RADII_MM)
def test_that_a_mirrored_plan_has_mirrored_findings_and_the_same_verdict(dx, dy, dz, radius):
    """A plan on the right of the mirrored patient must say what it says on the left."""
    left, right = plan_at(dx, dy, dz), plan_at(dx, dy, dz, Side.RIGHT)
    one = severities(left, half_length=radius, half_width=radius)
    two = severities(right, other_sided(), half_length=radius, half_width=radius)
    assert not disbelieved(one)
    assert not disbelieved(two)
    assert one.verdict is two.verdict
    swap = {"left": "right", "right": "left"}

    def key(item, mirrored):
        words = item.structure.split(":")
        if mirrored:
            words = [swap.get(word, word) for word in words]
        return (item.rule, item.severity, round(item.distance_mm or 0.0, 6), ":".join(words))

    first = sorted(key(item, False) for item in one.findings)
    second = sorted(key(item, True) for item in two.findings)
    # The grid is not symmetric to the last bit of a float, so a tie may name the other side.
    assert [item[:3] for item in first] == [item[:3] for item in second]


def rigid(angles, shift):
    """A proper rotation and a shift."""
    place = np.eye(4)
    for axis, angle in enumerate(angles):
        i, j = [other for other in range(3) if other != axis]
        turn = np.eye(4)
        turn[i, i] = turn[j, j] = np.cos(angle)
        turn[i, j], turn[j, i] = -np.sin(angle), np.sin(angle)
        place = turn @ place
    place[:3, 3] = shift
    return place


_GRID = tiny_grid(2.0)
_, _SPINE = tiny_spine(_GRID, acquired="20261120")


@many
@given(
    angles=st.tuples(*[st.floats(-np.pi, np.pi)] * 3),
    shift=st.tuples(*[st.floats(-300.0, 300.0)] * 3),
    radius=st.floats(3.0, 9.0),
    tip=st.tuples(st.floats(-8.0, 8.0), st.floats(-12.0, 8.0), st.floats(-8.0, 8.0)),
)
def test_that_a_rigid_motion_keeps_every_distance_within_0_05_mm(angles, shift, radius, tip):
    place = rigid(angles, shift)
    moved_grid = VolumeGeometry.from_matrix(_GRID.size_ijk, place @ _GRID.lps_from_ijk)
    moved = replace(_SPINE, geometry=moved_grid)
    here, there = Ruler(_SPINE), Ruler(moved)
    for name in (CANAL, "foramen:L3:left"):
        pairs = []
        for ruler, frame in ((here, np.eye(4)), (there, place)):
            on = needle(1, Side.LEFT, frame, tip=tip)
            plan = good_plan(trajectories=(on,))
            zone = zone_for(plan, half_length=radius, half_width=0.8 * radius)
            measured = ruler.zone(zone.shape, name)
            pairs.append((measured, frame))
        (one, _), (two, frame) = pairs
        assert abs(one.distance_mm - two.distance_mm) <= 0.05
        carried = moved_point(frame, one.at.array)
        gap = zone.shape.signed_distance_mm(carried.array)[0]
        assert gap == pytest.approx(two.distance_mm, abs=0.05)


@many
@given(dx=MOVES_MM, dz=MOVES_MM, radius=RADII_MM, more=st.floats(0.0, 6.0))
def test_that_a_larger_zone_is_never_milder(dx, dz, radius, more):
    plan = plan_at(dx, 0.0, dz)
    rules = ("A1", "A2", "A3", "A4")
    small = severities(plan, half_length=radius, half_width=radius)
    large = severities(plan, half_length=radius + more, half_width=radius + more)
    assert rank_of(large, rules) <= rank_of(small, rules)


@many
@given(dx=st.floats(-6.0, 0.0), nearer=st.floats(0.0, 6.0))
def test_that_a_needle_nearer_to_the_canal_is_never_milder(dx, nearer):
    far, near = plan_at(dx, 0.0, 0.0), plan_at(dx - nearer, 0.0, 0.0)
    rules = ("N1", "N2", "N4")
    assert rank_of(severities(near), rules) <= rank_of(severities(far), rules)


@cache
def with_larger_canal(grow):
    """The spine with its canal grown by so many voxels; made once, as surfaces are kept."""
    _, anatomy = spine(2.0)
    canal = anatomy.canal.copy()
    for _ in range(grow):
        canal[:, :, 1:] |= canal[:, :, :-1]
        canal[:, 1:, :] |= canal[:, :-1, :]
        canal[:, :, :-1] |= canal[:, :, 1:]
        canal[:, :-1, :] |= canal[:, 1:, :]
    return replace(anatomy, canal=canal)


@many
@given(grow=st.integers(1, 3), dx=MOVES_MM, radius=RADII_MM)
def test_that_a_larger_canal_is_never_milder(grow, dx, radius):
    ct, anatomy = spine(2.0)
    plan = replace(plan_at(dx, 0.0, 0.0), cements=good_plan().cements)
    zones = {"a1": zone_for(plan, half_length=radius, half_width=radius)}
    small = assess(plan, good_scene(plan, ct, anatomy, zones=zones))
    large = assess(plan, good_scene(plan, ct, with_larger_canal(grow), zones=zones))
    rules = ("N1", "N2", "A1", "A2", "A3", "C2", "C3", "C9")
    assert rank_of(large, rules) <= rank_of(small, rules)


@many
@given(dx=MOVES_MM, dz=MOVES_MM, other=MOVES_MM)
def test_that_adding_a_needle_never_removes_a_finding(dx, dz, other):
    one = plan_at(dx, 0.0, dz)
    second = replace(plan_at(other, 0.0, 0.0, Side.RIGHT).trajectories[0], id="t2")
    two = replace(one, trajectories=(*one.trajectories, second))
    scene = good_scene(one)
    before, after = found(assess(one, scene)), found(assess(two, scene))
    assert before.keys() <= after.keys()
    assert all(after[rule].rank <= severity.rank for rule, severity in before.items())


def without(anatomy, name):
    if name.startswith("foramen:"):
        foramina = anatomy.foramina.copy()
        _, level, side = name.split(":")
        label = Level(level).verse_label + (100 if side == "right" else 0)
        foramina[foramina == label] = 0
        return replace(anatomy, foramina=foramina)
    if name == CANAL:
        return replace(anatomy, canal=np.zeros_like(anatomy.canal))
    if name == SKIN:
        return replace(anatomy, masks={})
    if name == "pedicle":
        vertebra = replace(anatomy.vertebrae[Level.L3], pedicles={})
        return replace(anatomy, vertebrae={**anatomy.vertebrae, Level.L3: vertebra})
    if name == "posterior_wall":
        vertebra = replace(anatomy.vertebrae[Level.L3], posterior_wall=None)
        return replace(anatomy, vertebrae={**anatomy.vertebrae, Level.L3: vertebra})
    if name == "lesion":
        return replace(anatomy, lesion=None)
    if name == "vertebra":
        rest = {level: item for level, item in anatomy.vertebrae.items() if level is not Level.L3}
        return replace(anatomy, vertebrae=rest)
    return replace(anatomy, **{name: np.zeros_like(getattr(anatomy, name))})


@pytest.mark.parametrize(
    "name",
    [
        *SPARED,
        SKIN,
        "pedicle",
        "posterior_wall",
        "lesion",
        "vertebra",
        "labels",
        "bodies",
        "foramina",
    ],
)
def test_that_removing_a_structure_is_not_evaluated(name):
    ct, anatomy = spine(2.0)
    plan = good_plan()
    whole = good_scene(plan, ct, anatomy)
    less = replace(whole, anatomy=without(anatomy, name))
    assert Severity.NOT_EVALUATED not in found(assess(plan, whole)).values()
    assessment = assess(plan, less)
    assert Severity.NOT_EVALUATED in found(assessment).values()
    assert assessment.verdict is Verdict.HELD


@pytest.mark.parametrize(
    "name", ["aorta", "vena_cava", "pleura", "cord", "dural_sac", "root:L3:left"]
)
def test_that_a_further_structure_is_judged_where_it_is_outlined(name):
    ct, anatomy = spine(2.0)
    plan = good_plan()
    tip = plan.trajectory("t1").tip.array
    place = anatomy.geometry.lps_mm(
        np.stack(np.indices(anatomy.labels.shape)[::-1], axis=-1).astype(float)
    )
    lump = np.linalg.norm(place - tip, axis=-1) <= 5.0
    marked = replace(anatomy, masks={**anatomy.masks, name: lump})
    level = Level.L1 if name == "pleura" else Level.L3
    vertebrae = {**anatomy.vertebrae, level: replace(anatomy.vertebrae[Level.L3], level=level)}
    on = replace(plan.trajectory("t1"), level=level)
    plan = plan.with_trajectory(on)
    scene = good_scene(plan, ct, replace(marked, vertebrae=vertebrae))
    assessment = assess(plan, scene)
    assert found(assessment)["N1"] is Severity.BLOCK
    assert name in {item.structure for item in assessment.findings} or any(
        name in item.message for item in assessment.findings
    )


def test_that_a_canal_still_blocks_where_another_structure_is_missing():
    ct, anatomy = spine()
    plan = plan_at(-8.0, 0.0, 0.0)
    less = without(anatomy, "foramen:L2:right")
    rules = found(assess(plan, good_scene(plan, ct, less)))
    assert rules["N1"] is Severity.BLOCK
    assert rules["E12"] is Severity.NOT_EVALUATED


def test_that_a_thoracic_needle_without_a_pleura_is_not_evaluated():
    ct, anatomy = spine()
    plan = good_plan()
    plan = plan.with_trajectory(replace(plan.trajectory("t1"), level=Level.T8))
    vertebrae = {
        **anatomy.vertebrae,
        Level.T8: replace(anatomy.vertebrae[Level.L3], level=Level.T8),
    }
    assessment = assess(plan, good_scene(plan, ct, replace(anatomy, vertebrae=vertebrae)))
    assert not {"N1", "N2"} & set(assessment.checked)


@pytest.mark.parametrize(
    ("y", "severity"), [(-9.0, Severity.WARN), (-12.5, Severity.NOT_EVALUATED)]
)
def test_that_bone_stands_for_vessels_nobody_outlined(y, severity):
    plan = good_plan()
    tip = replace(plan.trajectory("t1"), tip=PointLps(8.0, y, 4.0))
    assessment = assess(plan.with_trajectory(tip), good_scene(plan))
    aorta = [item for item in assessment.findings if "aorta" in item.message]
    assert [item.severity for item in aorta] == [severity]


def test_that_two_ways_that_disagree_are_not_evaluated(monkeypatch):
    ct, anatomy = spine(2.0)
    plan = good_plan()
    scene = good_scene(plan, ct, replace(anatomy))
    canal = ruler_for(scene.anatomy).structure(CANAL)
    honest = canal.field_mm
    monkeypatch.setattr(type(canal), "field_mm", lambda self, points: honest(points) + 0.9)
    assessment = assess(plan, scene)
    said = [item.message for item in assessment.findings if item.rule == "E12"]
    assert any("two ways of measuring the distance to the canal differ" in words for words in said)


def test_that_cement_near_the_wall_is_measured_from_its_surface():
    plan = good_plan()
    _, anatomy = spine()
    cement = cement_for(plan, anatomy.geometry, radius=6.0, centre=PointLps(0.0, 0.0, 0.0))
    ruler = ruler_for(anatomy)
    # A voxel reaches half a millimetre beyond its centre, of cement and of canal.
    assert ruler.cement_to_wall(cement, Level.L3).distance_mm == pytest.approx(10.5, abs=0.1)
    assert ruler.cement(cement, CANAL).distance_mm == pytest.approx(11.0, abs=1e-6)
