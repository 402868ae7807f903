"""The four panes: one large and three small, or two by two, or one alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QGridLayout, QWidget

from planner.session.planes import Plane
from planner.session.view_state import Layer
from planner.session.xray_pictures import ORDER, TITLES
from planner.viewer.canvas.scene_pane import ScenePane
from planner.viewer.canvas.slice_pane import SlicePane
from planner.viewer.canvas.xray_pane import XrayPane

if TYPE_CHECKING:
    from planner.domain.volume import CtVolume
    from planner.session.drawing import Drawing
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
LARGE_SHARE = 2
"""Width of the large pane over that of the small ones."""


class PaneGrid(QWidget):
    """Hands every frozen value to every pane."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slices = {plane: SlicePane(plane, self) for plane in Plane}
        self.scene = ScenePane(self)
        self.xrays = {name: XrayPane(TITLES[name], self) for name in ORDER}
        self._layout = ("", "", False)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(2, 2, 2, 2)
        self._grid.setSpacing(2)
        self._arrange("", "", xray=False)

    def active_pane(self) -> str:
        """Return the name of the pane that has the keyboard, else axial."""
        if self.scene.hasFocus():
            return "3d"
        if found := next((p.name for p in self.xrays.values() if p.hasFocus()), ""):
            return found
        return str(next((p for p, pane in self.slices.items() if pane.hasFocus()), Plane.AXIAL))

    def show_scan(self, ct: CtVolume | None, position_words: str) -> None:
        """Show the voxels of a scan."""
        for pane in self.slices.values():
            pane.show_scan(ct, position_words)
        self.scene.show_scan(ct, position_words)
        for xray in self.xrays.values():
            xray.show_words(position_words)

    def show_incoming(self, incoming: IncomingScan) -> None:
        """Show the slices of a scan that are here, marked as loading."""
        for pane in self.slices.values():
            pane.show_scan(incoming, incoming.words)
        self.scene.show_incoming(incoming.words)

    def show_outlines(self, outlines: OutlineVolume | None) -> None:
        """Show the outlines of structures."""
        for pane in self.slices.values():
            pane.show_outlines(outlines)

    def show_surfaces(self, surfaces: tuple[Surface, ...]) -> None:
        """Show meshes in 3-D."""
        self.scene.show_surfaces(surfaces)

    def show_view(self, view: ViewState | None) -> None:
        """Show another place, window, zoom or layout."""
        for pane in self.slices.values():
            pane.show_view(view)
        self.scene.show_view(view)
        for xray in self.xrays.values():
            xray.show_layers(view.layers if view else frozenset(Layer))
        wanted = (view.maximised, view.large, view.xray) if view else ("", "", False)
        if wanted != self._layout:
            self._layout = wanted
            self._arrange(*wanted[:2], xray=wanted[2])

    def show_xrays(self, pictures: tuple[XrayPicture, ...]) -> None:
        """Show other X-ray pictures; a view that is not among them shows none."""
        for name, pane in self.xrays.items():
            pane.show_picture(next((p for p in pictures if p.subject.arm.name == name), None))

    def _arrange(self, alone: str, large: str, *, xray: bool) -> None:
        """Put the panes: one alone, one large beside three, or two by two; or X-ray pictures."""
        panes: dict[str, QWidget] = {name: self._pane(name) for name in PLACES}
        pictures: dict[str, QWidget] = {pane.name: pane for pane in self.xrays.values()}
        shown, hidden = (pictures, panes) if xray else (panes, pictures)
        for pane in (*panes.values(), *pictures.values()):
            self._grid.removeWidget(pane)
        for pane in hidden.values():
            pane.setVisible(False)
        for name, pane in shown.items():
            pane.setVisible(alone in ("", name))
        spots, rows, columns = _spots(list(shown), alone, large)
        for name, spot in spots.items():
            self._grid.addWidget(shown[name], *spot)
        for line in range(3):
            self._grid.setRowStretch(line, rows[line] if line < len(rows) else 0)
            self._grid.setColumnStretch(line, columns[line] if line < len(columns) else 0)

    def show_drawing(self, drawing: Drawing) -> None:
        """Show needles, zones and marks."""
        for pane in self.slices.values():
            pane.show_drawing(drawing)
        for xray in self.xrays.values():
            xray.show_drawing(drawing)
        self.scene.show_drawing(drawing)

    def _pane(self, name: str) -> QWidget:
        return self.scene if name == "3d" else self.slices[Plane(name)]


def _spots(
    names: list[str], alone: str, large: str
) -> tuple[dict[str, tuple[int, int, int, int]], list[int], list[int]]:
    """Return row, column and spans of every pane shown, and the shares of rows and columns."""
    if alone in names:
        return {alone: (0, 0, 1, 1)}, [1], [1]
    if large in names:
        others = [name for name in names if name != large]
        spots = {name: (row, 1, 1, 1) for row, name in enumerate(others)}
        return {large: (0, 0, 3, 1), **spots}, [1, 1, 1], [LARGE_SHARE, 1]
    found = {name: (*place, 1, 1) for name, place in zip(names, PLACES.values(), strict=True)}
    return found, [1, 1], [1, 1]
