"""Plan: choose level and side, place needles."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QWidget,
)

from planner.domain.levels import Level, Side
from planner.domain.plan import Approach
from planner.viewer.language.spoken import said, verbatim
from planner.viewer.panels.needle_fields import NeedleFields
from planner.viewer.panels.parts import Choice, Panel, button, label, say, section

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction

    from planner.session.needle_card import CardPart
    from planner.session.window_states import PlanState

_SIDES = ((Side.RIGHT, "Right"), (None, "From entry"), (Side.LEFT, "Left"))
"""In the order they have on the screen: the patient's right is on the left."""

OFFER_PX = 36
"""Height of one proposal: two lines."""

NEEDLES_PX, FRAME_PX = 168, 4
"""Four needles are seen at once; more scroll."""

OFFER_HELP = (
    "Clear is the least distance from the needle to anything it has to keep away from, or to the "
    "edge of its pedicle; then the same with the tip placed off by the error of a hand."
)

APPROACH_HELP = (
    "How proposals go in, and how a needle placed by hand is judged: as transpedicular, if none "
    "is chosen here before it is placed."
)


class PlanPanel(Panel):
    """The third step."""

    level_chosen = Signal(object)
    side_chosen = Signal(object)
    needle_chosen = Signal(object)
    offer_chosen = Signal(int)
    approach_chosen = Signal(object)

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__("Plan", parent)
        self._state: PlanState | None = None
        self._level = QComboBox()
        self._level.setAccessibleName(said("Level"))
        self._level.activated.connect(self._level_activated)
        self._approach = Choice()
        self._approach.setAccessibleName(said("Approach"))
        self._approach.setToolTip(said(APPROACH_HELP))
        self._approach.addItem(said("Any that suits the level"), None)
        for approach in Approach:
            self._approach.addItem(said(approach.value.capitalize()), approach)
        self._approach.activated.connect(self._approach_activated)
        self._sides: dict[Side | None, QPushButton] = {}
        group = QButtonGroup(self)
        sides = QHBoxLayout()
        sides.setSpacing(4)
        for side, word in _SIDES:
            made = QPushButton(said(word))
            made.setCheckable(True)
            made.setToolTip(
                said(
                    f"The patient's {word.lower()}" if side else "Taken from where the entry lies"
                )
            )
            made.clicked.connect(lambda _on=False, side=side: self.side_chosen.emit(side))
            group.addButton(made)
            sides.addWidget(made)
            self._sides[side] = made
        self._pending = label("", "quiet")
        self._why = label("", "quiet")
        self._none = label("", "faint")
        self._offers = QListWidget()
        self._offers.setAccessibleName(said("Proposals"))
        self._offers.setWordWrap(True)
        self._offers.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._offers.itemClicked.connect(
            lambda item: self.offer_chosen.emit(self._offers.row(item))
        )
        self._needles = QListWidget()
        self._needles.setAccessibleName(said("Needles"))
        self._needles.setTextElideMode(Qt.TextElideMode.ElideNone)
        self._needles.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._needles.itemClicked.connect(self._needle_clicked)
        self.add(section("Level"), self._level, section("Side of the patient"))
        self.column.addLayout(sides)
        self.add(section("Approach"), self._approach)
        self.add(button(actions["suggest"], primary=True), self._offers)
        self.add(self._why, self._none, button(actions["suggest_two"]))
        row = QHBoxLayout()
        for name, short in (("keep_entry", "Keep entry"), ("keep_tip", "Keep tip")):
            row.addWidget(button(actions[name], short=short))
        self.column.addLayout(row)
        self.add(section("By hand, at the crosshair"))
        row = QHBoxLayout()
        row.addWidget(button(actions["entry"], short="Entry  E"))
        row.addWidget(button(actions["tip"], short="Tip  T"))
        self.column.addLayout(row)
        self.add(
            label("Or drag the square (entry) and the dot (tip) in a pane.", "faint"),
            self._pending,
            section("Needles"),
            self._needles,
        )
        row = QHBoxLayout()
        for name, short in (("new_needle", "New"), ("lock", "Lock"), ("delete", "Delete")):
            row.addWidget(button(actions[name], short=short))
        self.column.addLayout(row)
        for names in (
            (("snap", "Snap to pedicle"), ("needle_view", "Along  V")),
            (("xray_view", "X-ray  Y"), ("skin_map", "Skin map")),
        ):
            row = QHBoxLayout()
            for name, short in names:
                row.addWidget(button(actions[name], short=short))
            self.column.addLayout(row)
        self.fields = NeedleFields()
        self.add(self.fields)
        self._card = label("", "quiet")
        self._card.setTextFormat(Qt.TextFormat.RichText)
        self.add(self._card)
        self.end()

    def show_plan(self, state: PlanState) -> None:
        """Show levels, sides and needles."""
        self._state = state
        self._level.blockSignals(True)
        self._level.clear()
        self._level.addItem(said("Level under the tip"), None)
        for level in state.levels or tuple(Level):
            self._level.addItem(verbatim(level.value), level)
        self._level.setCurrentIndex(max(0, self._level.findText(state.level or "")))
        self._level.blockSignals(False)
        self._level.setEnabled(state.is_there)
        self._level.setToolTip(said("" if state.is_there else "Open a CT first."))
        self._sides[state.side].setChecked(True)
        for made in self._sides.values():
            made.setEnabled(state.is_there)
        say(self._pending, state.pending)
        say(self._why, "\n".join(f"· {reason}" for reason in state.suggestion))
        none = "\n".join(f"· {reason}" for reason in state.none_because)
        say(self._none, f"Not proposed:\n{none}" if none else "")
        self._show_offers(state)
        self.fields.show_numbers(state.numbers)
        self._card.setText(verbatim(card_html(state.card)))
        self._card.setVisible(bool(state.card))
        self._needles.clear()
        for row in state.needles:
            lock = f"  ({said('locked')})" if row.locked else ""
            item = QListWidgetItem(verbatim(f"{said(row.title)}{lock}\n{said(row.detail)}"))
            item.setData(Qt.ItemDataRole.UserRole, row.id)
            self._needles.addItem(item)
            if row.selected:
                self._needles.setCurrentItem(item)
        high = sum(self._needles.sizeHintForRow(row) for row in range(self._needles.count()))
        self._needles.setFixedHeight(min(max(high, OFFER_PX), NEEDLES_PX) + 2 * FRAME_PX)

    def _show_offers(self, state: PlanState) -> None:
        self._offers.clear()
        self._offers.addItems(
            [verbatim(f"{n}  {said(title)}") for n, title in enumerate(state.offers, start=1)]
        )
        self._offers.setVisible(bool(state.offers))
        self._offers.setFixedHeight(min(len(state.offers), 6) * OFFER_PX + 6)
        for row, title in enumerate(state.offers):
            self._offers.item(row).setToolTip(said(f"{title}\n{OFFER_HELP}"))
        if state.offers:
            self._offers.setCurrentRow(state.offer)

    # Qt gives a level or an approach that it keeps back as bare text, which has no order.

    def _level_activated(self, place: int) -> None:
        kept = self._level.itemData(place)
        self.level_chosen.emit(None if kept is None else Level(kept))

    def _approach_activated(self, place: int) -> None:
        kept = self._approach.itemData(place)
        self.approach_chosen.emit(None if kept is None else Approach(kept))

    def _needle_clicked(self, item: QListWidgetItem) -> None:
        self.needle_chosen.emit(item.data(Qt.ItemDataRole.UserRole))


def card_html(card: tuple[CardPart, ...]) -> str:
    """Return the card as a table: what it is on the left, the number on the right."""
    rows = []
    for part in card:
        rows.append(f'<tr><td colspan="2"><br><b>{escape(said(part.title))}</b></td></tr>')
        rows += [
            f'<tr><td style="padding-right:8px">{name}</td><td>{value}</td></tr>'
            for name, value in ((escape(said(a)), escape(said(b))) for a, b in part.lines)
        ]
    return f"<table>{''.join(rows)}</table>" if rows else ""
