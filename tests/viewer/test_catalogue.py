"""The catalogue of the window: no number, level or side of a sentence is lost in a language."""

import re
import tomllib
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.catalog import load_catalog, resource_path
from planner.catalog.wordbook import ENGLISH, SLOT, language_names, load_wordbook
from planner.domain.errors import InputRefusedError
from planner.session.actions import ACTIONS
from planner.session.finding_rows import SEVERITY_WORDS
from planner.session.tour import TOUR
from planner.session.window_presets import PRESETS
from planner.session.window_states import MarginColumn, Step
from planner.viewer.language.saying import Saying
from safety.what_is_said import read

LANGUAGES = [code for code in language_names() if code != ENGLISH]
BOOKS = {code: load_wordbook(code) for code in LANGUAGES}
SAYINGS = {code: Saying(book) for code, book in BOOKS.items()}
NO_SIDE = {
    "How this needle goes in: a transpedicular one is judged by the bone left about it in the "
    "pedicle, any other by its distance from nerves alone.",
    "The tumour touches a nerve root, so no distance is left to protect it.",
    "{list}. Left out: {list2}",
    "The scan does not say whose it is. Make sure that it is the right patient's.",
}
"""Sentences in which left means what remains, and right what is true."""

FACT = re.compile(
    r"(?<![A-Za-z0-9])(?:C[1-7]|T1[0-3]|T[1-9]|L[1-6]|S1)(?![A-Za-z0-9])|\d+(?:[.,]\d+)?"
)
each_language = pytest.mark.parametrize("code", LANGUAGES)


def facts(text, decimal="."):
    """Numbers and levels, sorted; written here anew, not taken from what is tested."""
    return sorted(fact.replace(decimal, ".") for fact in FACT.findall(text))


def sides(text, left, right, *, is_chinese=False):
    """How often each side is said."""
    edge = "" if is_chinese else r"\b"
    return tuple(
        len(re.findall(rf"{edge}(?:{words}){edge}", text, re.IGNORECASE)) > 0
        for words in (left, right)
    )


def sides_of(book, text):
    return sides(text, book.left, book.right, is_chinese=book.code == "zh")


def test_that_the_window_speaks_english_german_and_chinese():
    assert language_names() == {"en": "English", "de": "Deutsch", "zh": "中文"}


@each_language
def test_that_every_sentence_keeps_its_numbers_and_levels(code):
    book = BOOKS[code]
    wrong = {
        english: shown
        for english, shown in book.sentences.items()
        if facts(SLOT.sub("", english)) != facts(SLOT.sub("", shown), book.decimal)
    }
    assert wrong == {}


@each_language
def test_that_every_sentence_keeps_its_sides(code):
    book = BOOKS[code]
    wrong = {
        english: shown
        for english, shown in book.sentences.items()
        if english not in NO_SIDE and sides(english, "left", "right") != sides_of(book, shown)
    }
    assert wrong == {}


@each_language
def test_that_a_side_alone_is_always_the_same_word(code):
    said = SAYINGS[code].said
    words = {"de": ("links", "rechts"), "zh": ("左", "右")}[code]
    assert (said("left"), said("right")) == words
    assert (said("Left"), said("Right")) == tuple(word.capitalize() for word in words)


def test_that_every_sentence_stands_in_every_language():
    keys = [set(book.sentences) for book in BOOKS.values()]
    assert all(one == keys[0] for one in keys)
    assert len(keys[0]) > 1000


@each_language
def test_that_what_the_rules_say_is_said_whole(code):
    """Every message, limit, advice and missing input of the record of the rules."""
    said = SAYINGS[code].said
    unsaid = [line for line in spoken_by_rules() if said(line) == line and is_words(line)]
    assert unsaid == []


@each_language
def test_that_what_the_rules_say_keeps_numbers_levels_and_sides(code):
    book, said = BOOKS[code], SAYINGS[code].said
    lines = spoken_by_rules()
    assert len(lines) > 700
    for line in lines:
        shown = said(line)
        assert facts(line) == facts(shown, book.decimal), (line, shown)
        if shown != line and not any(one in line for one in NO_SIDE):
            assert sides(line, "left", "right") == sides_of(book, shown), (line, shown)


def spoken_by_rules():
    """What a reader of the window sees of the record; its bookkeeping is not shown."""
    found = {}
    for words in (lines for plan in read().values() for lines in plan.values()):
        for line in words:
            parts = [part.strip().strip("|").strip() for part in line.split(" | ")]
            found |= dict.fromkeys(part for part in parts if not BOOKKEEPING.match(part))
    return list(found)


BOOKKEEPING = re.compile(
    r"(NEEDS|BLOCK|STOP|WARN|INFO|NOT_EVALUATED) |[\w:]+ -?\d+\.\d mm$|.*shaft_length_mm"
    r"|.*: test$|.*a step at L3|HELD$|$"
)
"""Severity and subject, structures by their code, and what only the tests call a tissue."""


def is_words(line):
    return (
        re.sub(r"ESCC|SINS|CO2|VAS|ECOG|INR|mL|mm", "", line).strip(" 0123456789.:;abcTLS") != ""
    )


@each_language
@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_that_a_filled_sentence_keeps_its_facts(code, data):
    book, said = BOOKS[code], SAYINGS[code].said
    english = data.draw(st.sampled_from([one for one in book.sentences if SLOT.search(one)]))
    side = data.draw(st.sampled_from(["left", "right"]))

    def fill(slot):
        name = slot[1]
        if re.fullmatch(r"n\d*", name):
            return f"{data.draw(st.floats(0.0, 200.0)):.1f}"
        if name.startswith("level"):
            return data.draw(st.sampled_from(["T1", "T10", "L3", "L5"]))
        return side if name.startswith("side") else "canal"

    line = SLOT.sub(fill, english)
    shown = said(line)
    assert facts(line) == facts(shown, book.decimal), (line, shown)
    if shown != line and english not in NO_SIDE:
        assert sides(line, "left", "right") == sides_of(book, shown), (line, shown)


@each_language
def test_that_every_action_stop_step_and_severity_has_its_words(code):
    said = SAYINGS[code].said
    words = [part for spec in ACTIONS for part in (spec.text, spec.help, spec.menu) if part]
    words += [part for stop in TOUR for part in (stop.title, stop.words)]
    words += [step.value for step in Step] + [preset.name for preset in PRESETS]
    words += [str(column) for column in MarginColumn]
    same = {one for one in words if said(one) == one}
    assert same <= {"Auto", "Foramina", "Plan"}
    severe = {"BLOCK", "INFO"}
    assert {one for one in SEVERITY_WORDS.values() if said(one) == one} <= severe


@each_language
def test_that_saying_it_twice_is_harmless(code):
    """A German sentence that is said again must not be taken for an English one."""
    book, said = BOOKS[code], SAYINGS[code].said
    plain = [shown for shown in book.sentences.values() if not SLOT.search(shown)]
    changed = {one: said(one) for one in plain if facts(said(one)) != facts(one)}
    assert changed == {}


@each_language
def test_that_names_of_devices_stay_and_needles_and_cements_are_said(code):
    catalog, said = load_catalog(), SAYINGS[code].said
    assert {device.name for device in catalog.devices.values()} <= BOOKS[code].kept
    assert [one.name for one in catalog.cements.values() if said(one.name) == one.name] == []


def test_that_a_loss_in_the_catalogue_is_refused(tmp_path):
    for file in resource_path("i18n").glob("*.toml"):
        (tmp_path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "zz.toml").write_text('["{n} mm to go"]\nde = "noch etwas"\n', encoding="utf-8")
    with pytest.raises(InputRefusedError, match="same places to fill"):
        load_wordbook("de", tmp_path)
    with pytest.raises(InputRefusedError, match="no language 'fr'"):
        load_wordbook("fr", tmp_path)


def test_that_no_sentence_stands_in_two_files():
    keys = [
        key
        for file in resource_path("i18n").glob("*.toml")
        if file.name not in ("languages.toml", "names.toml")
        for key in tomllib.loads(file.read_text(encoding="utf-8"))
    ]
    assert [key for key, times in Counter(keys).items() if times > 1] == []
