"""The layouts of the panes, each asked for by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.session.planes import Plane
from planner.session.view_state import Layout

if TYPE_CHECKING:
    from planner.session.compare_desk import CompareDesk
    from planner.session.floor import Floor
    from planner.session.pane_desk import PaneDesk
    from planner.session.plan_desk import PlanDesk
    from planner.session.xray_desk import XrayDesk

NOTHING_COMPARED = "Compare with another plan first, in the menu File."

NOTHING_OUTLINED = "Outline the spine first: it is laid straight along its canal."

LAYOUTS_BY_ACTION = {
    "layout_planning": Layout.PLANNING,
    "layout_quarters": Layout.QUARTERS,
    "layout_needle": Layout.NEEDLE,
    "layout_xray": Layout.XRAY,
    "layout_pair": Layout.PAIR,
    "layout_compare": Layout.COMPARE,
    "layout_straight": Layout.STRAIGHT,
}


class LayoutDesk:
    """Chooses a layout; one that cannot be shown says why."""

    def __init__(
        self,
        floor: Floor,
        panes: PaneDesk,
        edits: PlanDesk,
        xrays: XrayDesk,
        compare: CompareDesk,
    ) -> None:
        self._floor = floor
        self._panes = panes
        self._edits = edits
        self._xrays = xrays
        self._compare = compare

    @property
    def reasons(self) -> dict[str, str]:
        """Why a layout cannot be shown, by the id of its action; empty when it can."""
        return {
            "layout_compare": "" if self._compare.drawing else NOTHING_COMPARED,
            "layout_straight": NOTHING_OUTLINED if self._edits.anatomy is None else "",
        }

    def choose(self, layout: Layout) -> None:
        """Lay the panes out."""
        state = self._panes.state
        if state is None:
            return
        if layout is Layout.PLANNING:
            self._panes.lay_out(large=state.large or str(Plane.AXIAL))
        elif layout is Layout.QUARTERS:
            self._panes.lay_out(large="")
        elif layout is Layout.NEEDLE:
            self._panes.lay_along(self._edits.axis)
        elif layout is Layout.COMPARE:
            self._panes.show_compared(shown=self._compare.drawing is not None)
        elif layout is Layout.STRAIGHT:
            self._panes.show_straight()
        else:
            self._xrays.show(pair=layout is Layout.PAIR)
        self._floor.refresh()
