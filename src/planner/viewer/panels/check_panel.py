"""Check: what only a person can answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QFormLayout, QLineEdit, QWidget

from planner.viewer.language.number_box import NumberBox
from planner.viewer.language.spoken import said, verbatim
from planner.viewer.panels.level_map_panel import LevelMap
from planner.viewer.panels.parts import Panel, button, label, section

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction

    from planner.domain.plan import ClinicalAnswers
    from planner.session.window_states import CheckState

_YES_NO = (("not answered", None), ("no", False), ("yes", True))
_CHOICES: tuple[tuple[str, str, tuple[tuple[str, object], ...]], ...] = (
    ("infection", "Infection", _YES_NO),
    ("cord_compression_symptoms", "Cord symptoms", _YES_NO),
    ("pacemaker", "Pacemaker", _YES_NO),
    ("tumour_touches_root", "Tumour at a root", _YES_NO),
    ("thermocouple_planned", "Thermocouple", _YES_NO),
    (
        "epidural_grade",
        "Epidural grade",
        (("not answered", None), *((grade, grade) for grade in ("0", "1a", "1b", "1c", "2", "3"))),
    ),
    (
        "intent",
        "Intent",
        (("not answered", None), ("palliative", "palliative"), ("curative", "curative")),
    ),
    (
        "lesion_type",
        "Lesion type",
        (("not answered", None), *((kind, kind) for kind in ("lytic", "mixed", "blastic"))),
    ),
)
_NUMBERS = (
    ("platelets_e9_per_l", "Platelets", " ×10⁹/L", 2000.0, 0),
    ("inr", "INR", "", 15.0, 2),
    ("lesion_count", "Lesions", "", 99.0, 0),
    ("sins", "SINS", " of 18", 18.0, 0),
    ("vas", "Pain (VAS)", " of 10", 10.0, 0),
    ("ecog", "ECOG", " of 4", 4.0, 0),
    ("life_expectancy_months", "Life expectancy", " months", 240.0, 0),
    ("thermometer_celsius", "Thermometer now", " °C", 150.0, 1),
)
_LINES = (
    ("mdt_date", "Tumour board", "YYYY-MM-DD"),
    ("mr_date", "MR", "YYYY-MM-DD or none"),
    ("surgical_consult_date", "Surgical consult", "YYYY-MM-DD"),
    ("histology", "Histology", "not answered"),
    ("protection", "Protection", "none, CO2, D5W…"),
    ("dissection_fluid", "Dissection fluid", "none, D5W, CO2…"),
)
GAP_PX = 6
"""Between a question and its answer: with more, "not answered" loses its end."""

_INTEGERS = frozenset({"lesion_count", "sins", "ecog"})


class CheckPanel(Panel):
    """The fifth step."""

    answered = Signal(str, object)

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__("Check", parent)
        self._side = label("Nobody has confirmed the side.", "quiet")
        self.levels = LevelMap()
        self.add(
            section("Treated levels"),
            self.levels,
            section("Left and right"),
            self._side,
            button(actions["confirm_side"], primary=True),
            section("What only you know"),
            label("An unanswered question is a finding, never a pass.", "faint"),
        )
        form = QFormLayout()
        form.setHorizontalSpacing(GAP_PX)
        self._choices: dict[str, QComboBox] = {}
        for name, words, offers in _CHOICES:
            box = QComboBox()
            for text, value in offers:
                box.addItem(said(text), value)
            box.activated.connect(
                lambda place, name=name, box=box: self.answered.emit(name, box.itemData(place))
            )
            form.addRow(said(words), box)
            self._choices[name] = box
        self._numbers: dict[str, QDoubleSpinBox] = {}
        for name, words, suffix, highest, decimals in _NUMBERS:
            number = NumberBox()
            number.setRange(-1.0, highest)
            number.setSpecialValueText(said("not answered"))
            number.setDecimals(decimals)
            number.setSuffix(said(suffix))
            number.setKeyboardTracking(False)
            number.valueChanged.connect(lambda value, name=name: self._number(name, value))
            form.addRow(said(words), number)
            self._numbers[name] = number
        self._lines: dict[str, QLineEdit] = {}
        for name, words, hint in _LINES:
            line = QLineEdit()
            line.setPlaceholderText(said(hint))
            line.editingFinished.connect(
                lambda name=name, line=line: self.answered.emit(name, line.text().strip() or None)
            )
            form.addRow(said(words), line)
            self._lines[name] = line
        self.column.addLayout(form)
        self.end()

    def show_check(self, state: CheckState) -> None:
        """Show who confirmed the side."""
        self._side.setText(said(state.side_confirmed or "Nobody has confirmed the side."))

    def show_answers(self, answers: ClinicalAnswers) -> None:
        """Show what was answered."""
        for name, box in self._choices.items():
            box.setCurrentIndex(max(0, box.findData(getattr(answers, name))))
        for name, number in self._numbers.items():
            value = getattr(answers, name)
            number.blockSignals(True)
            number.setValue(-1.0 if value is None else float(value))
            number.blockSignals(False)
        for name, line in self._lines.items():
            line.setText(verbatim(getattr(answers, name) or ""))

    def _number(self, name: str, value: float) -> None:
        if value < 0.0:
            self.answered.emit(name, None)
        else:
            self.answered.emit(name, round(value) if name in _INTEGERS else value)
