"""The intents of the panes: scroll, crosshair, window, zoom, pan, layers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.session.planes import Plane, extent_mm
from planner.session.solid_view import BoneLook, SolidView
from planner.session.view_state import (
    OUTLINES,
    THICKNESSES_MM,
    Slab,
    SlabKind,
    ViewState,
    Window,
)
from planner.session.window_presets import BONE, automatic_window, preset

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps
    from planner.session.incoming import IncomingScan
    from planner.session.needle_axis import NeedleAxis
    from planner.session.planes import Orientation
    from planner.session.view_protocols import PictureView
    from planner.session.view_state import Layer

JUMP_FIELD_MM = 130.0
"""Field shown when a finding is jumped to: a vertebra with its processes fills most of it."""

FIRST_SLAB_MM = 10.0
"""A vertebral artery or a rib head is seen whole in it."""

OFF_NEEDLE_MM = 0.5
"""A point this far off the line of a needle is not shown by panes laid along it."""


class PaneDesk:
    """Holds the view state and shows every new one at once."""

    def __init__(self, view: PictureView, say: Callable[[str], None]) -> None:
        self._view = view
        self._say = say
        self._ct: CtVolume | None = None
        self._before: tuple[CtVolume | None, ViewState | None] | None = None
        self._followed: PointLps | None = None
        self.state: ViewState | None = None

    def open(self, ct: CtVolume) -> None:
        """Show a scan from its middle, all of it, in the bone window."""
        self._ct, self._before = ct, None
        self._become(ViewState.of(ct.geometry, BONE))

    def follow(self, incoming: IncomingScan) -> None:
        """Show the newest slice of a scan that is coming, unless the user looks elsewhere."""
        if self._before is None or self.state is None:
            self._before = (self._ct, self.state)
            self._ct = None
            self.state = ViewState.of(incoming.whole, BONE)
            self._followed = self.state.cursor
        if self.state.cursor == self._followed:
            moved = self.state.at(incoming.newest)
            self._followed = moved.cursor
            self._become(moved)

    def go_back(self) -> None:
        """Show again what was open before slices were shown that did not become a scan."""
        if self._before is not None:
            self._ct, before = self._before
            self._before = self.state = None
            self._become(before)

    def close(self) -> None:
        """Show nothing."""
        self._ct = self.state = None
        self._view.show_view(None)

    def scroll(self, plane: Plane, steps: float) -> None:
        """Move through the slices of a pane."""
        if self.state:
            self._become(self.state.scrolled(plane, steps))

    def scroll_to_end(self, plane: Plane, *, forward: bool) -> None:
        """Go to the first or last slice of a pane."""
        if self.state:
            self._become(self.state.scrolled_to_end(plane, forward=forward))

    def move_cursor(self, point: PointLps) -> None:
        """Put the linked crosshair at a point."""
        if self.state:
            self._become(self.state.at(point))

    def jump(self, point: PointLps) -> None:
        """Show a point in the middle of every pane; slices if it is not on the needle shown."""
        if self.state and self.state.at(point).cursor.distance_mm(point) > OFF_NEEDLE_MM:
            self.show_slices()
        if self.state and self.state.xray:
            self.show_slices()
        if self.state:
            self._become(self.state.centred(point, max(self._close_up(), self._zoom())))

    def drag_window(self, wider_hu: float, brighter_hu: float) -> None:
        """Change window width and level."""
        if self.state:
            window = self.state.window.dragged(wider_hu, brighter_hu)
            self._become(replace(self.state, window=window))

    def use_preset(self, key: str) -> None:
        """Use the window of a preset key."""
        if self.state is None or self._ct is None:
            return
        chosen = preset(key)
        window = chosen.window
        if key == "9":
            stored = self._ct.record.default_window_hu
            if stored is None:
                self._say("The scan carries no grey window of its own; nothing changed.")
                return
            window = Window(*stored)
        elif window is None:
            window = automatic_window(self._ct.hu)
        self._become(replace(self.state, window=window))

    def use_slab(self, slab: Slab) -> None:
        """Show thick slices, or thin ones again."""
        if self.state:
            self._become(replace(self.state, slab=slab))

    def toggle_slab(self, kind: SlabKind) -> None:
        """Show slabs of a kind as thick as the last, or thin slices again."""
        if self.state:
            old = self.state.slab
            thick = old.thickness_mm or FIRST_SLAB_MM
            self.use_slab(Slab() if old.kind is kind else Slab(kind, thick))

    def thicken_slab(self, by: int) -> None:
        """Make slabs one step thicker or thinner."""
        if self.state is None or self.state.slab.kind is SlabKind.THIN:
            return
        place = THICKNESSES_MM.index(self.state.slab.thickness_mm) + by
        place = min(max(place, 0), len(THICKNESSES_MM) - 1)
        self.use_slab(replace(self.state.slab, thickness_mm=THICKNESSES_MM[place]))

    def next_bone_look(self) -> None:
        """Show bone in 3-D clearer, or solid, or of treated levels alone."""
        if self.state:
            looks = list(BoneLook)
            place = (looks.index(self.state.solid.bone) + 1) % len(looks)
            self._become_solid(replace(self.state.solid, bone=looks[place]))
            self._say(f"3-D: {looks[place].value}.")

    def next_cut(self) -> None:
        """Cut the bone in 3-D at the crosshair along the next plane, or not at all."""
        if self.state:
            cuts = (None, Plane.SAGITTAL, Plane.AXIAL, Plane.CORONAL)
            cut = cuts[(cuts.index(self.state.solid.cut) + 1) % len(cuts)]
            self._become_solid(replace(self.state.solid, cut=cut))
            self._say(f"3-D: cut at the crosshair, {cut}." if cut else "3-D: whole bone.")

    def toggle_wall(self) -> None:
        """Colour the posterior wall in 3-D by distance, or do not."""
        if self.state:
            self._become_solid(replace(self.state.solid, wall=not self.state.solid.wall))

    def _become_solid(self, solid: SolidView) -> None:
        if self.state:
            self._become(replace(self.state, solid=solid))

    def invert(self) -> None:
        """Swap black and white."""
        if self.state:
            self._become(replace(self.state, invert=not self.state.invert))

    def pan(self, plane: Plane, right_mm: float, down_mm: float) -> None:
        """Move the picture of a pane."""
        if self.state:
            self._become(self.state.panned(plane, right_mm, down_mm))

    def zoom(self, plane: Plane, factor: float, about: PointLps) -> None:
        """Zoom a pane about a point."""
        if self.state:
            self._become(self.state.zoomed(plane, factor, about))

    def reset(self) -> None:
        """Fit the whole scan in every pane."""
        if self.state:
            self._become(self.state.fitted())

    def orient(self, orientation: Orientation) -> None:
        """Turn the panes to patient axes or to the scan's own."""
        if self.state:
            self._become(replace(self.state, orientation=orientation).fitted())

    def toggle_layer(self, layer: Layer) -> None:
        """Show or hide one kind of overlay."""
        if self.state:
            self._become(self.state.toggled(frozenset({layer})))

    def toggle_outlines(self) -> None:
        """Show or hide all outlines of structures."""
        if self.state:
            self._become(self.state.toggled(OUTLINES))

    def toggle_maximised(self, pane: str) -> None:
        """Show one pane alone, or all again."""
        if self.state:
            alone = "" if self.state.maximised == pane else pane
            self._become(replace(self.state, maximised=alone))

    def toggle_large(self, pane: str) -> None:
        """Show one pane large beside three small ones, or two by two again."""
        if self.state:
            large = "" if self.state.large == pane else pane
            self._become(replace(self.state, large=large, maximised=""))

    def lay_along(self, needle: NeedleAxis | None) -> None:
        """Lay the panes along a needle, near enough to see its pedicle; ``None`` for slices."""
        if self.state:
            laid = self.state.as_slices().along(needle)
            self._become(laid.centred(laid.cursor, max(self._close_up(), self._zoom())))

    def keep_along(self, needle: NeedleAxis | None) -> None:
        """Turn panes that lie along a needle with it; without a needle show slices."""
        if self.state and self.state.needle is not None and self.state.needle != needle:
            self._become(self.state.along(needle))

    def show_xray(self, *, shown: bool, pair: bool = False) -> None:
        """Show simulated X-ray pictures in the place of the panes, or slices again."""
        if self.state:
            slices = replace(self.state.as_slices().along(None), maximised="")
            self._become(replace(slices, xray=shown, pair=shown and pair))

    def show_slices(self) -> None:
        """Show slices, whatever else was shown."""
        if self.state and (self.state.xray or self.state.needle is not None):
            self._become(replace(self.state.along(None), xray=False, pair=False))

    def show_straight(self) -> None:
        """Show the spine laid straight beside slices."""
        if self.state:
            slices = replace(self.state.as_slices().along(None), maximised="")
            self._become(replace(slices, straight=True))

    def lay_out(self, *, large: str) -> None:
        """Show slices: one large beside three small ones, or two by two."""
        if self.state:
            slices = self.state.as_slices().along(None)
            self._become(replace(slices, large=large, maximised=""))

    def show_compared(self, *, shown: bool) -> None:
        """Show the panes of two plans side by side, or those of one again."""
        if self.state and self.state.compared != shown:
            slices = replace(self.state.as_slices().along(None), maximised="")
            self._become(replace(slices, compared=shown))

    def _zoom(self) -> float:
        return max(camera.zoom for camera in self.state.cameras.values()) if self.state else 1.0

    def _close_up(self) -> float:
        """Return the zoom at which ``JUMP_FIELD_MM`` fills a pane."""
        if self.state is None:
            return 1.0
        width_mm, height_mm = extent_mm(self.state.geometry, self.state.frame(Plane.AXIAL))
        return max(1.0, min(width_mm, height_mm) / JUMP_FIELD_MM)

    def _become(self, state: ViewState | None) -> None:
        if state != self.state or state is None:
            self.state = state
            self._view.show_view(state)
