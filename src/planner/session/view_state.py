"""What the panes show: one frozen value, and the moves that make the next one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.points import PointLps
from planner.session.needle_axis import STEP_MM, TITLES, NeedleAxis
from planner.session.planes import (
    Orientation,
    PaneMap,
    Plane,
    PlaneFrame,
    extent_mm,
    plane_frame,
    scroll_step,
    volume_centre,
)
from planner.session.solid_view import WHOLE

if TYPE_CHECKING:
    from planner.geometry.volume_geometry import VolumeGeometry
    from planner.session.solid_view import SolidView

NARROWEST_WINDOW_HU = 1.0
WIDEST_WINDOW_HU = 8000.0
ZOOM_LIMITS = (0.25, 40.0)
"""From the whole scan as a thumbnail to single voxels."""

BEYOND_MM = 30.0
"""How far beyond its tip the line of a needle can be followed."""

PLANE_DIGITS = 6
"""Planes are told apart to a millionth of a mm: a crosshair that slides along one leaves it."""

FIT_MARGIN = 0.96
"""Share of the pane that the whole scan fills before anybody zooms."""


class Layer(StrEnum):
    """What may be drawn over the images."""

    VERTEBRAE = "vertebrae"
    CANAL = "canal"
    ESTIMATES = "sac, cord, roots (estimate)"
    FORAMINA = "foramina"
    POSTERIOR_WALL = "posterior wall"
    LESION = "lesion"
    NEEDLES = "needles"
    ZONES = "zones"
    CEMENT = "cement"
    CROSSHAIR = "crosshair"


class SlabKind(StrEnum):
    """What a pixel of a thick slice shows of the tissue before and behind it."""

    THIN = "thin"
    MAXIMUM = "MIP"
    MEAN = "mean"


@dataclass(frozen=True, slots=True)
class Slab:
    """How thick the slices are that panes show; thin ones have no thickness."""

    kind: SlabKind = SlabKind.THIN
    thickness_mm: float = 0.0

    def __post_init__(self) -> None:
        if (self.kind is SlabKind.THIN) != (self.thickness_mm == 0.0):
            raise ValueError(f"not a slab: {self!r}")

    @property
    def words(self) -> str:
        """What is written on the picture; nothing on a thin slice."""
        is_thin = self.kind is SlabKind.THIN
        return "" if is_thin else f"{self.kind.value} {self.thickness_mm:g} mm"


THICKNESSES_MM = (3.0, 5.0, 10.0, 20.0)
"""What a slab may be thick: from twice a usual slice to a pedicle's height."""


class Layout(StrEnum):
    """How the panes are laid out."""

    PLANNING = "Planning"
    """One large pane and three small ones."""
    QUARTERS = "Two by two"
    NEEDLE = "Along the needle"
    XRAY = "X-ray views"
    PAIR = "X-ray pair"
    """AP and lateral alone, as the two arms of a biplane show them."""
    COMPARE = "Two plans"
    STRAIGHT = "Spine laid straight"


OUTLINES = frozenset(
    {
        Layer.VERTEBRAE,
        Layer.CANAL,
        Layer.ESTIMATES,
        Layer.FORAMINA,
        Layer.POSTERIOR_WALL,
        Layer.LESION,
    }
)


@dataclass(frozen=True, slots=True)
class Window:
    """A grey window in HU."""

    width_hu: float
    level_hu: float

    def __post_init__(self) -> None:
        if not (isfinite(self.level_hu) and self.width_hu >= NARROWEST_WINDOW_HU):
            raise ValueError(f"not a grey window: {self!r}")

    def dragged(self, wider_hu: float, brighter_hu: float) -> Window:
        """Return the window after a drag: across is width, down is a lower level."""
        width = min(max(self.width_hu + wider_hu, NARROWEST_WINDOW_HU), WIDEST_WINDOW_HU)
        level = min(max(self.level_hu + brighter_hu, -2000.0), 6000.0)
        return Window(width, level)


@dataclass(frozen=True, slots=True)
class Camera:
    """Zoom over the fitted size, and the shift of the pane's middle from the scan's, in mm."""

    zoom: float = 1.0
    pan_right_mm: float = 0.0
    pan_down_mm: float = 0.0


def _first_cameras() -> dict[Plane, Camera]:
    return {plane: Camera() for plane in Plane}


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewState:
    """All that decides the pictures besides the case and the plan.

    Attributes
    ----------
    cursor
        The linked crosshair; every slice pane shows the plane through it.
    maximised
        Name of the one pane shown alone (``axial`` ... or ``3d``), empty for all.
    large
        Name of the pane beside three small ones, empty for two by two.
    needle
        The needle the panes are laid along; the crosshair then stays on its line. ``None`` for
        slices.
    xray
        Whether simulated X-ray pictures stand in the place of the panes.
    pair
        Whether AP and lateral are the only ones of them.
    compared
        Whether another plan is drawn on panes beside those of this one.
    straight
        Whether the spine is shown laid straight, beside slices.
    slab
        How thick the slices are; what lies over them is cut by their middle plane.
    solid
        How the 3-D view shows bone.
    """

    geometry: VolumeGeometry
    cursor: PointLps
    window: Window
    invert: bool = False
    orientation: Orientation = Orientation.ANTERIOR_UP
    cameras: dict[Plane, Camera] = field(default_factory=_first_cameras)
    layers: frozenset[Layer] = frozenset(Layer)
    maximised: str = ""
    large: str = ""
    needle: NeedleAxis | None = None
    xray: bool = False
    pair: bool = False
    compared: bool = False
    straight: bool = False
    slab: Slab = Slab()
    solid: SolidView = WHOLE

    @property
    def layout(self) -> Layout:
        """How the panes are laid out."""
        if self.compared:
            return Layout.COMPARE
        if self.straight:
            return Layout.STRAIGHT
        if self.xray:
            return Layout.PAIR if self.pair else Layout.XRAY
        if self.needle is not None:
            return Layout.NEEDLE
        return Layout.PLANNING if self.large else Layout.QUARTERS

    @classmethod
    def of(cls, geometry: VolumeGeometry, window: Window) -> ViewState:
        """Return the first view of a scan: its middle, everything fitted."""
        return cls(geometry=geometry, cursor=volume_centre(geometry), window=window)

    def frame(self, plane: Plane) -> PlaneFrame:
        """Return the axes of a pane."""
        if self.needle is not None:
            return self.needle.frame(plane)
        return plane_frame(plane, self.geometry, self.orientation)

    def pane_map(self, plane: Plane, width_px: float, height_px: float) -> PaneMap:
        """Return the map between pixels and patient for a pane of that size."""
        frame = self.frame(plane)
        view = _middle_map(self.geometry, frame, self.cameras[plane], width_px, height_px)
        depth_mm = round(view.point_depth_mm(self.cursor), PLANE_DIGITS)
        return _at_depth(view, depth_mm)

    def at(self, point: PointLps) -> ViewState:
        """Move the crosshair; a point outside the scan is pulled to its nearest voxel.

        Along a needle it goes to the point of the needle beside ``point``, in the scan or not.
        """
        if self.needle is not None:
            depth = min(max(self.needle.depth_mm(point), 0.0), self.needle.length_mm + BEYOND_MM)
            return replace(self, cursor=self.needle.at_depth(depth))
        index = self.geometry.ijk(point.array)
        last = np.array(self.geometry.size_ijk, dtype=np.float64) - 1.0
        inside = np.clip(index, 0.0, last)
        kept = (
            point if np.array_equal(index, inside) else PointLps.of(self.geometry.lps_mm(inside))
        )
        return replace(self, cursor=kept)

    def scrolled(self, plane: Plane, steps: float) -> ViewState:
        """Move the crosshair across ``plane`` by whole slices; forward is away from the user.

        Along a needle it goes deeper, in every pane.
        """
        if self.needle is not None:
            return self.at(self.cursor.moved(steps * STEP_MM * self.needle.direction))
        step = scroll_step(plane, self.frame(plane), self.geometry)
        return self.at(self.cursor.moved(step * steps))

    def scrolled_to_end(self, plane: Plane, *, forward: bool) -> ViewState:
        """Go to the first or last slice."""
        slices = float(max(self.geometry.size_ijk))
        return self.scrolled(plane, slices if forward else -slices)

    def panned(self, plane: Plane, right_mm: float, down_mm: float) -> ViewState:
        """Move the picture by so many mm to the screen's right and down."""
        old = self.cameras[plane]
        new = Camera(old.zoom, old.pan_right_mm - right_mm, old.pan_down_mm - down_mm)
        return self._with_camera(plane, new)

    def zoomed(self, plane: Plane, factor: float, about: PointLps) -> ViewState:
        """Zoom so that the point ``about`` stays under the mouse."""
        old, frame = self.cameras[plane], self.frame(plane)
        zoom = min(max(old.zoom * factor, ZOOM_LIMITS[0]), ZOOM_LIMITS[1])
        offset = about.array - volume_centre(self.geometry).array
        keep = old.zoom / zoom
        right, down = float(offset @ np.array(frame.right)), float(offset @ np.array(frame.down))
        moved_right = right + (old.pan_right_mm - right) * keep
        moved_down = down + (old.pan_down_mm - down) * keep
        return self._with_camera(plane, Camera(zoom, moved_right, moved_down))

    def centred(self, point: PointLps, zoom: float) -> ViewState:
        """Put ``point`` under the crosshair and in the middle of every pane."""
        moved = self.at(point)
        offset = moved.cursor.array - volume_centre(self.geometry).array
        cameras = {}
        for plane in Plane:
            frame = self.frame(plane)
            right = float(offset @ np.array(frame.right))
            down = float(offset @ np.array(frame.down))
            cameras[plane] = Camera(zoom, right, down)
        return replace(moved, cameras=cameras)

    def along(self, needle: NeedleAxis | None) -> ViewState:
        """Lay the panes along a needle and look at its tip, or show slices at this place."""
        zoom = max(camera.zoom for camera in self.cameras.values())
        here = self.cursor
        if needle is not None:
            depth = needle.length_mm if self.needle is None else self.needle.depth_mm(here)
            here = needle.at_depth(depth)
        return replace(self, needle=needle).centred(here, zoom)

    def as_slices(self) -> ViewState:
        """Show slices alone: no X-ray, no other plan, no spine laid straight."""
        return replace(self, xray=False, pair=False, compared=False, straight=False)

    def fitted(self) -> ViewState:
        """Show the whole scan in every pane again."""
        return replace(self, cameras=_first_cameras())

    def toggled(self, layers: frozenset[Layer]) -> ViewState:
        """Hide ``layers`` when any of them is shown, else show all of them."""
        shown = self.layers - layers if self.layers & layers else self.layers | layers
        return replace(self, layers=shown)

    def _with_camera(self, plane: Plane, camera: Camera) -> ViewState:
        return replace(self, cameras={**self.cameras, plane: camera})


@lru_cache(maxsize=64)
def _middle_map(
    geometry: VolumeGeometry, frame: PlaneFrame, camera: Camera, width_px: float, height_px: float
) -> PaneMap:
    """Return a pane's map through the middle of the scan: a crosshair that moves leaves it."""
    width_mm, height_mm = extent_mm(geometry, frame)
    fit = max(width_mm / max(width_px, 1.0), height_mm / max(height_px, 1.0)) / FIT_MARGIN
    right, down = np.array(frame.right), np.array(frame.down)
    middle = volume_centre(geometry).array
    middle = middle + camera.pan_right_mm * right + camera.pan_down_mm * down
    return PaneMap(frame, PointLps.of(middle), fit / camera.zoom, width_px, height_px)


@lru_cache(maxsize=64)
def _at_depth(view: PaneMap, depth_mm: float) -> PaneMap:
    """Return the map of a plane so far behind another; the same one for the same depth."""
    on_plane = view.centre.array + view.frame.normal * depth_mm
    return replace(view, centre=PointLps.of(on_plane))


def pane_words(view: ViewState, plane: Plane) -> tuple[str, str]:
    """Return what a pane is and where its plane lies; along a needle how deep the crosshair is."""
    if view.needle is not None:
        return TITLES[plane], view.needle.words(view.cursor)
    cursor = view.cursor
    value = (cursor.x_mm, cursor.y_mm, cursor.z_mm)[_across(view.frame(plane))]
    (positive, negative), title = _LETTERS[plane], _PLANE_TITLES[plane]
    return title, f"{positive if value >= 0 else negative} {abs(value):.1f} mm"


_LETTERS = {Plane.AXIAL: ("S", "I"), Plane.SAGITTAL: ("L", "R"), Plane.CORONAL: ("P", "A")}
_PLANE_TITLES = {plane: plane.value.title() for plane in Plane}


@lru_cache(maxsize=64)
def _across(frame: PlaneFrame) -> int:
    """Return which axis of the patient a plane lies most across: x, y or z."""
    return int(np.abs(frame.normal).argmax())
