"""Asks the user and hands the answer to the workstation."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QInputDialog, QMessageBox

from planner.domain.plan import Acknowledgement
from planner.viewer.language.spoken import said
from planner.viewer.panels.control_dialog import ControlDialog
from planner.viewer.panels.dialogs import (
    AcknowledgeDialog,
    DeviceTableDialog,
    MissingScanDialog,
    SideDialog,
)
from planner.viewer.panels.fetch_dialog import FetchDialog
from planner.viewer.panels.kept_scans_dialog import KeptScansDialog
from planner.viewer.panels.outcome_dialog import OutcomeDialog
from planner.viewer.panels.revisions_dialog import RevisionsDialog

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QPixmap
    from PySide6.QtWidgets import QWidget

    from planner.session.kept_scans import KeptScan
    from planner.session.kept_states import OfferRow
    from planner.session.opened_case import MissingScan
    from planner.session.workstation import Workstation

PLAN_FILTER = "Plans (*.plan);;All files (*)"
SCAN_FILTER = "CT (*.nii *.nii.gz *.nrrd *.nhdr *.dcm DICOMDIR);;All files (*)"
OUTLINE_FILTER = "Outlines (*.nii *.nii.gz *.nrrd *.nhdr *.dcm);;All files (*)"
PICTURE_WIDTH_PX = 400
"""With the words below it the question fits on a screen of 768 pixels."""


class Questions:
    """Every dialog of the window."""

    def __init__(self, window: QWidget, desk: Workstation) -> None:
        self._window = window
        self._desk = desk
        self._fetch: FetchDialog | None = None

    def folder(self) -> None:
        """Ask for a folder of slices and open it."""
        name = QFileDialog.getExistingDirectory(self._window, said("Open CT folder"))
        if name and self.may_replace():
            self._desk.reception.open_scan(Path(name))

    def fetch(self) -> None:
        """Search an archive beside the window."""
        if self._fetch is None:
            desk = self._desk.fetching
            self._fetch = dialog = FetchDialog(self._window)
            dialog.searched.connect(desk.search)
            dialog.study_chosen.connect(desk.choose_study)
            dialog.open_wanted.connect(desk.open)
            dialog.stopped.connect(desk.stop)
            desk.shown_by(dialog)
        self._fetch.show()
        self._fetch.raise_()
        self._fetch.activateWindow()

    def kept_scans(self) -> None:
        """List what was fetched from archives."""
        self._desk.scans.look(self._show_kept)

    def _show_kept(self, scans: tuple[KeptScan, ...], folder: str) -> None:
        hidden = self._desk.names_hidden
        dialog = KeptScansDialog(scans, folder, names_hidden=hidden, parent=self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.remove_wanted.connect(self._remove_scans)
        dialog.open()

    def _remove_scans(self, scans: tuple[KeptScan, ...]) -> None:
        """Ask once more, naming what would no longer find its scan, and remove."""
        used = sorted({word for one in scans for word in one.used_by})
        warning = f"\n\nReferred to by: {', '.join(used)}. Those would ask for their scan."
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self._window,
            said("Remove fetched scans"),
            said(
                f"Remove from this computer: {len(scans)} fetched scans? "
                "The archive keeps its own."
                f"{warning if used else ''}"
            ),
            buttons.Discard | buttons.Cancel,
        )
        if answer == buttons.Discard:
            self._desk.scans.remove(scans)

    def sample(self) -> None:
        """Open the sample case, unless the user keeps what is open and unsaved."""
        if self.may_replace():
            self._desk.reception.open_sample()

    def scan_file(self) -> None:
        """Ask for a scan in one file and open it."""
        self._file("Open CT", SCAN_FILTER, self.open)

    def plan_file(self) -> None:
        """Ask for a plan and open it."""
        self._file("Open plan", PLAN_FILTER, self.open)

    def open(self, path: Path) -> None:
        """Open a scan or a plan, unless the user keeps what is open and unsaved."""
        if self.may_replace():
            self._desk.reception.drop(path)

    def revisions(self) -> None:
        """Offer what is kept of the open plan."""
        dialog = RevisionsDialog(self._desk.keeping.revisions, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.compared.connect(self._desk.compare.with_file)
        dialog.opened.connect(self.open)
        dialog.open()

    def may_replace(self) -> bool:
        """Tell whether another case may take the place of the open one."""
        return not self._desk.case.has_unsaved_work or self.may_close()

    def missing_scan(self, state: MissingScan) -> None:
        """Ask where the CT of a plan is."""
        dialog = MissingScanDialog(state, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.find_wanted.connect(self._find_scan)
        dialog.other_wanted.connect(self._desk.reception.open_scan)
        dialog.open()

    def _find_scan(self, plan_file: Path) -> None:
        if name := QFileDialog.getExistingDirectory(
            self._window, said("Where is the CT of the plan?")
        ):
            self._desk.reception.open_plan(plan_file, Path(name))

    def labels_file(self) -> None:
        """Ask for outlines and take them."""
        self._file("Import outlines", OUTLINE_FILTER, self._desk.outlines.import_labels)

    def save(self) -> bool:
        """Save the plan to its file; ask for one when it has none."""
        case = self._desk.case
        return case.save(case.path) if case.path else self.save_as()

    def save_as(self) -> bool:
        """Ask for a file and save the plan to it."""
        name, _ = QFileDialog.getSaveFileName(
            self._window, said("Save plan"), "case.plan", said(PLAN_FILTER)
        )
        return bool(name) and self._desk.case.save(Path(name))

    def lock(self) -> None:
        """Ask who closes the plan to edits."""
        name, given = QInputDialog.getText(
            self._window,
            said("Lock plan"),
            said("Nothing in the plan changes until it is unlocked.\nYour name"),
        )
        if given:
            self._desk.act(lambda: self._desk.edits.lock(name, _now()))

    def throw_away(self, offer: OfferRow) -> None:
        """Ask once more, then remove work that was not saved."""
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self._window,
            said("Throw unsaved work away"),
            said(f"{offer.title}\n{offer.detail}\n\nThis work is in no file. Remove it for good?"),
            buttons.Discard | buttons.Cancel,
        )
        if answer == buttons.Discard:
            self._desk.keeping.throw_away(offer.sheet)

    def compare(self) -> None:
        """Ask for another plan and lay it beside this one."""
        self._file("Compare with", PLAN_FILTER, self._desk.compare.with_file)

    def report(self) -> None:
        """Ask for a file and write the PDF to it."""
        name, _ = QFileDialog.getSaveFileName(
            self._window, said("Write PDF"), "plan.pdf", said("PDF (*.pdf)")
        )
        if name:
            self._desk.paper.write_report(Path(name))

    def export(self) -> None:
        """Ask for a folder and export into it."""
        if name := QFileDialog.getExistingDirectory(self._window, said("Export into folder")):
            self._desk.paper.export(Path(name))

    def outcome(self) -> None:
        """Ask what became of the patient and record it."""
        dialog = OutcomeDialog(self._desk.register.form(), self._window)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            self._desk.register.record(dialog.entered())

    def register(self) -> None:
        """Ask for a folder, and whether the files may name the patient."""
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self._window,
            said("Files for a register"),
            said(
                "Shall the files name the patient: ID, name, days and words of complications?\n"
                "Without, they carry the plan's random id and days after the treatment."
            ),
            buttons.No | buttons.Yes | buttons.Cancel,
            buttons.No,
        )
        if answer == buttons.Cancel:
            return
        if name := QFileDialog.getExistingDirectory(self._window, said("Folder for the register")):
            self._desk.register.write(Path(name), identified=answer == buttons.Yes)

    def send(self) -> None:
        """Ask which archive gets the plan, and whether it is to leave this computer."""
        archives = self._desk.paper.archives()
        if not archives:
            return
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle(said("Send to PACS"))
        dialog.setLabelText(
            said(
                "Plan, report, pictures and outlines go to the study of this scan.\n"
                "What was sent cannot be taken back from here. Send to"
            )
        )
        dialog.setComboBoxItems(list(archives))
        dialog.setOkButtonText(said("Send"))
        if dialog.exec() == QDialog.DialogCode.Accepted:
            self._desk.paper.send(dialog.textValue())

    def side(self, picture: QPixmap, position: str, doubts: tuple[str, ...] = ()) -> None:
        """Ask a person to compare the picture with the patient."""
        shown = picture.scaledToWidth(PICTURE_WIDTH_PX, Qt.TransformationMode.SmoothTransformation)
        needles = [row.title for row in self._desk.plan_shown.needles]
        dialog = SideDialog(shown, position, needles, self._window, doubts=doubts)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            self._desk.act(lambda: self._desk.edits.confirm_side(dialog.by.text(), _now()))

    def acknowledgement(self) -> None:
        """Ask who goes on in spite of the selected finding, and why."""
        check = self._desk.checks.state
        row = next((r for r in check.findings if r.fingerprint == check.selected), None)
        if row is None:
            return
        dialog = AcknowledgeDialog(row, self._window)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            word = Acknowledgement(
                fingerprint=row.fingerprint,
                rule=row.rule,
                by=dialog.by.text().strip(),
                reason=dialog.reason.text().strip(),
                at_utc=_now(),
            )
            self._desk.act(lambda: self._desk.edits.acknowledge(word))

    def device_table(self) -> None:
        """Ask for the zone table of the chosen device."""
        device_id = self._desk.treatment_shown.device_id
        dialog = DeviceTableDialog(self._desk.treatment.device_name(device_id), self._window)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            table = dialog.entered()
            self._desk.treatment.enter_table(device_id, table.rows, table.document)

    def control(self) -> None:
        """Ask where a control scan shows the selected needle."""
        dialog = ControlDialog(self._window)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            seen = dialog.entered()
            self._desk.control.keep(seen.scan, seen.entry, seen.tip, seen.offset, _now())

    def may_close(self) -> bool:
        """Ask what to do with an unsaved plan; tell whether to close."""
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self._window,
            said("Unsaved plan"),
            said("The plan has changes that are in no file."),
            buttons.Save | buttons.Discard | buttons.Cancel,
        )
        return self.save() if answer == buttons.Save else answer == buttons.Discard

    def _file(self, title: str, kinds: str, use: Callable[[Path], None]) -> None:
        name, _ = QFileDialog.getOpenFileName(self._window, said(title), "", said(kinds))
        if name:
            use(Path(name))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
