"""What is said of a sentence: whole or not at all, and never with a number less."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.catalog.wordbook import Wordbook
from planner.viewer.language.saying import Saying

BOOK = Wordbook(
    code="de",
    name="Deutsch",
    decimal=",",
    stops={},
    sentences={
        "Open": "Öffnen",
        "left": "links",
        "right": "rechts",
        "needle": "Nadel",
        "The {what} is {n} mm from the wall of {level}.": "{level}: {what} {n} mm vor der Wand.",
        "{n} needles": "{n} Nadeln",
        "Saved as {name}.": "Gespeichert als {name}.",
        "Nothing is lost.": "Nichts ist verloren.",
    },
    kept=frozenset({"Emprint"}),
)
SAYING = Saying(BOOK)


@pytest.mark.parametrize(
    ("english", "shown"),
    [
        ("Open", "Öffnen"),
        ("open", "open"),
        ("Needle", "Nadel"),
        ("needle:", "Nadel:"),
        ("12.5 mm", "12,5 mm"),
        ("L1 left · 1.5 mL", "L1 left · 1.5 mL"),
        ("left · 1.5 mL", "links · 1,5 mL"),
        ("The needle is 2.5 mm from the wall of T12.", "T12: Nadel 2,5 mm vor der Wand."),
        ("The wire is 2.5 mm from the wall of T12.", "The wire is 2.5 mm from the wall of T12."),
        ("Saved as v1.5 Open.plan.", "Gespeichert als v1.5 Open.plan."),
        ("Saved as Dr. A. Roe.plan.", "Gespeichert als Dr. A. Roe.plan."),
        (
            "Saved as a.plan. Nothing is lost. Saved as b.plan.",
            "Gespeichert als a.plan. Nichts ist verloren. Gespeichert als b.plan.",
        ),
        ("3 needles. Nothing is lost.", "3 Nadeln. Nichts ist verloren."),
        ("3 needles. All is lost.", "3 needles. All is lost."),
        ("Open\nAll is lost.", "Öffnen\nAll is lost."),
        ("Emprint, left", "Emprint, links"),
        ("1.2.840.10008", "1.2.840.10008"),
        ("2026-11-22", "2026-11-22"),
        ("", ""),
    ],
)
def test_that_a_line_is_said_whole_or_stands_in_english(english, shown):
    assert SAYING.said(english) == shown


def test_that_a_catalogue_that_adds_a_number_is_not_believed():
    book = Wordbook(code="de", decimal=",", sentences={"One pass": "1 Durchgang"})
    assert Saying(book).said("One pass") == "One pass"


def test_that_english_is_said_as_it_is():
    assert Saying(Wordbook()).said("The needle is 2.5 mm away.") == "The needle is 2.5 mm away."


@given(
    number=st.floats(-999.0, 999.0).map(lambda value: f"{value:.1f}"),
    level=st.sampled_from(["C7", "T1", "T10", "T12", "L5", "S1"]),
    side=st.sampled_from(["left", "right"]),
)
def test_that_number_level_and_side_of_a_sentence_stand_in_the_other_language(number, level, side):
    found = SAYING.said(f"The {side} needle is {number} mm from the wall of {level}.")
    english = f"The {side} needle is {number} mm from the wall of {level}."
    assert found == english, "left needle is not in this catalogue, so nothing of it is said"
    found = SAYING.said(f"The {side} is {number} mm from the wall of {level}.")
    word = {"left": "links", "right": "rechts"}[side]
    assert found == f"{level}: {word} {number.replace('.', ',')} mm vor der Wand."


@given(text=st.text(max_size=60))
def test_that_any_text_at_all_keeps_its_numbers(text):
    said = SAYING.said(text)
    digits = [sorted(sign for sign in one if sign.isdigit()) for one in (text, said)]
    assert digits[0] == digits[1]


@pytest.mark.parametrize("english", sorted(BOOK.sentences))
def test_that_saying_it_twice_is_harmless(english):
    once = SAYING.said(english)
    assert SAYING.said(once) == once
