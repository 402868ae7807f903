"""The four panes: one large and three small, or two by two, or one alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QGridLayout, QWidget

from planner.session.planes import Plane
from planner.viewer.canvas.scene_pane import ScenePane
from planner.viewer.canvas.slice_pane import SlicePane

if TYPE_CHECKING:
    from planner.domain.volume import CtVolume
    from planner.session.drawing import Drawing
    from planner.session.outlines import OutlineVolume
    from planner.session.surfaces import Surface
    from planner.session.view_state import ViewState

PLACES = {
    "axial": (0, 0),
    "sagittal": (0, 1),
    "coronal": (1, 0),
    "3d": (1, 1),
}


class PaneGrid(QWidget):
    """Hands every frozen value to every pane."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slices = {plane: SlicePane(plane) for plane in Plane}
        self.scene = ScenePane()
        self._alone = ""
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(2, 2, 2, 2)
        self._grid.setSpacing(2)
        for name, (row, column) in PLACES.items():
            self._grid.addWidget(self._pane(name), row, column)
        for line in range(2):
            self._grid.setRowStretch(line, 1)
            self._grid.setColumnStretch(line, 1)

    def active_pane(self) -> str:
        """Return the name of the pane that has the keyboard, else axial."""
        if self.scene.hasFocus():
            return "3d"
        return str(next((p for p, pane in self.slices.items() if pane.hasFocus()), Plane.AXIAL))

    def show_scan(self, ct: CtVolume | None, position_words: str) -> None:
        """Show the voxels of a scan."""
        for pane in self.slices.values():
            pane.show_scan(ct, position_words)
        self.scene.show_scan(ct, position_words)

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
        alone = view.maximised if view else ""
        if alone != self._alone:
            self._alone = alone
            for name in PLACES:
                self._pane(name).setVisible(alone in ("", name))
            for line in range(2):
                self._grid.setRowStretch(line, int(not alone or PLACES[alone][0] == line))
                self._grid.setColumnStretch(line, int(not alone or PLACES[alone][1] == line))

    def show_drawing(self, drawing: Drawing) -> None:
        """Show needles, zones and marks."""
        for pane in self.slices.values():
            pane.show_drawing(drawing)
        self.scene.show_drawing(drawing)

    def _pane(self, name: str) -> QWidget:
        return self.scene if name == "3d" else self.slices[Plane(name)]
