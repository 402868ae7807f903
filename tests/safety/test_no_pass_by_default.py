"""Where a number or a word a rule leans on is none at all, the rule says so and does not pass."""

import gc
import weakref
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from planner.domain.finding import Severity, Verdict
from planner.domain.sourced import Status
from planner.geometry.points import PointLps
from planner.safety import ablation, cement, identity, needle
from planner.safety.case import Case
from planner.safety.measured import MissingInputError
from planner.safety.ruler import Ruler, _agreed, ruler_for
from planner.safety.spared import _measured
from safety.cases import LABEL, check, found, good_plan, good_scene, spine, zone_for
from safety.rule_cases import answered
from safety.test_what_is_missing import missing

NAN = float("nan")
OUTLINED, SCAN = "Not outlined or not measurable", "Not seen by the scan"


def gives(value):
    return lambda *_, **__: value


@pytest.mark.parametrize(
    ("room", "name", "value", "heading", "words", "rule"),
    [
        (identity, "_kept_inside", False, SCAN, "whether the plan lies inside the scan", "P6"),
        (identity, "_in_outlines", False, SCAN, "whether the plan lies inside the scan", "P6"),
        (identity, "_sides_agree", False, OUTLINED, "the side of the L3 left needle", "P3"),
        (identity, "_sides_agree", 1, OUTLINED, "the side of the L3 left needle", "P3"),
        (needle, "width_across_path_mm", NAN, OUTLINED, "the width of the pedicle of L3", "N3"),
        (
            needle,
            "body_coordinates",
            np.full((1, 3), NAN),
            OUTLINED,
            "the place of the tip of the L3 left needle",
            "N8",
        ),
        (
            ablation,
            "_lies_on_its_needle",
            False,
            "Stopped with a fault",
            "ValueError",
            "A10",
        ),
    ],
)
def test_that_what_is_not_known_does_not_pass(
    monkeypatch, room, name, value, heading, words, rule
):
    monkeypatch.setattr(room, name, gives(value))
    if rule == "N8":
        monkeypatch.setattr(room, "_in_front_of_tumour", gives(False))
    assessment = check(good_plan())
    what, rules = missing(assessment, heading)
    assert words in what
    assert rule in rules
    assert assessment.verdict is Verdict.HELD


@pytest.mark.parametrize(("name", "asked"), [("_kept_inside", 4), ("_in_outlines", 1)])
def test_that_one_part_that_may_lie_outside_is_not_hidden_by_the_others(monkeypatch, name, asked):
    """Needle, device, zone and cement, in the order in which they are looked at."""
    for doubtful in range(asked):
        answers = [number != doubtful for number in range(asked)]
        given = iter(answers)
        with monkeypatch.context() as patched:
            patched.setattr(identity, name, lambda *_, given=given: next(given))
            _, rules = missing(check(good_plan()), SCAN)
        assert rules == {"P6"}
        assert next(given, None) is None


def test_that_what_is_covered_follows_the_zone():
    """One anatomy, one ruler: what was found of a larger zone is not said of a smaller one."""
    plan, said = good_plan(), []
    for radius in (12.0, 6.0, 12.0):
        zones = {"a1": zone_for(plan, half_length=radius, half_width=radius)}
        evidence = dict(check(plan, good_scene(plan, zones=zones)).evidence)
        said.append({rule: evidence.get(rule) for rule in ("A15", "A1", "A18")})
    assert said[0] == said[2]
    assert all(said[0][rule] != said[1][rule] for rule in said[0])


def test_that_a_ruler_cannot_remember_by_a_whole_case():
    """What is left out of ``about`` by mistake is an error, not a measure made again each time."""
    plan, (_, anatomy) = good_plan(), spine()
    scene = good_scene(plan)
    case = Case(plan, scene, ruler_for(anatomy), scene.catalog.rules["P6"], {})
    with pytest.raises(TypeError):
        case.ruler.remembered(str, case)


def test_that_a_needle_of_no_known_length_is_not_long_enough(monkeypatch):
    monkeypatch.setattr(type(good_plan().trajectory("t1")), "length_mm", NAN)
    what, rules = missing(check(good_plan()), OUTLINED)
    assert what == {"the length of the L3 left needle"}
    assert rules == {"N6"}


@pytest.mark.parametrize(("first", "second"), [(NAN, 1.0), (1.0, NAN)])
def test_that_a_distance_that_is_no_number_is_not_measured(first, second):
    with pytest.raises(MissingInputError) as caught:
        _agreed("aorta", first, second, np.zeros(3))
    assert str(caught.value) == "the distance to the aorta is not a number"
    assert caught.value.structure == "aorta"


AGREEMENT = [
    (3.0, 3.5, True),
    (3.0, 3.51, False),
    (3.5, 3.0, True),
    (3.51, 3.0, False),
    (11.0, 40.0, True),
    (40.0, 11.0, True),
    (10.9, 40.0, False),
    (40.0, 10.9, False),
    (11.0, np.inf, True),
    (-9.0, 0.0, True),
    (0.0, -9.0, True),
    (-9.0, 0.1, False),
    (0.51, -0.1, False),
    (0.4, -0.1, True),
]


@pytest.mark.parametrize(("first", "second", "agree"), AGREEMENT)
def test_that_two_ways_agree_within_half_a_millimetre_or_where_both_are_far_or_touch(
    first, second, agree
):
    if agree:
        seen = _agreed("canal", first, second, np.array((1.0, 2.0, 3.0)))
        assert (seen.structure, seen.distance_mm) == ("canal", first)
        assert seen.at == PointLps(1.0, 2.0, 3.0)
        return
    with pytest.raises(MissingInputError) as caught:
        _agreed("canal", first, second, np.zeros(3))
    words = "two ways of measuring the distance to the canal differ "
    assert str(caught.value) == words + f"({first:.1f} and {second:.1f} mm)"
    assert caught.value.structure == "canal"


def test_that_a_ruler_keeps_the_last_thousand_distances_and_forgets_the_oldest_first():
    ruler, asked = Ruler(None), []

    def told(key):
        asked.append(key)
        return key

    def ask(key):
        return ruler.remembered(told, key)

    for key in range(1024):
        assert ask(key) == key
    ask(0)  # asked for again, so that 1 is the oldest
    ask(1024)
    assert len(asked) == 1025
    ask(0)
    assert len(asked) == 1025
    ask(1)
    assert asked[-1] == 1
    assert len(asked) == 1026


def test_that_a_ruler_forgets_an_error_and_what_it_is_told_not_to_keep():
    ruler, asked = Ruler(None), []

    def fails():
        asked.append(1)
        raise MissingInputError("x")

    for _ in range(2):
        with pytest.raises(MissingInputError):
            ruler.remembered(fails)
    assert len(asked) == 2

    def same(value):
        return value

    for value in (1, 2):
        assert ruler.remembered(same, value, about="key", keep=lambda _: False) == value
    assert ruler.remembered(same, 3, about="key") == 3
    assert ruler.remembered(same, 4, about="key", keep=lambda _: False) == 3


def test_that_a_ruler_tells_one_piece_of_work_from_another_about_the_same():
    ruler = Ruler(None)
    assert ruler.remembered(abs, -2) == 2
    assert ruler.remembered(float, -2) == -2.0


def test_that_a_ruler_does_not_hold_itself_by_what_it_remembers():
    ruler = Ruler(spine()[1])
    assert ruler.foramina_outlined()
    still_there = weakref.ref(ruler)
    gc.disable()
    try:
        del ruler
        assert still_there() is None
    finally:
        gc.enable()


def test_that_a_device_drawn_back_beyond_its_needle_says_so():
    plan = good_plan()
    burn = replace(plan.ablations[0], active_offset_mm=plan.trajectory("t1").length_mm + 1.0)
    what, _ = missing(check(replace(plan, ablations=(burn,))), "Not predicted")
    assert "the device of the L3 left zone is drawn back out of its needle" in what


def test_that_a_needle_across_its_pedicle_is_not_measured_in_it():
    plan = good_plan()
    across = replace(plan.trajectory("t1"), entry=PointLps(50.0, 14.0, 4.0))
    plan = plan.with_trajectory(replace(across, tip=PointLps(8.0, 0.0, 4.0)))
    what, rules = missing(check(plan), OUTLINED)
    assert "the L3 left needle does not run along the pedicle" in what
    assert {"N3", "N4", "N5"} <= rules


def test_that_a_question_left_open_is_asked_beside_what_blocks():
    assessment = check(answered(cord_compression_symptoms=True, epidural_grade=None))
    assert found(assessment)["E4"] is Severity.BLOCK
    what, rules = missing(assessment, "Not answered")
    assert what == {"epidural grade (ESCC)"}
    assert "E4" in rules


def test_that_where_nothing_could_be_measured_the_first_reason_is_given():
    def lacks(what):
        raise MissingInputError(what)

    with pytest.raises(MissingInputError, match="canal"):
        _measured([partial(lacks, "canal"), partial(lacks, "foramen")], gap=True)
    with pytest.raises(ValueError, match="nothing was measured"):
        _measured([], gap=True)


def test_that_the_region_of_a_level_must_be_known(monkeypatch):
    monkeypatch.setattr(cement, "REGIONS", ("cervical",))
    what, rules = missing(check(good_plan()), OUTLINED)
    assert what == {"the region of L3"}
    assert rules == {"C8"}


def test_that_a_zone_whose_table_is_from_memory_passes_no_rule():
    plan = good_plan()
    remembered = replace(zone_for(plan), model=replace(LABEL, status=Status.RECALLED))
    what, rules = missing(
        check(plan, good_scene(plan, zones={"a1": remembered})), "Not in the catalogue"
    )
    assert what == {"a sourced limit (the table of the L3 left zone is from memory)"}
    assert {"A1", "A2", "A3", "A4", "A15", "A18", "N10"} <= rules
