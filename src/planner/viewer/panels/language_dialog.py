"""Asks which language the window speaks, each named in itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QInputDialog

from planner.catalog.wordbook import language_names
from planner.viewer.language.spoken import said, spoken

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget


def choose_language(chosen: str, keep: Callable[[str], None], parent: QWidget) -> None:
    """Ask, and hand the code over; the window that is open stays as it is."""
    names = language_names()
    shown = list(names.values())
    now = shown.index(names.get(chosen, spoken().name))
    name, given = QInputDialog.getItem(
        parent,
        said("Language"),
        said("The window speaks it from the next start. Paper and files stay English."),
        shown,
        now,
        editable=False,
    )
    if given:
        keep(next(code for code, one in names.items() if one == name))
