"""``planner view``: the window."""

from __future__ import annotations

import gc
import importlib
import sys
from typing import TYPE_CHECKING

from planner.app.display import has_display
from planner.app.output import Outcome
from planner.domain.errors import UsageError
from planner.settings import user_data_folder
from planner.settings.preferences import load_preferences

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from PySide6.QtWidgets import QApplication

    from planner.viewer.curtain import Curtain
    from planner.viewer.main_window import MainWindow


def view(arguments: argparse.Namespace) -> Outcome:
    """Open the window, on a CT or a plan where one is named."""
    what: Path | None = getattr(arguments, "what", None)
    if what is not None and not what.exists():
        raise UsageError(f"there is nothing at {what}")
    if not has_display():
        raise UsageError(
            "There is no display to open a window on. Run 'planner demo --headless' for a case "
            "from CT to PDF, or 'planner --help' for the commands."
        )
    return Outcome({"closed": True}, exit_code=show_window(what), summary="")


def show_window(what: Path | None) -> int:
    """Run the window until it is closed; return the exit code."""
    from PySide6.QtWidgets import QApplication  # noqa: PLC0415 - commands without a window skip Qt

    application = QApplication(sys.argv[:1])
    curtain = raise_curtain(application, what)
    code = int(application.exec())
    if curtain.error is not None:
        raise curtain.error
    return code


def raise_curtain(application: QApplication, what: Path | None) -> Curtain:
    """Show the curtain, in the language of the user; behind it the window is loaded."""
    from PySide6.QtCore import QLocale  # noqa: PLC0415

    from planner.viewer.curtain import Curtain  # noqa: PLC0415
    from planner.viewer.language.start import start_speaking  # noqa: PLC0415

    chosen = load_preferences(user_data_folder()).language
    start_speaking(application, chosen, QLocale.system())
    curtain = Curtain(_load_for_good, lambda: build_window(what))
    curtain.show()
    return curtain


def _load_for_good() -> None:
    """Load, and have the garbage collector pass over all of it from now on.

    Modules are never garbage, and looking through them held the window up for 60 ms at a time.
    """
    load_window()
    gc.freeze()


def load_window() -> None:
    """Import what the window needs; no Qt object is made here."""
    for module in ("planner.viewer.main_window", "planner.app.services"):
        importlib.import_module(module)


def build_window(what: Path | None) -> MainWindow:
    """Make and show the window, and open what is named; in the thread of the GUI."""
    from planner.app.services import Services  # noqa: PLC0415 - loaded behind the curtain
    from planner.viewer.curtain import first_size  # noqa: PLC0415
    from planner.viewer.main_window import MainWindow  # noqa: PLC0415

    window = MainWindow(Services(user_data_folder()), user_data_folder())
    window.resize(first_size(window))
    window.show()
    if what is not None:
        window.open(what)
    return window
