"""Exercises, what an instructor may edit, and what is refused with a sentence."""

import re
import shutil

import pytest

from planner.catalog import load_catalog, resource_path
from planner.domain.errors import UsageError
from planner.phantom.recipe import Place
from planner.training.exercise import another_like, exercise, exercises
from planner.training.standard import MARKS, load_standard

CATALOG = load_catalog()


def test_that_every_sample_case_is_an_exercise_whose_story_does_not_name_its_level():
    found = exercises()
    assert len(found) == 8
    assert [one.id for one in found if not one.treat] == ["t10-do-not-treat"]
    for one in found:
        assert not re.search(r"\b[CTL]\d", one.title + one.story), one.id


def test_that_every_reference_names_what_the_catalogue_has():
    for one in exercises():
        if one.treatment is not None:
            assert one.treatment.device in CATALOG.devices
            assert one.treatment.cement in CATALOG.cements


def test_that_a_seed_gives_the_same_exercise_again_and_another_one_like_it():
    one, again, other = (exercise(f"t8-pedicle.{seed}") for seed in (7, 7, 8))
    assert one == again
    assert one.recipe != other.recipe
    assert one.recipe.seed == 7
    places = {exercise(f"t8-pedicle.{seed}").recipe.lesions[0].place for seed in range(1, 30)}
    assert places == {Place.PEDICLE_LEFT, Place.PEDICLE_RIGHT}


def test_that_a_mirrored_exercise_has_its_ways_mirrored():
    for seed in range(1, 30):
        made = exercise(f"l5-after-surgery.{seed}")
        side = made.recipe.lesions[0].place.value
        assert {way.side.value for way in made.ways} == {side}


def test_that_another_one_is_never_one_that_was_done():
    assert another_like("easy-l3") == "easy-l3.1"
    assert another_like("easy-l3.4", frozenset({"easy-l3.5", "easy-l3.6"})) == "easy-l3.7"


@pytest.mark.parametrize(
    "name", ["nobody", "easy-l3.0", "easy-l3.x", "easy-l3.", "easy-l3.9999999"]
)
def test_that_an_exercise_that_is_none_is_refused_in_a_sentence(name):
    with pytest.raises(UsageError, match=r"\.$"):
        exercise(name)


def own_copy(tmp_path, name):
    target = tmp_path / "training" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(resource_path("training", name), target)
    return target


def test_that_an_instructors_own_file_is_read_instead_of_ours(tmp_path):
    file = own_copy(tmp_path, "standard.toml")
    file.write_text(file.read_text("utf-8").replace("pass_percent = 70.0", "pass_percent = 55"))
    assert load_standard(tmp_path).pass_percent == 55.0
    assert load_standard().pass_percent == 70.0
    case = own_copy(tmp_path, "cases/easy-l3.toml")
    case.write_text(case.read_text("utf-8").replace("A first case", "Begin here"))
    assert exercises(tmp_path)[0].title == "Begin here"


WRONG = {
    "a weight below zero": ("weight = 8.0", "weight = -1.0", "weight of level"),
    "no weight": ("weight = 8.0\n", "", "weight"),
    "a word nobody knows": ("weight = 8.0", "weigth = 8.0", "weigth"),
    "marks the wrong way round": ("full_percent = 98.0", "full_percent = 40.0", "coverage"),
    "heat that rises to full points": ("full_celsius = 42.0", "full_celsius = 50.0", "heat"),
    "a criterion twice": ('id = "side"', 'id = "level"', "side"),
    "a fatal step that is a number": ("counts = true", "counts = 1", "true or false"),
    "a pass mark beyond everything": ("pass_percent = 70.0", "pass_percent = 120", "pass_percent"),
    "no TOML": ("[[criterion]]", "[[criterion", "cannot be used"),
    "a status nobody knows": ('status = "derived"', 'status = "sure"', "sure"),
}


@pytest.mark.parametrize("words", WRONG)
def test_that_a_standard_that_cannot_be_right_is_refused_with_file_and_reason(tmp_path, words):
    old, new, said = WRONG[words]
    file = own_copy(tmp_path, "standard.toml")
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(UsageError) as refusal:
        load_standard(tmp_path)
    assert str(file) in str(refusal.value)
    assert said in str(refusal.value)


def test_that_every_criterion_teaches_with_a_source():
    standard = load_standard()
    assert tuple(standard.criteria) == tuple(MARKS)
    assert all(one.hint and one.source for one in standard.criteria.values())
    assert all(one.look and one.source for one in standard.dangers.values())
