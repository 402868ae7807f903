"""Connects the correction tools: buttons and panes on one side, the desk on the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.session.actions import TOOLS_BY_ACTION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction

    from planner.session.workstation import Workstation
    from planner.viewer.panels.correction_tools import CorrectionTools
    from planner.viewer.panels.pane_grid import PaneGrid


def wire_corrections(
    actions: Mapping[str, QAction], panes: PaneGrid, tools: CorrectionTools, work: Workstation
) -> None:
    """Let every button, press and stroke reach the desk; the hand may hold another tool."""
    desk, hand = work.corrections, work.measures
    for name, tool in TOOLS_BY_ACTION.items():
        actions[name].triggered.connect(lambda _on=False, tool=tool: hand.correct(tool))
    actions["names_up"].triggered.connect(lambda _on=False: desk.shift_names(1))
    actions["names_down"].triggered.connect(lambda _on=False: desk.shift_names(-1))
    actions["delete_disc"].triggered.connect(lambda _on=False: desk.delete_disc())
    actions["clear_corrections"].triggered.connect(lambda _on=False: desk.clear())
    tools.renamed.connect(desk.rename)
    tools.brush_sized.connect(desk.size_brush)
    tools.paint_chosen.connect(desk.choose_paint)
    tools.ball_chosen.connect(desk.shape_brush)
    tools.growth_limited.connect(desk.limit_growing)
    tools.threshold_set.connect(desk.set_threshold)
    tools.counted.connect(desk.count_levels)
    for pane in panes.slices.values():
        pane.tool_pressed.connect(hand.press)
        pane.tool_moved.connect(hand.move)
        pane.tool_released.connect(hand.release)
