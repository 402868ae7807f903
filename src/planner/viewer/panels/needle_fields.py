"""The selected needle in numbers that can be typed."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QGridLayout, QLabel, QLineEdit, QWidget

from planner.domain.plan import Approach
from planner.session.needle_numbers import ENTRY, TIP, NeedleNumber
from planner.session.needle_size import EXAMPLE
from planner.viewer.language.number_box import NumberBox
from planner.viewer.language.spoken import all_said, said, shown_number
from planner.viewer.panels.parts import NARROWEST_PX, Choice

if TYPE_CHECKING:
    from planner.session.needle_numbers import NeedleNumbers

FARTHEST_MM = 2000.0
LONGEST_MM = 400.0

LETTERS = (("L", "R"), ("P", "A"), ("S", "I"))
WAYS = (
    ("patient's left", "patient's right"),
    ("patient's back", "patient's front"),
    ("head", "feet"),
)
HELP = {
    NeedleNumber.DEPTH: "Entry to tip. Typing it moves the tip along the needle.",
    NeedleNumber.INWARD: "Angle in the axial plane from straight forward, positive towards the "
    "midline. Typing it turns the needle about its tip; the entry goes to the skin.",
    NeedleNumber.UPWARD: "Angle out of the axial plane, positive when the tip is nearer the head. "
    "Typing it turns the needle about its tip; the entry goes to the skin.",
}


NOT_WIDER = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
"""The list may be wider than its field; the field is as wide as the panel lets it."""

SIZE_HELP = (
    f"Choose one of the catalogue, or type what the packet says, such as {EXAMPLE}. Its diameter "
    "is what is measured and checked; its length says whether it reaches."
)


APPROACH_HELP = (
    "How this needle goes in: a transpedicular one is judged by the bone left about it in the "
    "pedicle, any other by its distance from nerves alone."
)


class PlaceBox(QDoubleSpinBox):
    """A coordinate written with the letter of its side, so that no sign says left or right.

    A number typed without a letter keeps the side that was shown.
    """

    _TYPED = re.compile(r"\s*([A-Za-z]?)\s*(-?\d*[.,]?\d*)\s*(?:mm)?\s*")

    def __init__(self, letters: tuple[str, str]) -> None:
        super().__init__()
        self._letters = letters
        self.setRange(-FARTHEST_MM, FARTHEST_MM)
        self.setDecimals(1)

    def textFromValue(self, value: float) -> str:
        """Write 12.3 to the right as ``R 12.3``."""
        return f"{self._letters[0 if value >= 0.0 else 1]} {shown_number(f'{abs(value):.1f}')}"

    def valueFromText(self, text: str) -> float:
        """Read it back; a minus turns the side round."""
        letter, number = self._read(text)
        size = float(number.replace(",", ".")) if re.search(r"\d", number) else abs(self.value())
        if letter:
            return size if letter == self._letters[0] else -size
        return size if self.value() >= 0.0 else -size

    def validate(self, text: str, place: int) -> tuple[QValidator.State, str, int]:
        """Accept one of its two letters and a number."""
        match = self._TYPED.fullmatch(text)
        if match is None or match[1].upper() not in ("", *self._letters):
            return QValidator.State.Invalid, text, place
        done = bool(re.search(r"\d", match[2]))
        return (
            QValidator.State.Acceptable if done else QValidator.State.Intermediate,
            text,
            place,
        )

    def _read(self, text: str) -> tuple[str, str]:
        match = self._TYPED.fullmatch(text)
        return (match[1].upper(), match[2]) if match else ("", "")


class NeedleFields(QWidget):
    """Depth, two angles, entry and tip; a number counts when Enter is pressed or it is left."""

    number_typed = Signal(object, float)
    size_typed = Signal(str)
    approach_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(4)
        self.boxes: dict[NeedleNumber, QDoubleSpinBox] = {}
        self._help: dict[NeedleNumber, str] = {}
        self._shown: NeedleNumbers | None = None
        for column, (name, word, suffix, low, high) in enumerate(
            (
                (NeedleNumber.DEPTH, "Depth", " mm", 1.0, LONGEST_MM),
                (NeedleNumber.INWARD, "To midline", "°", -180.0, 180.0),
                (NeedleNumber.UPWARD, "To head", "°", -89.9, 89.9),
            )
        ):
            box = NumberBox()
            box.setRange(low, high)
            box.setDecimals(1)
            box.setSuffix(said(suffix))
            grid.addWidget(_word(word), 0, column)
            grid.addWidget(self._kept(name, box, f"{word} of the needle", HELP[name]), 1, column)
        for row, (word, names) in enumerate((("Entry", ENTRY), ("Tip", TIP))):
            grid.addWidget(_word(f"{word} (DICOM patient mm)"), 2 + 2 * row, 0, 1, 3)
            for column, name in enumerate(names):
                ways, letters = WAYS[column], LETTERS[column]
                words = f"Towards the {ways[0]} ({letters[0]}) or the {ways[1]} ({letters[1]})."
                made = self._kept(
                    name, PlaceBox(letters), f"{word}, {ways[0]} or {ways[1]}", words
                )
                grid.addWidget(made, 3 + 2 * row, column)
        self.needle_size = QComboBox()
        typing = QLineEdit()
        self.needle_size.setEditable(True)
        self.needle_size.setLineEdit(typing)
        self.needle_size.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.needle_size.setMinimumWidth(NARROWEST_PX)
        self.needle_size.setSizeAdjustPolicy(NOT_WIDER)
        self.needle_size.setAccessibleName(said("Bone needle: gauge, outer diameter and length"))
        self.needle_size.activated.connect(self._size_entered)
        typing.editingFinished.connect(self._size_entered)
        self.approach = Choice()
        self.approach.setAccessibleName(said("Approach of this needle"))
        for approach in Approach:
            self.approach.addItem(said(approach.value.capitalize()), approach)
        self.approach.setMinimumWidth(NARROWEST_PX)
        self.approach.activated.connect(self._approach_entered)
        grid.addWidget(_word("Approach of this needle"), 8, 0, 1, 3)
        grid.addWidget(self.approach, 9, 0, 1, 3)
        grid.addWidget(_word("Bone needle: gauge, width × length"), 6, 0, 1, 3)
        grid.addWidget(self.needle_size, 7, 0, 1, 3)

    def _size_entered(self, _place: int = 0) -> None:
        """Hand on what was entered, and show again what the plan holds if it was refused."""
        shown, words = self._shown, self.needle_size.currentText()
        if shown is not None and words != said(shown.size):
            offered = dict(zip(all_said(shown.sizes), shown.sizes, strict=True))
            self.size_typed.emit(offered.get(words, words))
            self.show_numbers(self._shown)

    def _approach_entered(self, place: int) -> None:
        """Hand the approach on, and show again what the plan holds if it was refused."""
        self.approach_changed.emit(Approach(self.approach.itemData(place)))
        self.show_numbers(self._shown)

    def _number_entered(self, name: NeedleNumber, value: float) -> None:
        """Hand a number on, and show again what the plan holds if it was refused."""
        self.number_typed.emit(name, value)
        self.show_numbers(self._shown)

    def _kept(
        self, name: NeedleNumber, box: QDoubleSpinBox, accessible: str, help_words: str
    ) -> QDoubleSpinBox:
        box.setKeyboardTracking(False)
        box.setMinimumWidth(NARROWEST_PX)
        box.setAccessibleName(said(accessible))
        self._help[name] = help_words
        box.valueChanged.connect(partial(self._number_entered, name))
        self.boxes[name] = box
        return box

    def show_numbers(self, numbers: NeedleNumbers | None) -> None:
        """Show the selected needle; hidden without one, read only while it is locked."""
        self._shown = numbers
        self.setVisible(numbers is not None)
        if numbers is None:
            return
        self._show_size(numbers)
        self.approach.setCurrentIndex(list(Approach).index(numbers.approach))
        self.approach.setEnabled(not numbers.locked)
        self.approach.setToolTip(
            said("The needle is locked." if numbers.locked else APPROACH_HELP)
        )
        for name, box in self.boxes.items():
            box.blockSignals(True)
            box.setValue(numbers.values[name])
            box.blockSignals(False)
            box.setEnabled(not numbers.locked)
            box.setToolTip(said("The needle is locked." if numbers.locked else self._help[name]))

    def _show_size(self, numbers: NeedleNumbers) -> None:
        self.needle_size.blockSignals(True)
        held = [self.needle_size.itemText(n) for n in range(self.needle_size.count())]
        if held != (offered := all_said(numbers.sizes)):
            self.needle_size.clear()
            self.needle_size.addItems(offered)
        self.needle_size.setCurrentIndex(self.needle_size.findText(said(numbers.size)))
        self.needle_size.setEditText(said(numbers.size))
        typing = self.needle_size.lineEdit()
        if typing is not None:
            typing.setCursorPosition(0)  # a long name begins where the field does
        self.needle_size.blockSignals(False)
        self.needle_size.setEnabled(not numbers.locked)
        self.needle_size.setToolTip(said("The needle is locked." if numbers.locked else SIZE_HELP))


def _word(text: str) -> QLabel:
    made = QLabel(said(text))
    made.setProperty("role", "faint")
    return made
