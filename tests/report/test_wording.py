import locale

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.domain.levels import Level
from planner.report import wording


@given(value=st.floats(-1e6, 1e6))
def test_that_a_number_reads_back_to_the_tenth(value: float) -> None:
    text = wording.number(value)
    assert float(text.replace("−", "-")) == pytest.approx(value, abs=0.0500001)
    assert text != "−0.0"


@pytest.mark.parametrize("name", ["C", "de_DE.UTF-8", "ar_SA.UTF-8", "zh_CN.UTF-8"])
def test_that_numbers_do_not_follow_the_locale(name: str) -> None:
    before = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, name)
    except locale.Error:
        pytest.skip(f"the locale {name} is not installed here")
    try:
        assert wording.number(-1234.56) == "−1234.6"
    finally:
        locale.setlocale(locale.LC_ALL, before)


def test_that_every_level_has_its_name_in_words() -> None:
    names = {wording.level_words(level) for level in Level}
    assert len(names) == len(Level)
    assert wording.level_words(Level.T13) == "thirteenth thoracic vertebra (T13)"
    assert wording.level_words(Level.C1) == "first cervical vertebra (C1)"
    assert wording.level_words(Level.S1) == "first sacral segment (S1)"


@pytest.mark.parametrize("hidden", ["\x00", "\x07", "\u202e", "\u200b", "\ufffe", "\ud800"])
def test_that_nothing_invisible_reaches_the_paper_unseen(hidden: str) -> None:
    assert wording.plain(f"a{hidden}b") == f"a⟨U+{ord(hidden):04X}⟩b"


def test_that_a_long_text_is_cut_with_a_count() -> None:
    assert wording.plain("x" * 700).endswith("… (100 more characters not shown)")


def test_that_words_of_our_own_are_whole_and_show_what_hides() -> None:
    assert wording.visible("x" * 700 + "\u202e") == "x" * 700 + "⟨U+202E⟩"


@pytest.mark.parametrize(
    ("code", "prone"), [("HFP", True), ("FFP", True), ("HFS", False), ("", False), ("XXP", False)]
)
def test_that_prone_is_known_from_the_position_code(code: str, prone: bool) -> None:
    assert wording.is_prone(code) is prone


def test_that_an_unknown_position_is_not_taken_for_supine() -> None:
    assert wording.position_words("XYZ") == "XYZ (not a known position)"
    assert wording.position_words("") == "not stated in the scan"
