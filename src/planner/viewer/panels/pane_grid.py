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
    from planner.session.incoming import IncomingScan
    from planner.session.outlines import OutlineVolume
    from planner.session.surfaces import Surface
    from planner.session.view_state import ViewState

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
        self.slices = {plane: SlicePane(plane) for plane in Plane}
        self.scene = ScenePane()
        self._layout = ("", "")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(2, 2, 2, 2)
        self._grid.setSpacing(2)
        self._arrange("", "")

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
        wanted = (view.maximised, view.large) if view else ("", "")
        if wanted != self._layout:
            self._layout = wanted
            self._arrange(*wanted)

    def _arrange(self, alone: str, large: str) -> None:
        """Put the panes: one alone, one large beside three, or two by two."""
        names = list(PLACES)
        for name in names:
            self._grid.removeWidget(self._pane(name))
            self._pane(name).setVisible(alone in ("", name))
        for line in range(3):
            self._grid.setRowStretch(line, 0)
            self._grid.setColumnStretch(line, 0)
        if alone:
            self._grid.addWidget(self._pane(alone), 0, 0)
            rows, columns = [1], [1]
        elif large:
            self._grid.addWidget(self._pane(large), 0, 0, 3, 1)
            for row, name in enumerate(name for name in names if name != large):
                self._grid.addWidget(self._pane(name), row, 1)
            rows, columns = [1, 1, 1], [LARGE_SHARE, 1]
        else:
            for name, (row, column) in PLACES.items():
                self._grid.addWidget(self._pane(name), row, column)
            rows, columns = [1, 1], [1, 1]
        for line, share in enumerate(rows):
            self._grid.setRowStretch(line, share)
        for line, share in enumerate(columns):
            self._grid.setColumnStretch(line, share)

    def show_drawing(self, drawing: Drawing) -> None:
        """Show needles, zones and marks."""
        for pane in self.slices.values():
            pane.show_drawing(drawing)
        self.scene.show_drawing(drawing)

    def _pane(self, name: str) -> QWidget:
        return self.scene if name == "3d" else self.slices[Plane(name)]
