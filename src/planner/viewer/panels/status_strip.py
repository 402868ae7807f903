"""The strip at the bottom: what was said last, long work, and what is under the mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QSizePolicy, QWidget

from planner.viewer.language.spoken import said
from planner.viewer.panels.parts import label

if TYPE_CHECKING:
    from planner.session.window_states import JobState, Message


class StatusStrip(QWidget):
    """Progress can always be stopped."""

    cancelled = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status")
        self.setFixedHeight(38)
        self.message = label("", "quiet")
        # A long sentence takes a second line; it must not make the window wider.
        self.message.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._job = label("", "quiet")
        self._job.setWordWrap(False)
        self._slot = ""
        self._bar = QProgressBar()
        self._bar.setFixedWidth(160)
        self._bar.setRange(0, 100)
        self._bar.setTextVisible(False)
        self.stop = QPushButton(said("Stop"))
        self.stop.clicked.connect(lambda: self.cancelled.emit(self._slot))
        self._probe = label("", "quiet")
        self._probe.setWordWrap(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 3, 16, 3)
        row.setSpacing(12)
        row.addWidget(self.message, 1)
        for part in (self._job, self._bar, self.stop, self._probe):
            row.addWidget(part)
        self.show_jobs(())

    def show_jobs(self, jobs: tuple[JobState, ...]) -> None:
        """Show the first of the running jobs."""
        job = jobs[0] if jobs else None
        for part in (self._job, self._bar, self.stop):
            part.setVisible(job is not None)
        if job is not None:
            self._slot = job.slot
            self._job.setText(said(job.message))
            # A bar paints at once, and with it every pane that waits for its turn; not so here.
            self._bar.setUpdatesEnabled(False)
            self._bar.setValue(round(100 * job.fraction))
            self._bar.setUpdatesEnabled(True)
            self.stop.setToolTip(said(f"Stop: {job.message}"))

    def show_message(self, message: Message) -> None:
        """Show one sentence; its whole text is in the tooltip too."""
        self.message.setText(said(("⚠  " if message.is_error else "") + message.text))
        self.message.setToolTip(said(message.text))

    def show_probe(self, text: str) -> None:
        """Show what is under the mouse."""
        self._probe.setText(said(text))
