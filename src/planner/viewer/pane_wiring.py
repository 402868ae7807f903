"""Connects the panes: what the hand does on them reaches the desks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.geometry.points import PointLps
    from planner.session.workstation import Workstation
    from planner.viewer.canvas.scene_pane import ScenePane
    from planner.viewer.canvas.slice_pane import SlicePane
    from planner.viewer.canvas.xray_pane import XrayPane
    from planner.viewer.panels.pane_grid import PaneGrid


def wire_panes(panes: PaneGrid, desk: Workstation, probe: Callable[[PointLps], None]) -> None:
    """Let every gesture reach its desk; panes of another plan take no needle in the hand."""
    for pane in panes.every_slice:
        pane.scrolled.connect(desk.panes.scroll)
        pane.cursor_wanted.connect(desk.panes.move_cursor)
        pane.window_dragged.connect(desk.panes.drag_window)
        pane.panned.connect(desk.panes.pan)
        pane.zoomed.connect(desk.panes.zoom)
        pane.maximise_toggled.connect(desk.panes.toggle_maximised)
        pane.reset_wanted.connect(desk.panes.reset)
        pane.end_wanted.connect(
            lambda plane, forward: desk.panes.scroll_to_end(plane, forward=forward)
        )
        pane.hovered.connect(probe)
    holding: list[SlicePane | ScenePane | XrayPane] = [
        *panes.slices.values(), panes.scene, *panes.xrays.values()
    ]  # fmt: skip
    for held in holding:
        held.handle_grabbed.connect(lambda handle: desk.act(lambda: desk.edits.grab(handle)))
        held.handle_moved.connect(
            lambda handle, point: desk.act(lambda: desk.edits.drag(handle, point))
        )
        held.handle_released.connect(lambda: desk.act(desk.edits.let_go))
    for straight in panes.straights:
        straight.cursor_wanted.connect(desk.panes.move_cursor)
        straight.maximise_toggled.connect(desk.panes.toggle_maximised)
    panes.scene.maximise_toggled.connect(desk.panes.toggle_maximised)
    for xray in panes.xrays.values():
        xray.maximise_toggled.connect(desk.panes.toggle_maximised)
