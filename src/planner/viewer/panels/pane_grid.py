"""The panes, laid out as the view says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QGridLayout, QWidget

from planner.session.drawing import Drawing
from planner.session.planes import Plane
from planner.session.view_state import Layer, Layout
from planner.session.xray_pictures import ORDER, TITLES
from planner.viewer.canvas.scene_pane import ScenePane
from planner.viewer.canvas.slice_pane import SlicePane
from planner.viewer.canvas.straight_pane import StraightPane
from planner.viewer.canvas.xray_pane import XrayPane

if TYPE_CHECKING:
    from planner.domain.volume import CtVolume
    from planner.session.incoming import IncomingScan
    from planner.session.outlines import OutlineVolume
    from planner.session.surfaces import Surface
    from planner.session.view_state import ViewState
    from planner.session.xray_pictures import XrayPicture

PLACES = {
    "axial": (0, 0),
    "sagittal": (0, 1),
    "coronal": (1, 0),
    "3d": (1, 1),
}
PAIR = ("ap", "lateral")
"""What a biplane shows."""

COMPARED = (Plane.AXIAL, Plane.SAGITTAL)
STRAIGHTENED = ("straight side", "straight front")
THIS_PLAN, OTHER_PLAN = "THIS PLAN", "THE OTHER PLAN"

LARGE_SHARE = 2
"""Width of the large pane over that of the small ones."""


class PaneGrid(QWidget):
    """Hands every frozen value to every pane."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slices = {plane: SlicePane(plane, self) for plane in Plane}
        self.scene = ScenePane(self)
        self.xrays = {name: XrayPane(TITLES[name], self) for name in ORDER}
        self.others = {plane: SlicePane(plane, self, f"other {plane}") for plane in COMPARED}
        for other in self.others.values():
            other.show_caption(OTHER_PLAN)
        self.straights = [
            StraightPane(name, number, self) for number, name in enumerate(STRAIGHTENED)
        ]
        self._shown: tuple[object, ...] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(2, 2, 2, 2)
        self._grid.setSpacing(2)
        self._arrange(Layout.QUARTERS, "", "")

    @property
    def every_slice(self) -> tuple[SlicePane, ...]:
        """Every pane of slices, those of another plan too."""
        return (*self.slices.values(), *self.others.values())

    def active_pane(self) -> str:
        """Return the name of the pane that has the keyboard, else axial."""
        if self.scene.hasFocus():
            return "3d"
        if found := next((p.name for p in self.xrays.values() if p.hasFocus()), ""):
            return found
        return next((p.name for p in self.every_slice if p.hasFocus()), str(Plane.AXIAL))

    def show_scan(self, ct: CtVolume | None, position_words: str) -> None:
        """Show the voxels of a scan."""
        for pane in self.every_slice:
            pane.show_scan(ct, position_words)
        self.scene.show_scan(ct, position_words)
        for xray in self.xrays.values():
            xray.show_words(position_words)
        for straight in self.straights:
            straight.show_words(position_words)

    def show_incoming(self, incoming: IncomingScan) -> None:
        """Show the slices of a scan that are here, marked as loading."""
        for pane in self.every_slice:
            pane.show_scan(incoming, incoming.words)
        self.scene.show_incoming(incoming.words)

    def show_outlines(self, outlines: OutlineVolume | None) -> None:
        """Show the outlines of structures."""
        for pane in self.every_slice:
            pane.show_outlines(outlines)

    def show_surfaces(self, surfaces: tuple[Surface, ...]) -> None:
        """Show meshes in 3-D."""
        self.scene.show_surfaces(surfaces)

    def show_view(self, view: ViewState | None) -> None:
        """Show another place, window, zoom or layout, first in the pane that has the hand."""
        no_hand = not any(pane.has_hand for pane in self.every_slice)
        for pane in self.every_slice:
            pane.show_view(view, at_once=no_hand or pane.has_hand)
        for straight in self.straights:
            straight.show_view(view)
        self.scene.show_view(view)
        for xray in self.xrays.values():
            xray.show_layers(view.layers if view else frozenset(Layer))
        layout = view.layout if view else Layout.QUARTERS
        alone, large = (view.maximised, view.large) if view else ("", "")
        if (layout, alone, large) != self._shown:
            self._shown = (layout, alone, large)
            self._arrange(layout, alone, large)

    def show_xrays(self, pictures: tuple[XrayPicture, ...]) -> None:
        """Show other X-ray pictures; a view that is not among them shows none."""
        for name, pane in self.xrays.items():
            pane.show_picture(next((p for p in pictures if p.subject.arm.name == name), None))

    def _arrange(self, layout: Layout, alone: str, large: str) -> None:
        """Put the panes of a layout in their places, and hide the others."""
        shown = self._of(layout)
        every = [*self.every_slice, self.scene, *self.xrays.values(), *self.straights]
        for pane in every:
            self._grid.removeWidget(pane)
            if pane not in shown.values():
                pane.setVisible(False)
        for plane, pane in self.slices.items():
            is_one_of_two = layout is Layout.COMPARE and plane in COMPARED
            pane.show_caption(THIS_PLAN if is_one_of_two else "")
        spots, rows, columns = _spots(
            list(shown), alone, "" if layout in (Layout.COMPARE, Layout.STRAIGHT) else large
        )
        for name, pane in shown.items():
            pane.setVisible(name in spots)
        for name, spot in spots.items():
            self._grid.addWidget(shown[name], *spot)
        for line in range(3):
            self._grid.setRowStretch(line, rows[line] if line < len(rows) else 0)
            self._grid.setColumnStretch(line, columns[line] if line < len(columns) else 0)

    def _of(self, layout: Layout) -> dict[str, QWidget]:
        """Return the panes of a layout by name, in the order of their places."""
        if layout is Layout.COMPARE:
            here = {f"{plane}": self.slices[plane] for plane in COMPARED}
            return {**here, **{pane.name: pane for pane in self.others.values()}}
        if layout in (Layout.XRAY, Layout.PAIR):
            names = PAIR if layout is Layout.PAIR else ORDER
            return {self.xrays[name].name: self.xrays[name] for name in names}
        if layout is Layout.STRAIGHT:
            straight = {pane.name: pane for pane in self.straights}
            slices = {f"{plane}": self.slices[plane] for plane in COMPARED}
            return {**straight, **slices}
        return {name: self._pane(name) for name in PLACES}

    def show_drawing(self, drawing: Drawing) -> None:
        """Show needles, zones and marks."""
        for pane in self.slices.values():
            pane.show_drawing(drawing)
        for pane in self.others.values():
            pane.show_drawing(drawing.other or Drawing())
        for xray in self.xrays.values():
            xray.show_drawing(drawing)
        for straight in self.straights:
            straight.show_drawing(drawing)
        self.scene.show_drawing(drawing)

    def _pane(self, name: str) -> QWidget:
        return self.scene if name == "3d" else self.slices[Plane(name)]


def _spots(
    names: list[str], alone: str, large: str
) -> tuple[dict[str, tuple[int, int, int, int]], list[int], list[int]]:
    """Return row, column and spans of every pane shown, and the shares of rows and columns."""
    if alone in names:
        return {alone: (0, 0, 1, 1)}, [1], [1]
    if STRAIGHTENED[0] in names:
        tall = {name: (0, column, 2, 1) for column, name in enumerate(STRAIGHTENED)}
        others = [name for name in names if name not in STRAIGHTENED]
        return (
            {**tall, **{name: (row, 2, 1, 1) for row, name in enumerate(others)}},
            [1, 1],
            [1] * 3,
        )
    if len(names) == len(PAIR):
        return {name: (0, column, 1, 1) for column, name in enumerate(names)}, [1], [1, 1]
    if large in names:
        others = [name for name in names if name != large]
        spots = {name: (row, 1, 1, 1) for row, name in enumerate(others)}
        return {large: (0, 0, 3, 1), **spots}, [1, 1, 1], [LARGE_SHARE, 1]
    found = {name: (*place, 1, 1) for name, place in zip(names, PLACES.values(), strict=True)}
    return found, [1, 1], [1, 1]
