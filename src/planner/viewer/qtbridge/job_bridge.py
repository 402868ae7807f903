"""Carries job envelopes from worker threads to the GUI thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from planner.session.jobs import JobProgress

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.session.jobs import Envelope


class JobBridge(QObject):
    """``carry`` may be called from any thread; ``deliver`` runs in the GUI thread.

    Of the progress of a job only the newest waits to be delivered: work that reports a thousand
    times a second must not make the window paint a thousand times.
    """

    _event = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._progress: dict[tuple[str, int], Envelope] = {}
        self._deliver: Callable[[Envelope], None] | None = None
        self._event.connect(self._on_event, Qt.ConnectionType.QueuedConnection)

    def deliver_to(self, deliver: Callable[[Envelope], None]) -> None:
        """Say who handles the envelopes; the runner, once it exists."""
        self._deliver = deliver

    def close(self) -> None:
        """Drop what is still on its way."""
        self._deliver = None

    def carry(self, envelope: Envelope) -> None:
        """Queue ``envelope``, or let it take the place of an older progress that waits."""
        if isinstance(envelope.event, JobProgress):
            key = (envelope.slot, envelope.generation)
            with self._lock:
                waits = key in self._progress
                self._progress[key] = envelope
            if waits:
                return
        self._event.emit(envelope)

    def _on_event(self, envelope: Envelope) -> None:
        if isinstance(envelope.event, JobProgress):
            with self._lock:
                envelope = self._progress.pop((envelope.slot, envelope.generation))
        if self._deliver is not None:
            self._deliver(envelope)
