"""A desk that shows itself in a view of its own, with or without names."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

View = TypeVar("View")


class ShownDesk(ABC, Generic[View]):
    """``_publish`` shows everything; nothing is shown before there is a view."""

    def __init__(self) -> None:
        self._view: View | None = None
        self._names_hidden = False

    def shown_by(self, view: View) -> None:
        """Show everything there, from now on."""
        self._view = view
        self._publish()

    def hide_names(self, *, hidden: bool) -> None:
        """Hide or show who it is of."""
        self._names_hidden = hidden
        self._publish()

    @abstractmethod
    def _publish(self) -> None:
        """Show everything as it is now."""
