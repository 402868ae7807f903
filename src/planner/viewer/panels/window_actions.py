"""Makes Qt actions of the action table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QKeySequence

from planner.session.actions import ACTIONS, ActionSpec
from planner.viewer.language.spoken import said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtWidgets import QMainWindow


def make_actions(window: QMainWindow) -> dict[str, QAction]:
    """Return every action by id, with its keys, and fill the menu bar."""
    made = {spec.id: _make(spec, window) for spec in ACTIONS}
    menus = {}
    for spec in ACTIONS:
        if spec.menu and spec.menu not in menus:
            menus[spec.menu] = window.menuBar().addMenu(said(spec.menu))
            menus[spec.menu].setToolTipsVisible(True)
        if spec.menu:
            menus[spec.menu].addAction(made[spec.id])
    return made


def _make(spec: ActionSpec, window: QMainWindow) -> QAction:
    action = QAction(said(spec.text), window)
    action.setShortcuts([QKeySequence(keys) for keys in spec.keys])
    action.setCheckable(spec.checkable)
    action.setMenuRole(QAction.MenuRole.NoRole)
    action.setToolTip(tooltip(spec, "", spec.keys[0] if spec.keys else ""))
    window.addAction(action)
    return action


def tooltip(spec: ActionSpec, reason: str, key: str) -> str:
    """Return what an action does and its key, as it is said; when it is off, why."""
    keys = f" ({key})" if key else ""
    return f"{said(spec.text)}: {said(reason)}" if reason else f"{said(spec.help)}{keys}"


def apply_keys(actions: Mapping[str, QAction], keys: Mapping[str, tuple[str, ...]]) -> None:
    """Give every action its keys, and say them where it says what it does."""
    for spec in ACTIONS:
        action, wanted = actions[spec.id], keys[spec.id]
        action.setShortcuts([QKeySequence(key) for key in wanted])
        if action.isEnabled():
            action.setToolTip(tooltip(spec, "", wanted[0] if wanted else ""))


def apply_reasons(actions: Mapping[str, QAction], reasons: Mapping[str, str]) -> None:
    """Enable the actions whose reason is empty; the others say the reason."""
    for spec in ACTIONS:
        reason = reasons.get(spec.id, "")
        actions[spec.id].setEnabled(not reason)
        key = actions[spec.id].shortcut().toString()
        actions[spec.id].setToolTip(tooltip(spec, reason, key))
