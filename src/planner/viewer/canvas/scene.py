"""The 3-D scene: VTK draws off screen and hands back pixels; no Qt in here.

An off-screen window read back into an image is right under every Qt platform and grabs right;
a native child window is neither. Multisampling stays off: it costs 3 to 8 times as much in
software. World coordinates are LPS mm. Import this module after the window is shown.
"""

from __future__ import annotations

import importlib
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.geometry.capsule import Capsule
from planner.session.drawing import grown
from planner.session.solid_view import (
    CUT_AXES,
    OTHER_OPACITY,
    TREATED_OPACITY,
    SolidView,
    shaded_wall,
)
from planner.viewer.canvas.turntable import VIEW_ANGLE_DEG
from planner.viewer.theme import clinical

if not os.environ.get("DISPLAY") and sys.platform.startswith("linux"):
    os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")

from vtkmodules.util import numpy_support
from vtkmodules.vtkCommonCore import vtkPoints, vtkUnsignedCharArray
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPlane, vtkPolyData
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkFiltersCore import vtkTubeFilter
from vtkmodules.vtkFiltersSources import vtkLineSource, vtkSphereSource
from vtkmodules.vtkRenderingCore import (
    vtkActor,
    vtkPolyDataMapper,
    vtkRenderer,
    vtkRenderWindow,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planner.geometry.ellipsoid import Spheroid
    from planner.geometry.points import PointLps, Vector
    from planner.session.drawing import Drawing, NeedleMark
    from planner.session.surfaces import Surface
    from planner.viewer.canvas.turntable import Turntable

importlib.import_module("vtkmodules.vtkRenderingOpenGL2")
# The OpenGL classes register themselves when their module is imported.
_numpy: Any = numpy_support

NEEDLE_RADIUS_MM = 1.4
"""Drawn radius of a needle in 3-D whose parts are not known: between 13 G and 10 G."""

THERMOMETER_RADIUS_MM = 0.6

OVER_MM = 0.1
"""What works is drawn over the device that it is the end of."""

COLLISION_BALL_MM = 3.5

SKIN_DOT_PX = 5.0
WALL_DOT_PX = 6.0

CANAL_ALONE, CANAL_BEFORE_WALL = 0.85, 0.4
"""From behind the canal lies before the wall, whose colours must be seen through it."""

LAYER_OPACITY = 0.5
"""A layer that protects lies before what it protects."""

NOT_LEVELS = frozenset({"bone", "canal", "lesion"})
"""Names of meshes that are no level's bone."""

BACKGROUND = (0.043, 0.055, 0.075)


class Scene:
    """Meshes, needles, zones and cement; ``image`` draws them."""

    def __init__(self) -> None:
        self._renderer = vtkRenderer()
        self._renderer.SetBackground(*BACKGROUND)
        self._window = vtkRenderWindow()
        self._window.SetOffScreenRendering(1)
        self._window.SetMultiSamples(0)
        self._window.AddRenderer(self._renderer)
        self._renderer.GetActiveCamera().SetViewAngle(VIEW_ANGLE_DEG)
        self._surfaces: list[tuple[str, Any]] = []
        self._mappers: list[tuple[Any, Any, Any]] = []
        self._marks: list[Any] = []
        self._solid = SolidView()
        self._cut_at: PointLps | None = None
        self._plane = vtkPlane()

    def show_surfaces(self, surfaces: tuple[Surface, ...]) -> None:
        """Replace the meshes."""
        for _, actor in self._surfaces:
            self._renderer.RemoveActor(actor)
        self._surfaces = [(surface.name, _surface_actor(surface)) for surface in surfaces]
        self._mappers = []
        for surface, (_, actor) in zip(surfaces, self._surfaces, strict=True):
            self._renderer.AddActor(actor)
            coarse = _mapper(_mesh(surface.coarse)) if surface.coarse else actor.GetMapper()
            self._mappers.append((actor, actor.GetMapper(), coarse))

    def show_solid(self, solid: SolidView, treated: frozenset[str], cut_at: PointLps) -> None:
        """Show bone as clear as is wanted, and cut it at a point where that is wanted.

        Levels are told by the names of their meshes; bone before there are levels stays solid.
        """
        self._solid, self._cut_at = solid, cut_at
        for mapper in {one for _, *both in self._mappers for one in both}:
            mapper.RemoveAllClippingPlanes()
            if solid.cut is not None:
                mapper.AddClippingPlane(self._plane)
        for name, actor in self._surfaces:
            if name == "canal":
                actor.GetProperty().SetOpacity(CANAL_BEFORE_WALL if solid.wall else CANAL_ALONE)
            if name not in NOT_LEVELS:
                share = (TREATED_OPACITY if name in treated else OTHER_OPACITY)[solid.bone]
                actor.GetProperty().SetOpacity(share)
                actor.SetVisibility(share > 0.0)

    def _turn_cut(self, back: Vector) -> None:
        """Keep the half beyond the cut, as the eye stands now."""
        if self._solid.cut is None or self._cut_at is None:
            return
        axis = np.array(CUT_AXES[self._solid.cut])
        self._plane.SetOrigin(*self._cut_at.array)
        self._plane.SetNormal(*(-axis if float(back @ axis) > 0.0 else axis))

    def show_drawing(self, drawing: Drawing, fills: tuple[Surface, ...]) -> None:
        """Replace needles, zones and marks; ``fills`` are the meshes of cement."""
        for actor in self._marks:
            self._renderer.RemoveActor(actor)
        self._marks = [part for needle in drawing.needles for part in _needle_actors(needle)]
        for zone in drawing.zones:
            self._marks.append(_spheroid_actor(zone.shape, clinical.ZONE, 0.42))
            outer = grown(zone.shape, zone.band_mm)
            if outer is not None:
                self._marks.append(_spheroid_actor(outer, clinical.ZONE, 0.14))
        self._marks += [
            _spheroid_actor(layer.shape, clinical.PROTECTION, LAYER_OPACITY)
            for layer in drawing.layers
        ]
        self._marks += [
            _tube_actor(Capsule(one.skin, one.at, THERMOMETER_RADIUS_MM), clinical.THERMOMETER)
            for one in drawing.thermometers
            if one.skin is not None
        ]
        self._marks += [
            _ball(gap.at_first, COLLISION_BALL_MM, clinical.COLLISION)
            for gap in drawing.gaps
            if gap.collide
        ]
        self._marks += [_mesh_actor(fill, clinical.CEMENT, 0.75) for fill in fills]
        if drawing.skin is not None:
            skin = drawing.skin
            self._marks += _dot_actors(
                skin.points_mm, skin.codes, clinical.SKIN_COLOURS, SKIN_DOT_PX
            )
        if drawing.wall_points_mm is not None:
            self._marks += _wall_actors(drawing)
        if drawing.focus is not None:
            colour = clinical.SEVERITY_COLOURS[drawing.focus.severity]
            self._marks.append(_ball(drawing.focus.at, 2.4, colour))
        for actor in self._marks:
            self._renderer.AddActor(actor)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self._surfaces and not self._marks

    def image(
        self, eye: Turntable, width: int, height: int, *, coarse: bool = False
    ) -> NDArray[np.uint8]:
        """Return the picture, uint8 RGBA ``[y, x, 4]``, first row at the top.

        A coarse one has fewer triangles: without a graphics card they are what takes the time.
        """
        for actor, fine, few in self._mappers:
            actor.SetMapper(few if coarse else fine)
        camera = self._renderer.GetActiveCamera()
        _, up, back = eye.axes
        focus = eye.focus.array
        camera.SetFocalPoint(*focus)
        camera.SetPosition(*(focus + back * eye.distance_mm))
        camera.SetViewUp(*up)
        self._turn_cut(back)
        self._renderer.ResetCameraClippingRange()
        self._window.SetSize(width, height)
        self._window.Render()
        pixels = vtkUnsignedCharArray()
        self._window.GetRGBACharPixelData(0, 0, width - 1, height - 1, 0, pixels, 0)
        rows = _numpy.vtk_to_numpy(pixels).reshape(height, width, 4)
        return np.ascontiguousarray(rows[::-1])

    def capabilities(self) -> str:
        """Return what VTK says of the graphics that drew the last picture."""
        return str(self._window.ReportCapabilities())

    def close(self) -> None:
        """Give the graphics memory back."""
        self._renderer.RemoveAllViewProps()
        self._window.Finalize()


def _rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255.0 for place in (1, 3, 5))
    return red, green, blue


def _mapper(data: Any) -> Any:
    mapper = vtkPolyDataMapper()
    if isinstance(data, vtkPolyData):
        mapper.SetInputData(data)
    else:
        data.Update()
        mapper.SetInputData(data.GetOutput())
    return mapper


def _actor(data: Any, colour: str, opacity: float) -> Any:
    actor = vtkActor()
    actor.SetMapper(_mapper(data))
    look = actor.GetProperty()
    look.SetColor(*_rgb(colour))
    look.SetOpacity(opacity)
    look.SetAmbient(0.16)
    look.SetDiffuse(0.82)
    look.SetSpecular(0.12)
    look.SetSpecularPower(18.0)
    return actor


def _mesh_actor(surface: Surface, colour: str, opacity: float) -> Any:
    return _actor(_mesh(surface), colour, opacity)


def _mesh(surface: Surface) -> vtkPolyData:
    points = vtkPoints()
    points.SetData(_numpy.numpy_to_vtk(surface.points_mm, deep=True))
    cells = vtkCellArray()
    count = len(surface.triangles)
    offsets = _numpy.numpy_to_vtkIdTypeArray(
        np.arange(0, 3 * count + 1, 3, dtype=np.int64), deep=True
    )
    corners = _numpy.numpy_to_vtkIdTypeArray(surface.triangles.ravel(), deep=True)
    cells.SetData(offsets, corners)
    mesh = vtkPolyData()
    mesh.SetPoints(points)
    mesh.SetPolys(cells)
    mesh.GetPointData().SetNormals(_numpy.numpy_to_vtk(surface.normals, deep=True))
    return mesh


def _surface_actor(surface: Surface) -> Any:
    if surface.name == "canal":
        return _mesh_actor(surface, clinical.CANAL, CANAL_ALONE)
    if surface.name == "lesion":
        return _mesh_actor(surface, clinical.LESION, 0.85)
    return _mesh_actor(surface, clinical.BONE, 1.0 if surface.name == "bone" else 0.55)


def _needle_actors(needle: NeedleMark) -> list[Any]:
    colour = clinical.NEEDLE if needle.selected else clinical.NEEDLE_OTHER
    solids = needle.solids or (Capsule(needle.entry, needle.tip, NEEDLE_RADIUS_MM),)
    made = [_tube_actor(solid, colour) for solid in solids]
    if needle.active is not None:
        over = replace(needle.active, radius_mm=needle.active.radius_mm + OVER_MM)
        made.append(_tube_actor(over, clinical.ZONE))
    return [*made, _ball(needle.entry, 2.6, colour)]


def _tube_actor(solid: Capsule, colour: str) -> Any:
    line = vtkLineSource()
    line.SetPoint1(*solid.start.array)
    line.SetPoint2(*solid.end.array)
    tube = vtkTubeFilter()
    tube.SetInputConnection(line.GetOutputPort())
    tube.SetRadius(solid.radius_mm)
    tube.SetNumberOfSides(14)
    tube.CappingOn()
    return _actor(tube, colour, 1.0)


def _wall_actors(drawing: Drawing) -> list[Any]:
    """Return the posterior wall near what is planned as dots, coloured by distance."""
    solids = [solid for needle in drawing.needles for solid in needle.solids]
    zones = [zone.shape for zone in drawing.zones]
    walls = np.zeros((0, 3)) if drawing.wall_points_mm is None else drawing.wall_points_mm
    points, codes = shaded_wall(walls, solids, zones)
    return _dot_actors(points, codes, clinical.WALL_COLOURS, WALL_DOT_PX)


def _dot_actors(
    points_mm: Vector, codes: NDArray[np.uint8], colours: Mapping[int, str], size_px: float
) -> list[Any]:
    """Return points as dots, one actor for each colour."""
    made = []
    for code, colour in colours.items():
        spots = np.ascontiguousarray(points_mm[codes == code], dtype=np.float32)
        if not len(spots):
            continue
        points = vtkPoints()
        points.SetData(_numpy.numpy_to_vtk(spots, deep=True))
        cells = vtkCellArray()
        for place in range(len(spots)):
            cells.InsertNextCell(1)
            cells.InsertCellPoint(place)
        mesh = vtkPolyData()
        mesh.SetPoints(points)
        mesh.SetVerts(cells)
        actor = _actor(mesh, colour, 1.0)
        actor.GetProperty().SetPointSize(size_px)
        actor.GetProperty().LightingOff()
        made.append(actor)
    return made


def _ball(at: PointLps, radius_mm: float, colour: str) -> Any:
    ball = vtkSphereSource()
    ball.SetCenter(*at.array)
    ball.SetRadius(radius_mm)
    ball.SetThetaResolution(18)
    ball.SetPhiResolution(12)
    return _actor(ball, colour, 1.0)


def _spheroid_actor(shape: Spheroid, colour: str, opacity: float) -> Any:
    ball = vtkSphereSource()
    ball.SetRadius(1.0)
    ball.SetThetaResolution(48)
    ball.SetPhiResolution(32)
    actor = _actor(ball, colour, opacity)
    axis = np.array(shape.axis)
    aside = np.cross(axis, np.eye(3)[int(np.abs(axis).argmin())])
    aside /= np.linalg.norm(aside)
    columns = np.stack(
        (
            aside * shape.half_width_mm,
            np.cross(axis, aside) * shape.half_width_mm,
            axis * shape.half_length_mm,
        ),
        axis=1,
    )
    matrix = vtkMatrix4x4()
    for row in range(3):
        for column in range(3):
            matrix.SetElement(row, column, float(columns[row, column]))
        matrix.SetElement(row, 3, float(shape.centre.array[row]))
    actor.SetUserMatrix(matrix)
    return actor
