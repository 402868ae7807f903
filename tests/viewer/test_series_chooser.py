"""The chooser of series, by keyboard and for a screen reader."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QImage

from planner.domain.volume import GateFinding, GateVerdict, PatientIdentity
from planner.imaging.inspection import Inspection, SeriesInspection
from planner.session.chooser import chooser_state
from planner.session.opened_case import MissingScan
from planner.viewer.main_window import MainWindow
from planner.viewer.panels import series_chooser as panel
from planner.viewer.panels.dialogs import MissingScanDialog
from planner.viewer.panels.series_chooser import PICTURE, SeriesChooser
from planner.viewer.theme.chrome import DARK, LIGHT
from window_services import PhantomServices

pytestmark = pytest.mark.qt


def series(uid: str, verdict=GateVerdict.LOAD, message="", name="PHANTOM^ADA") -> SeriesInspection:
    found = (GateFinding(code="DCM-MISSING-SLICE", severity=verdict, message=message),)
    return SeriesInspection(
        series_uid=uid,
        study_uid="study",
        patient=PatientIdentity(name=name, patient_id=name),
        modality="CT",
        verdict=verdict,
        slices=300,
        size_ijk=(512, 512, 300),
        spacing_mm=(0.7, 0.7, 1.0),
        patient_position="HFS",
        series_description=f"series {uid}",
        study_description="CT spine",
        acquired="20260102",
        convolution_kernel="B60f",
        slice_thickness_mm=1.0,
        findings=found if message else (),
        description="CT, 300 slices of 512 x 512",
        advice=("thin slices",),
    )


FOLDER = Inspection(
    path=Path("folder"),
    series=(
        series("1"),
        series("2", GateVerdict.WARN, "Compressed with loss."),
        series("3", GateVerdict.REFUSE, "A slice is missing."),
    ),
    findings=(),
)
TWO = Inspection(
    path=Path("two"), series=(series("1"), series("2", name="PHANTOM^BELA")), findings=()
)


@pytest.fixture
def chooser(qtbot):
    made = SeriesChooser()
    qtbot.addWidget(made)
    made.show_state(chooser_state(FOLDER, names_hidden=False))
    made.show()
    return made


def press(qtbot, chooser, *keys) -> None:
    for key in keys:
        qtbot.keyClick(chooser.series, key)


def test_that_enter_opens_the_series_that_is_offered(chooser, qtbot):
    with qtbot.waitSignal(chooser.chosen) as opened:
        press(qtbot, chooser, Qt.Key.Key_Return)
    assert opened.args == ["1"]


def test_that_arrows_walk_over_headings_to_the_next_series(chooser, qtbot):
    press(qtbot, chooser, Qt.Key.Key_Down)
    assert chooser.current().series_uid == "2"
    assert "Compressed with loss." in chooser.details.text()
    press(qtbot, chooser, Qt.Key.Key_Up, Qt.Key.Key_Up)
    assert chooser.current().series_uid == "1"


def test_that_a_refused_series_is_read_but_never_opened(chooser, qtbot):
    press(qtbot, chooser, Qt.Key.Key_Down, Qt.Key.Key_Down)
    assert chooser.current().series_uid == "3"
    assert not chooser.ok.isEnabled()
    assert chooser.ok.toolTip() == "A slice is missing."
    assert "A slice is missing." in chooser.details.text()
    with qtbot.assertNotEmitted(chooser.chosen, wait=20):
        press(qtbot, chooser, Qt.Key.Key_Return)


def test_that_escape_declines(chooser, qtbot):
    with qtbot.waitSignal(chooser.declined):
        press(qtbot, chooser, Qt.Key.Key_Escape)
    assert not chooser.isVisible()


def test_that_a_screen_reader_hears_what_is_drawn(chooser):
    spoken = [
        chooser.series.item(place).data(Qt.ItemDataRole.AccessibleTextRole)
        for place in range(1, chooser.series.count())
    ]
    assert "Best for planning: thin slices" in spoken[0]
    assert "can be loaded with warnings" in spoken[1]
    assert "refused" in spoken[2]
    assert chooser.series.accessibleName()


def test_that_two_patients_leave_nobody_chosen(chooser, qtbot):
    chooser.show_state(chooser_state(TWO, names_hidden=False))
    assert chooser.current() is None
    assert not chooser.ok.isEnabled()
    assert chooser.ok.toolTip() == "Choose a series first."
    press(qtbot, chooser, Qt.Key.Key_Return)
    press(qtbot, chooser, Qt.Key.Key_Down)
    assert chooser.current().series_uid == "1"


def test_that_a_thumbnail_is_the_picture_it_was_given(chooser):
    grey = np.tile(np.arange(0, 250, 10, dtype=np.uint8), (20, 1))
    pictured = replace(FOLDER.series[1], thumbnail=grey)
    found = replace(FOLDER, series=(FOLDER.series[0], pictured))
    chooser.show_state(chooser_state(found, names_hidden=False))
    item = chooser.series.item(2)
    image: QImage = item.data(PICTURE).toImage()
    assert (image.width(), image.height()) == (25, 20)
    assert [image.pixelColor(x, 7).red() for x in (0, 12, 24)] == [0, 120, 240]
    assert chooser.series.item(1).data(PICTURE) is None


def test_that_a_folder_dropped_on_the_window_asks_and_opens_what_is_chosen(qtbot):
    services = PhantomServices(found=FOLDER)
    window = MainWindow(services)
    qtbot.addWidget(window)
    window.show()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(Path("folder").resolve()))])
    window.dropEvent(
        QDropEvent(
            QPointF(50, 50),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )
    qtbot.waitUntil(window.chooser.isVisible, timeout=20_000)
    press(qtbot, window.chooser, Qt.Key.Key_Down, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.desk.ct is not None, timeout=60_000)
    assert services.opened == ["2"]
    assert not window.chooser.isVisible()
    window.close()


@pytest.mark.parametrize("other", [None, Path("elsewhere")])
def test_that_a_plan_without_its_ct_offers_to_find_it_and_never_to_carry_it_over(qtbot, other):
    state = MissingScan(
        plan_file=Path("case.plan"), sentence="It is not there.", wanted="bone", other=other
    )
    dialog = MissingScanDialog(state)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.open_other.isVisible() is (other is not None)
    with qtbot.waitSignal(dialog.find_wanted) as asked:
        dialog.seek.click()
    assert asked.args == [Path("case.plan")]
    if other is not None:
        with qtbot.waitSignal(dialog.other_wanted) as asked:
            dialog.open_other.click()
        assert asked.args == [other]


def test_that_advice_keeps_its_capitals_and_is_readable_in_both_themes(qtbot, qapp, monkeypatch):
    for chrome in (DARK, LIGHT):
        palette = qapp.palette()
        palette.setColor(palette.ColorRole.Text, chrome.text)
        ink = panel._quiet(palette)
        ground = rgb(chrome.ground)
        mixed = [
            ink.alphaF() * one + (1 - ink.alphaF()) * under
            for one, under in zip((ink.red(), ink.green(), ink.blue()), ground, strict=True)
        ]
        assert contrast(mixed, ground) > 5.5
    drawn = []
    monkeypatch.setattr(
        panel.QPainter, "drawText", lambda _self, *given: drawn.append(given[-1]), raising=True
    )
    row = replace(series("1"), advice=("values in HU",))
    state = chooser_state(replace(FOLDER, series=(series("0"), row)), names_hidden=False)
    made = SeriesChooser()
    qtbot.addWidget(made)
    made.show_state(state)
    made.show()
    made.grab()
    assert "Values in HU" in drawn


@pytest.mark.parametrize("chrome", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("ground", ["ground", "surface", "raised", "hover"])
def test_that_the_ink_of_the_best_series_is_readable_chosen_or_not(chrome, ground):
    # WCAG 2.2, 1.4.3: 4.5 to 1 for text of this size.
    assert contrast(rgb(chrome.accent), rgb(getattr(chrome, ground))) >= 4.5
    assert contrast(rgb(chrome.on_accent), rgb(chrome.accent)) >= 4.5


@pytest.mark.parametrize("chrome", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("ground", ["ground", "surface", "raised", "hover"])
@pytest.mark.parametrize("ink", ["text", "quiet", "faint"])
def test_that_every_ink_of_text_is_readable_on_every_ground(chrome, ground, ink):
    # WCAG 2.2, 1.4.3; what cannot be used now (``off``) is no text in its sense.
    assert contrast(rgb(getattr(chrome, ink)), rgb(getattr(chrome, ground))) >= 4.5


def test_that_what_holds_for_the_whole_folder_is_said_once():
    cut = GateFinding(
        code="DCM-UNREADABLE-FILE", severity=GateVerdict.REFUSE, message="A file cannot be read."
    )
    gap = replace(series("2", GateVerdict.REFUSE, "A slice is missing."))
    both = [replace(one, verdict=GateVerdict.REFUSE) for one in (series("1"), gap)]
    rows = [replace(one, findings=(cut, *one.findings)) for one in both]
    state = chooser_state(replace(FOLDER, series=tuple(rows), findings=(cut,)), names_hidden=False)
    assert state.remarks == ("A file cannot be read. (DCM-UNREADABLE-FILE)",)
    first, second = state.groups[0].rows
    assert first.remarks == ()
    assert first.verdict_sentence == "For what is said of the folder, above the list."
    assert first.refused == "A file cannot be read."
    assert second.verdict_sentence == "A slice is missing. (DCM-MISSING-SLICE)"


def rgb(colour: str) -> list[int]:
    return [int(colour[n : n + 2], 16) for n in (1, 3, 5)]


def contrast(one, other) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(rgb) -> float:
    parts = [part / 255.0 for part in rgb]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_that_the_study_of_the_best_series_comes_first_whatever_its_uid():
    best = replace(series("9"), study_uid="9.9", rank=0)
    earlier = replace(series("1"), study_uid="1.1", rank=1)
    folder = replace(FOLDER, series=(best, earlier))
    groups = chooser_state(folder, names_hidden=False).groups
    assert [group.rows[0].series_uid for group in groups] == ["9", "1"]
