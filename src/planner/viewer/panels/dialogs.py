"""Questions that only a person can answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from planner.domain.devices import ZoneRow
from planner.domain.finding import Severity
from planner.domain.sourced import Sourced, Status
from planner.viewer.language.spoken import all_said, said
from planner.viewer.panels.parts import label

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtCore import SignalInstance
    from PySide6.QtGui import QPixmap

    from planner.session.opened_case import MissingScan
    from planner.session.window_states import FindingRow


class Question(QDialog):
    """A dialog whose OK waits until everything is answered, and says why it waits."""

    def __init__(self, title: str, confirm: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(said(title))
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(22, 20, 22, 18)
        self.column.setSpacing(10)
        self.column.addWidget(label(title, "title"))
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.ok.setText(said(confirm))
        self.ok.setProperty("role", "primary")
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    def wait_for(self, reason: str) -> None:
        """Keep OK off for a reason, or let it be pressed when there is none."""
        self.ok.setEnabled(not reason)
        self.ok.setToolTip(said(reason))


class SideDialog(Question):
    """Asks a person to look at the picture and say which side is which."""

    def __init__(
        self,
        picture: QPixmap,
        position: str,
        needles: list[str],
        parent: QWidget | None = None,
        *,
        doubts: tuple[str, ...] = (),
    ) -> None:
        super().__init__("Confirm left and right", "Confirm", parent)
        shown = label()
        shown.setPixmap(picture)
        shown.setFixedSize(picture.deviceIndependentSize().toSize())  # no letter is cut off
        sides = "\n".join(f"·  {needle}" for needle in needles)
        planned = f"Planned needles:\n{sides}" if needles else "No needle is planned yet."
        self.doubts = label("\n".join(doubts), "refusal")
        self.doubts.setVisible(bool(doubts))
        self.agreed = QCheckBox(said("I compared the picture with the patient and the request."))
        self.by = QLineEdit()
        self.by.setPlaceholderText(said("Your name"))
        for part in (
            shown,
            label(f"{position}. The letters R and L in the picture are the PATIENT'S sides."),
            self.doubts,
            label(planned),
            self.agreed,
            self.by,
            self.buttons,
        ):
            self.column.addWidget(part)
        # Qt cuts a dialog to two thirds of the screen, and then lays words over the picture.
        self.setMinimumHeight(self.column.totalHeightForWidth(self.sizeHint().width()))
        self.agreed.toggled.connect(self._update)
        self.by.textChanged.connect(self._update)
        self._update()

    def _update(self) -> None:
        if not self.agreed.isChecked():
            self.wait_for("Say that you compared the picture first.")
        else:
            self.wait_for("" if self.by.text().strip() else "Enter your name.")


class MissingScanDialog(QDialog):
    """Asks where the CT of a plan is; a plan is never carried over to another scan."""

    find_wanted = Signal(object)
    other_wanted = Signal(object)

    def __init__(self, state: MissingScan, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        is_other = state.other is not None
        title = "This is a different scan" if is_other else "The CT of this plan is missing"
        self.setWindowTitle(said(title))
        self.setMinimumWidth(520)
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 20, 22, 18)
        column.setSpacing(10)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        role = QDialogButtonBox.ButtonRole.ActionRole
        self.seek = buttons.addButton(said("Find its CT…"), role)
        self.seek.setProperty("role", "primary")
        self.seek.clicked.connect(lambda: self._answer(self.find_wanted, state.plan_file))
        self.open_other = buttons.addButton(said("Open this scan without the plan"), role)
        self.open_other.setVisible(is_other)
        self.open_other.clicked.connect(lambda: self._answer(self.other_wanted, state.other))
        buttons.rejected.connect(self.reject)
        for part in (
            label(title, "title"),
            label(state.sentence),
            label(f"The plan was made on: {state.wanted}.", "quiet"),
            buttons,
        ):
            column.addWidget(part)

    def _answer(self, wanted: SignalInstance, path: Path | None) -> None:
        self.accept()
        wanted.emit(path)


VERBS = {Severity.STOP: "Override", Severity.NOT_EVALUATED: "Override"}
"""What answering a finding is called; anything else is acknowledged."""


class AcknowledgeDialog(Question):
    """Asks who goes on in spite of a finding, and why."""

    def __init__(self, finding: FindingRow, parent: QWidget | None = None) -> None:
        verb = VERBS.get(finding.severity, "Acknowledge")
        super().__init__(f"{verb} {finding.rule}", verb, parent)
        self.setMinimumWidth(460)
        self.by = QLineEdit()
        self.by.setPlaceholderText(said("Your name"))
        self.reason = QLineEdit()
        self.reason.setPlaceholderText(said("Reason"))
        for part in (
            label(finding.message),
            label(finding.numbers, "quiet"),
            self.by,
            self.reason,
            self.buttons,
        ):
            self.column.addWidget(part)
        self.by.textChanged.connect(self._update)
        self.reason.textChanged.connect(self._update)
        self._update()

    def _update(self) -> None:
        done = self.by.text().strip() and self.reason.text().strip()
        self.wait_for("" if done else "An answer needs a name and a reason.")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteredTable:
    """What a user typed in from a maker's document."""

    document: str
    rows: tuple[ZoneRow, ...]


_COLUMNS = (
    "Power W", "Set point °C", "Time from s", "Time to s", "Length mm", "Width mm",
    "Centre from\ntip mm", "Measured in",
)  # fmt: skip
_SIZES = slice(4, 7)
_TISSUE = 7


class DeviceTableDialog(Question):
    """A form for a device's zone table, from its instructions for use."""

    def __init__(self, device_name: str, parent: QWidget | None = None) -> None:
        super().__init__(f"Zone table of {device_name}", "Save table", parent)
        self.resize(860, 420)
        self.document = QLineEdit()
        self.document.setPlaceholderText(said("Document, revision and page the numbers come from"))
        self.table = QTableWidget(6, len(_COLUMNS))
        self.table.setHorizontalHeaderLabels(all_said(list(_COLUMNS)))
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.setAlternatingRowColors(True)
        self._remark = label("", "quiet")
        for part in (
            label("Copy the numbers exactly; leave empty what the row does not state.", "quiet"),
            self.document,
            self.table,
            self._remark,
            self.buttons,
        ):
            self.column.addWidget(part)
        self.document.textChanged.connect(self._update)
        self.table.itemChanged.connect(lambda _item: self._update())
        self._update()

    def entered(self) -> EnteredTable:
        """Return the table.

        Raises
        ------
        ValueError
            With a sentence that says which row cannot be read.
        """
        document = self.document.text().strip()
        if not document:
            raise ValueError("Name the document the numbers come from.")
        rows = []
        for place in range(self.table.rowCount()):
            texts = [self._text(place, column) for column in range(len(_COLUMNS))]
            if any(texts):
                rows.append(_row(place + 1, texts, document))
        if not rows:
            raise ValueError("Enter at least one row.")
        return EnteredTable(document=document, rows=tuple(rows))

    def _text(self, row: int, column: int) -> str:
        item: QTableWidgetItem | None = self.table.item(row, column)
        return item.text().strip() if item is not None else ""

    def _update(self) -> None:
        try:
            table = self.entered()
        except ValueError as refusal:
            self.wait_for(str(refusal))
            self._remark.setText(said(str(refusal)))
        else:
            self.wait_for("")
            self._remark.setText(said(f"{len(table.rows)} rows, stored as entered by a user."))


def _row(number: int, texts: list[str], document: str) -> ZoneRow:
    try:
        values = [float(text.replace(",", ".")) if text else None for text in texts[:_TISSUE]]
    except ValueError as error:
        raise ValueError(f"Row {number}: {error}.") from error
    power, setpoint, low, high = values[:4]
    if any(value is None for value in values[_SIZES]):
        raise ValueError(f"Row {number}: length, width and centre from tip are needed.")
    if power is None and setpoint is None and low is None and high is None:
        raise ValueError(f"Row {number}: enter a power, a set point or a time.")
    low, high = (low if low is not None else high), (high if high is not None else low)
    length, width, centre = (
        Sourced(value=value or 0.0, status=Status.USER_ENTERED, source=document)
        for value in values[_SIZES]
    )
    if not (length.value > 0.0 and width.value > 0.0):
        raise ValueError(f"Row {number}: length and width must be positive.")
    return ZoneRow(
        power_w=power,
        setpoint_celsius=setpoint,
        time_s=(low, high) if low is not None and high is not None else None,
        length_mm=length,
        width_mm=width,
        centre_from_tip_mm=centre,
        tissue=texts[_TISSUE] or "not stated",
        settings_status=Status.USER_ENTERED,
        settings_source=document,
    )
