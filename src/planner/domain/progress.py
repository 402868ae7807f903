"""How long work reports to whoever waits for it."""

from __future__ import annotations

from typing import Protocol


class ProgressReport(Protocol):
    """Called from inside long work; may raise ``CancelledByUserError`` to stop it."""

    def __call__(self, fraction: float, message: str) -> None:
        """Report ``fraction`` (0 to 1) and what is being done now."""
        ...


def unreported(fraction: float, message: str) -> None:
    """Report to nobody."""
