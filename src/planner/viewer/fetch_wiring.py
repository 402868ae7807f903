"""Connects the first step: what was kept, and what arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout

from planner.viewer.panels.arrival_strip import ArrivalStrip

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PySide6.QtWidgets import QMainWindow

    from planner.session.workstation import Workstation
    from planner.viewer.panels.kept_work import KeptWork
    from planner.viewer.panels.questions import Questions

LOOK_EVERY_MS = 10_000
"""A third of the time nothing may have changed in a folder before a series counts as complete."""


def wire_study(
    window: QMainWindow,
    kept: KeptWork,
    desk: Workstation,
    ask: Questions,
    open_: Callable[[Path], None],
) -> ArrivalStrip:
    """Let offers of the first step reach their desks; return the strip below the banner."""
    kept.recover_wanted.connect(open_)
    kept.open_wanted.connect(open_)
    kept.throw_away_wanted.connect(ask.throw_away)
    strip = ArrivalStrip()
    whole = window.centralWidget()
    column = None if whole is None else whole.layout()
    if isinstance(column, QVBoxLayout):
        column.insertWidget(1, strip)

    def open_newest() -> None:
        if ask.may_replace():
            desk.arrivals.open_newest()

    strip.open_wanted.connect(open_newest)
    strip.let_be.connect(desk.arrivals.let_be)
    desk.arrivals.shown_by(strip)
    timer = QTimer(window)
    timer.setInterval(LOOK_EVERY_MS)
    timer.timeout.connect(desk.arrivals.look)
    timer.start()
    return strip
