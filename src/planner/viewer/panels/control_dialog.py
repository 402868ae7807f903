"""Asks where a control scan shows a needle."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton

from planner.geometry.points import PointLps
from planner.viewer.language.spoken import said, verbatim
from planner.viewer.panels.dialogs import Question
from planner.viewer.panels.parts import label

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteredControl:
    """A control scan, and a needle in its own coordinates."""

    scan: Path
    entry: PointLps
    tip: PointLps
    offset: PointLps | None


class ControlDialog(Question):
    """A folder, two places, and an offset where the scans lie in two frames of reference."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Control reading", "Keep reading", parent)
        self.resize(560, 300)
        self.folder, self.entry, self.tip, self.offset = (QLineEdit() for _ in range(4))
        self.folder.setPlaceholderText(said("Folder of the control scan"))
        self.entry.setPlaceholderText(
            said("Entry seen: left, back, head in mm, such as 42.5; 88; -310")
        )
        self.tip.setPlaceholderText(said("Tip seen: left, back, head in mm"))
        self.offset.setPlaceholderText(said("Offset to the plan's scan, if you registered one"))
        choose = QPushButton(said("Choose…"))
        choose.clicked.connect(self._choose)
        row = QHBoxLayout()
        row.addWidget(self.folder)
        row.addWidget(choose)
        self.column.addWidget(
            label(
                "Type the places as the control scan has them (DICOM: + is left, back, head). "
                "Without an offset both scans must be in one frame of reference.",
                "quiet",
            )
        )
        self.column.addLayout(row)
        for part in (self.entry, self.tip, self.offset, self.buttons):
            self.column.addWidget(part)
        for field in (self.folder, self.entry, self.tip, self.offset):
            field.textChanged.connect(self._update)
        self._update()

    def entered(self) -> EnteredControl:
        """Return what was typed.

        Raises
        ------
        ValueError
            With a sentence that says what is missing or cannot be read.
        """
        folder = self.folder.text().strip()
        if not folder:
            raise ValueError("Choose the folder of the control scan.")
        offset = self.offset.text().strip()
        return EnteredControl(
            scan=Path(folder),
            entry=_place("entry", self.entry.text()),
            tip=_place("tip", self.tip.text()),
            offset=_place("offset", offset) if offset else None,
        )

    def _choose(self) -> None:
        if name := QFileDialog.getExistingDirectory(self, said("Control scan")):
            self.folder.setText(verbatim(name))

    def _update(self) -> None:
        try:
            self.entered()
        except ValueError as refusal:
            self.wait_for(str(refusal))
        else:
            self.wait_for("")


def _place(name: str, text: str) -> PointLps:
    """Read three numbers apart by semicolons, spaces or commas with a space."""
    parts = text.replace(";", " ").replace(", ", " ").split()
    if len(parts) == 1 and text.count(",") == 2:
        parts = text.split(",")
    try:
        values = [float(part.strip(",").replace(",", ".")) for part in parts]
    except ValueError:
        values = []
    if len(values) != 3:
        raise ValueError(f"Type three numbers for the {name}: left; back; head, in mm.")
    return PointLps.of(values)
