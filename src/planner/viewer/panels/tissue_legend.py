"""What the colours of the tissue map mean, and parts that a person takes for another class."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFormLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from planner.domain.tissue_choice import LARGEST_MM, SMALLEST_MM, TissueKind
from planner.viewer.language.number_box import NumberBox
from planner.viewer.language.spoken import said, verbatim
from planner.viewer.panels.parts import Choice, label, say, swatch
from planner.viewer.theme import clinical

NOTE = (
    "Taken from HU and outlines. The line under the pictures names what is under the mouse. "
    "Where it is wrong, say below what a part counts as."
)
BALL = "Ball about the crosshair"
USUAL_BALL_MM = 5.0
KINDS = tuple(TissueKind)
"""In the order of the numbers of the map."""

Said = tuple[tuple[str, str], ...]


class TissueLegend(QWidget):
    """Colours and names, a form to give a part another class, and what was given.

    The choices stay in sight without the map: what is simulated rests on them.
    """

    choice_wanted = Signal(str, float, str, str)
    choice_removed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names = QLabel()
        self._names.setTextFormat(Qt.TextFormat.RichText)
        self._names.setWordWrap(True)
        self._form = QWidget()
        self.part, self.only, self.becomes = Choice(), Choice(), Choice()
        self.radius = NumberBox()
        self.radius.setRange(SMALLEST_MM, LARGEST_MM)
        self.radius.setDecimals(1)
        self.radius.setSuffix(" mm")
        self.radius.setValue(USUAL_BALL_MM)
        self.give = QPushButton(said("Set tissue"))
        self.given = Choice()
        self.given.setAccessibleName(said("Tissue set by hand"))
        self.take_back = QPushButton(said("Take back"))
        self._said = label("", "quiet")
        self._make_form()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for part in (self._names, self._form, self._said, self.given, self.take_back):
            column.addWidget(part)
        self.part.activated.connect(self._follow_part)
        self.give.clicked.connect(self._give)
        self.take_back.clicked.connect(
            lambda _on: self.choice_removed.emit(self.given.currentData())
        )
        self.hide()

    def _make_form(self) -> None:
        form = QFormLayout(self._form)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow(label(NOTE, "faint"))
        form.addRow(said("Take"), self.part)
        form.addRow(said("Radius"), self.radius)
        form.addRow(said("of it"), self.only)
        form.addRow(said("as"), self.becomes)
        form.addRow(self.give)
        self.part.setAccessibleName(said("Part to give another tissue"))
        self.only.setAccessibleName(said("What of the part"))
        self.becomes.setAccessibleName(said("What it counts as"))
        for number, kind in enumerate(KINDS):
            self.becomes.addItem(
                swatch(clinical.TISSUE_COLOURS[number]), said(kind.words), kind.value
            )

    def show_tissues(
        self, tissues: tuple[tuple[int, str], ...], parts: Said = (), choices: Said = ()
    ) -> None:
        """Show code and name of each class, what may be set, and what was."""
        lines = (
            f'<span style="color:{clinical.TISSUE_COLOURS[code - 1]}">&#9632;</span> {said(name)}'
            for code, name in tissues
        )
        self._names.setText(verbatim("<br>".join(lines)))
        self._names.setVisible(bool(tissues))
        self._form.setVisible(bool(tissues))
        present = sorted(code - 1 for code, _ in tissues)
        self._offer(self.part, (*parts, ("", BALL)))
        self._offer(self.only, (("", "all of it"), *((KINDS[n], KINDS[n].words) for n in present)))
        self._follow_part()
        self._offer(self.given, choices)
        for piece in (self._said, self.take_back):
            piece.setVisible(bool(choices))
        self.given.setVisible(len(choices) > 1)
        words = "\n".join(f"{words}." for _, words in choices)
        say(self._said, f"Tissue set by hand:\n{words}" if choices else "")
        self.setVisible(bool(tissues or choices))

    @staticmethod
    def _offer(box: Choice, items: Said) -> None:
        """Fill a list anew where it differs, and keep what is chosen in it."""
        wanted = tuple((str(name), said(words)) for name, words in items)
        now = tuple((box.itemData(n), box.itemText(n)) for n in range(box.count()))
        if now == wanted:
            return
        kept = box.currentData()
        box.clear()
        for name, words in wanted:
            box.addItem(verbatim(words), name)
        box.setCurrentIndex(max(0, box.findData(kept)))

    def _follow_part(self, _place: int = 0) -> None:
        """Only a ball has a radius."""
        self.radius.setEnabled(self.part.currentData() == "")

    def _give(self, _on: bool) -> None:
        self.choice_wanted.emit(
            self.part.currentData() or "",
            self.radius.value(),
            self.only.currentData() or "",
            self.becomes.currentData(),
        )
