"""The window in German: what stands on it, what is found in it, and what it keeps."""

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale

from phantoms import easy_l3
from planner.catalog.wordbook import ENGLISH
from planner.domain.levels import Level, Side
from planner.session.window_states import CheckPhase, Step
from planner.settings.preferences import Preferences, load_preferences, save_preferences
from planner.viewer.language import spoken
from planner.viewer.language.fonts import load_chinese_font
from planner.viewer.language.saying import Saying
from planner.viewer.language.start import QtWords
from planner.viewer.main_window import MainWindow
from planner.viewer.panels import language_dialog
from planner.viewer.panels.palette import Palette
from window_services import PhantomServices

pytestmark = pytest.mark.qt

NEVER = re.compile(
    r"PHANTOM.*|ID PHANTOM.*|.*[Dd]igital spine, seed.*|(Ctrl|Shift|Alt)\+.*|Backspace|Esc"
    r"|.* \(.*\)  — no zone table|.* \([A-Z].*\)|1[abc]| ×10⁹/L|Source: .*|[A-Z]"
    r"|The needle tip passes near the canal\.|left along the pedicle"
    r"|.*(derived|verified|recalled|et al|test|stand-in|of a test|fixture).*"
)
"""Names of people, scans, devices, keys and sources; and words of the services of the tests."""


class Listening(Saying):
    """Keeps every line that had to stay English."""

    def __init__(self, book):
        self.unsaid = set()
        super().__init__(book)

    def _line(self, line):
        if self._tried(line) is None and any(sign.isalpha() for sign in line):
            self.unsaid.add(line)
        return super()._line(line)


@pytest.fixture
def german():
    spoken.speak("de")
    listening = spoken._SPOKEN[0] = Listening(spoken.spoken())
    yield listening
    spoken.speak(ENGLISH)


@pytest.fixture
def window(qtbot, german, tmp_path):
    easy_l3()
    made = MainWindow(PhantomServices(), tmp_path)
    made.ask.may_close = lambda: True
    qtbot.addWidget(made)
    made.resize(1280, 800)
    with qtbot.waitExposed(made):
        made.show()
    return made


def test_that_a_whole_plan_is_german_but_for_names(qtbot, window, german):
    desk = window.desk

    def settled():
        return not desk.jobs.busy and desk.checks.state.phase is not CheckPhase.CHECKING

    assert window.banner.not_a_device.text() == "KEIN MEDIZINPRODUKT"
    window.open(Path("scan"))
    qtbot.waitUntil(lambda: desk.ct is not None and settled(), timeout=120_000)
    window.actions_by_id["segment"].trigger()
    qtbot.waitUntil(lambda: desk.edits.anatomy is not None and settled(), timeout=120_000)
    desk.needles.choose_level(Level.L3)
    desk.needles.choose_side(Side.LEFT)
    window.actions_by_id["suggest"].trigger()
    qtbot.waitUntil(lambda: desk.edits.needle is not None and settled(), timeout=120_000)
    desk.treatment.choose_device("eco-mwa")
    desk.act(lambda: desk.edits.set_cement("pmma-medium-viscosity", 2.0))
    qtbot.waitUntil(settled, timeout=120_000)
    for step in Step:
        window.go(step)
        window.grab()
    depth = next(iter(window.plan.fields.boxes.values()))
    assert re.fullmatch(r"\d+,\d mm", depth.text())
    unsaid = sorted(line for line in german.unsaid if not NEVER.fullmatch(line))
    assert unsaid == [], "\n".join(unsaid)
    _palette_finds_a_command_in_both_languages(qtbot, window)


def _palette_finds_a_command_in_both_languages(qtbot, window):
    palette = Palette(window.actions_by_id, window)
    qtbot.addWidget(palette)
    for typed in ("plan speichern unter", "save plan as"):
        palette.text.setText(typed)
        assert palette.found.item(0).text().startswith("Plan speichern unter…")


def test_that_the_chosen_language_is_kept_and_a_wrong_one_is_not_read(tmp_path):
    save_preferences(tmp_path, Preferences(language="de"))
    assert load_preferences(tmp_path).language == "de"
    (tmp_path / "preferences.json").write_text('{"language": 5}', encoding="utf-8")
    assert load_preferences(tmp_path).language == ""


def test_that_the_language_is_asked_for_in_its_own_name(monkeypatch, qtbot):
    asked, kept = [], []

    def ask(_parent, _title, words, names, now, editable):
        asked.extend((words, names, now, editable))
        return "中文", True

    monkeypatch.setattr(language_dialog.QInputDialog, "getItem", ask)
    language_dialog.choose_language("de", kept.append, None)
    assert asked[1:] == [["English", "Deutsch", "中文"], 1, False]
    assert "next start" in asked[0]
    assert kept == ["zh"]


@pytest.mark.parametrize(
    ("name", "code"),
    [("de_AT", "de"), ("zh_CN", "zh"), ("zh_TW", "en"), ("en_GB", "en"), ("fr_FR", "en")],
)
def test_that_a_computer_asks_only_for_a_language_that_is_there(name, code):
    assert spoken.language_of(QLocale(name)) == code


def test_that_qt_names_keys_as_ever_and_its_buttons_as_the_window(german):
    words = QtWords()
    assert words.translate("QPlatformTheme", "&Cancel") == "Abbrechen"
    assert words.translate("QShortcut", "Left") == "Left"


def test_that_there_is_a_font_for_chinese_on_a_machine_without_one(qtbot):
    assert load_chinese_font()
