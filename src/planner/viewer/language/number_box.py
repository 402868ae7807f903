"""Numbers that are typed: comma and point both stand before the parts, and nothing groups."""

from __future__ import annotations

import re

from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QDoubleSpinBox

from planner.viewer.language.spoken import spoken

_NUMBER = re.compile(r"[-+−]?\d*(?:[.,]\d*)?")


class NumberBox(QDoubleSpinBox):
    """A number with the decimal sign of the language.

    Qt's own box reads a point in German as a sign that groups thousands, so that 1.5 became 15.
    This one takes either sign, once, and no more digits after it than it shows; so 1.000 is not
    taken for a thousand either.
    """

    def textFromValue(self, value: float) -> str:
        """Write the number with as many decimals as the box has."""
        return f"{value:.{self.decimals()}f}".replace(".", spoken().decimal)

    def valueFromText(self, text: str) -> float:
        """Read it back; what cannot be read leaves the number that was there."""
        number = self._bare(text)
        if number == self.specialValueText() and number:
            return self.minimum()
        try:
            return float(number.replace("−", "-").replace(",", "."))
        except ValueError:
            return self.value()

    def validate(self, text: str, place: int) -> tuple[QValidator.State, str, int]:
        """Accept digits and one decimal sign, within the range."""
        number = self._bare(text)
        if number == self.specialValueText() and number:
            return QValidator.State.Acceptable, text, place
        if _NUMBER.fullmatch(number) is None:
            return QValidator.State.Invalid, text, place
        parts = re.split(r"[.,]", number)
        if len(parts) > 1 and (self.decimals() == 0 or len(parts[1]) > self.decimals()):
            return QValidator.State.Invalid, text, place
        return self._state(number), text, place

    def _state(self, number: str) -> QValidator.State:
        """Tell whether a number is whole and within the range; half of one may become so."""
        if not re.search(r"\d", number):
            return QValidator.State.Intermediate
        value = float(number.replace("−", "-").replace(",", "."))
        if self.minimum() <= value <= self.maximum():
            return QValidator.State.Acceptable
        if value > max(self.maximum(), 0.0) or value < min(self.minimum(), 0.0):
            return QValidator.State.Invalid
        return QValidator.State.Intermediate

    def _bare(self, text: str) -> str:
        return text.removeprefix(self.prefix()).removesuffix(self.suffix()).strip()
