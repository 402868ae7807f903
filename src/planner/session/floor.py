"""What a desk may ask of the workstation it stands in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Floor(Protocol):
    """The workstation as its desks see it."""

    def say(self, text: str, *, is_error: bool = False) -> None:
        """Show one sentence."""
        ...

    def act(self, intent: Callable[[], None]) -> None:
        """Run an edit; say in one sentence when it cannot be done."""
        ...

    def derive(self) -> None:
        """Void the verdict in this very call, and start the check."""
        ...

    def refresh(self) -> None:
        """Show every state that differs from what is shown."""
        ...

    def fault(self, error: BaseException) -> None:
        """Stop the checks because something unforeseen failed."""
        ...
