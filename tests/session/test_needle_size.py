"""The exact size of a bone needle: typed, chosen, refused in a sentence, kept and undone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.catalog import load_catalog
from planner.document import commands
from planner.domain.errors import UsageError
from planner.domain.levels import Level, Side
from planner.domain.plan import NeedleSize
from planner.domain.sourced import Status
from planner.session.needle_size import AS_ASKED, size_typed, size_words, sizes_offered
from presenter_desk import Desk

CATALOG = load_catalog()
NEEDLES = CATALOG.needles.values()


def size(diameter, length, gauge=None):
    return NeedleSize(outer_diameter_mm=diameter, length_mm=length, gauge=gauge)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("13 G, 2.41 × 150 mm", size(2.41, 150.0, 13)),
        ("13g 150", size(2.41, 150.0, 13)),
        ("13 G x 125", size(2.41, 125.0, 13)),
        ("11 ga 3.0 x 120", size(3.0, 120.0, 11)),
        ("12G 2.77 125 mm", size(2.77, 125.0, 12)),
        ("2,5 x 120", size(2.5, 120.0)),
        ("2.5 mm × 120 mm", size(2.5, 120.0)),
        ("2.5 120", size(2.5, 120.0)),
        ("2.5, 120", size(2.5, 120.0)),
        ("", None),
        (AS_ASKED, None),
    ],
)
def test_that_a_size_is_read_as_a_packet_writes_it(words, wanted):
    assert size_typed(words, NEEDLES) == wanted


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("13 G", "How long"),
        ("150", "diameter and the length"),
        ("12 G 125", "knows no 12 G"),
        ("13 G 4.1 x 150", "about 2.41 mm"),
        ("2.41 x 15", "mm long"),
        ("24.1 x 150", "mm thick"),
        ("150 x 2.41", "mm thick"),
        ("99 G 2.4 x 150", "G, not 99 G"),
        ("thick", "no needle size"),
        ("-2.4 x 150", "no needle size"),
        ("2.4 x 150 x 3", "no needle size"),
        ("2.4 x 1e9", "no needle size"),
    ],
)
def test_that_what_is_no_needle_is_refused_with_what_to_type(words, part):
    with pytest.raises(UsageError, match=part) as refused:
        size_typed(words, NEEDLES)
    assert str(refused.value).endswith(".")


@given(
    st.floats(0.3, 6.0).map(lambda value: float(f"{value:.2f}")),
    st.floats(30.0, 400.0).map(lambda value: float(f"{value:.1f}")),
    st.sampled_from([None, 6, 9, 12, 18, 27]),
)
def test_that_what_is_written_is_read_back(diameter, length, gauge):
    wanted = size(diameter, length, gauge)
    assert size_typed(size_words(wanted), NEEDLES) == wanted


def test_that_every_needle_of_the_catalogue_is_offered_and_is_itself():
    offered = [size_typed(words, NEEDLES) for words in sizes_offered(NEEDLES)]
    assert offered[0] is None
    assert {(one.gauge, one.length_mm) for one in offered[1:]} == {
        (needle.gauge, length.value) for needle in NEEDLES for length in needle.lengths_mm
    }
    own = {needle.outer_diameter_mm for needle in NEEDLES}
    assert {CATALOG.access_diameter([], one) for one in offered[1:]} == own


def test_that_a_chosen_needle_replaces_only_the_guess_and_never_thins_what_a_device_states():
    antenna = CATALOG.devices["eco-mwa"]
    typed = CATALOG.access_diameter([], size(2.5, 120.0))
    assert (typed.value, typed.status) == (2.5, Status.USER_ENTERED)
    assert CATALOG.access_diameter([], None).value == 3.4
    assert CATALOG.access_diameter([antenna], size(3.0, 120.0)).value == 3.0
    assert CATALOG.access_diameter([antenna], size(1.8, 120.0)).value == 2.41


@pytest.fixture(scope="module")
def planned():
    desk = Desk()
    desk.outline_a_scan()
    desk.work.needles.choose_level(Level.L3)
    desk.work.needles.choose_side(Side.LEFT)
    desk.work.needles.suggest()
    desk.settle()
    yield desk
    desk.work.close()


def card(desk):
    return {name: value for part in desk.work.plan_shown.card for name, value in part.lines}


def test_that_a_size_typed_is_kept_measured_and_undone(planned):
    work = planned.work
    before = card(planned)["Outer diameter"]
    work.needles.type_size("14 G, 2.1 × 125 mm")
    planned.settle()
    needle = work.edits.needle
    assert needle.size == size(2.1, 125.0, 14)
    assert work.plan_shown.numbers.size == "14 G, 2.1 × 125 mm"
    assert card(planned)["Outer diameter"] == "2.10 mm"
    assert "stand out of the skin" in card(planned)["Bone needle"]
    assert "14 G" in work.plan_shown.needles[0].detail
    work.act(work.edits.undo)
    planned.settle()
    assert work.edits.needle.size is None
    assert card(planned)["Outer diameter"] == before
    assert "Needles that reach" in card(planned)


def test_that_a_needle_too_short_is_said_loudly(planned):
    work, long_mm = planned.work, planned.work.edits.needle.length_mm
    for short_of, words in ((-1.0, "TOO SHORT by"), (5.0, "TOO SHORT FOR ITS HUB")):
        work.needles.type_size(f"2.4 x {long_mm + short_of:.1f}")
        planned.settle()
        assert words in card(planned)["Bone needle"]
        work.act(work.edits.undo)


def test_that_a_slip_changes_nothing_and_says_why(planned):
    work = planned.work
    plan = work.edits.plan
    work.needles.type_size("150 x 2.41")
    assert planned.said.is_error
    assert work.edits.plan is plan
    work.needles.type_size(AS_ASKED)
    assert work.edits.plan is plan


def test_that_a_proposal_in_the_place_of_a_needle_keeps_its_size(planned):
    work = planned.work
    needle = work.edits.needle
    work.act(lambda: work.edits.do(commands.set_size(needle.id, size(2.41, 150.0, 13))))
    work.needles.suggest_again(keep_entry=False)
    planned.settle()
    assert work.edits.needle.id == needle.id
    assert work.edits.needle.size == size(2.41, 150.0, 13)
    assert planned.services.wishes[-1].size == size(2.41, 150.0, 13)


def test_that_a_locked_needle_keeps_its_size(planned):
    work = planned.work
    work.act(work.edits.toggle_lock)
    plan = work.edits.plan
    work.needles.type_size("2.4 x 120")
    assert work.edits.plan is plan
    assert planned.said.is_error
    work.act(work.edits.toggle_lock)
