"""Carries job envelopes from worker threads to the GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.session.jobs import Envelope


class JobBridge(QObject):
    """``carry`` may be called from any thread; ``deliver`` runs in the GUI thread."""

    _event = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._deliver: Callable[[Envelope], None] | None = None
        self._event.connect(self._on_event, Qt.ConnectionType.QueuedConnection)

    def deliver_to(self, deliver: Callable[[Envelope], None]) -> None:
        """Say who handles the envelopes; the runner, once it exists."""
        self._deliver = deliver

    def close(self) -> None:
        """Drop what is still on its way."""
        self._deliver = None

    def carry(self, envelope: Envelope) -> None:
        """Queue ``envelope``."""
        self._event.emit(envelope)

    def _on_event(self, envelope: Envelope) -> None:
        if self._deliver is not None:
            self._deliver(envelope)
