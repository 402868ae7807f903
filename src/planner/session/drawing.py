"""What is drawn over the slices and in 3-D, as frozen values in the patient frame."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import numpy as np

from planner.geometry.ellipsoid import Spheroid
from planner.session.surfaces import mask_surface
from planner.session.tool_marks import ToolMarks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy
    from planner.domain.finding import Severity
    from planner.domain.levels import Level
    from planner.domain.plan import TrajectoryId
    from planner.domain.prediction import PredictedCement
    from planner.domain.protection import ProtectionLayer
    from planner.geometry.capsule import Capsule
    from planner.geometry.points import PointLps, Vector
    from planner.geometry.volume_geometry import VolumeGeometry
    from planner.planning import NeedleGap
    from planner.session.measuring import Measure
    from planner.session.planes import PaneMap
    from planner.session.straightened import StraightPicture
    from planner.session.surfaces import Surface

SECTION_POINTS = 96
"""Corners of a drawn ellipse: under 0.05 mm off the curve for a 60 mm zone."""

WALL_SLAB_MM = 0.8
"""Wall points this close to a plane are drawn on it; they lie about 1 mm apart."""

SHAFT_RADIUS_PX = 5.0
"""How near the mouse must be to take hold of a needle's shaft."""

HANDLE_RADIUS_PX = 11.0
"""How near the mouse must be to take hold of a needle end."""


POSSIBLE, ZONE, CERTAIN, ICE, LETHAL, DEEP, MISSED = range(1, 8)
"""Codes of a drawn simulation: heat in the band, nominal, in every run; ice, -20 and -40 C; and
what lives of the target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedleMark:
    """One needle as drawn.

    ``solids`` are its parts, the widest first, where they are known; ``active`` is the end that
    stands beyond the cannula.
    """

    id: TrajectoryId
    label: str
    entry: PointLps
    tip: PointLps
    selected: bool
    locked: bool
    level: Level | None = None
    solids: tuple[Capsule, ...] = ()
    active: Capsule | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneMark:
    """One predicted zone as drawn: its surface and the band of doubt about it."""

    shape: Spheroid
    band_mm: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CementMark:
    """A predicted cement fill as drawn.

    Attributes
    ----------
    codes
        uint8 ``[k, j, i]``: with which mL, counted from 1, cement came to a voxel; 0 where it
        did not. So every mL shows as a shell.
    moment
        Says loudly that not all of it is shown; empty when it is.
    """

    geometry: VolumeGeometry
    codes: NDArray[np.uint8]
    mesh: Surface | None
    moment: str = ""

    @classmethod
    def of(cls, cement: PredictedCement, given_ml: float | None = None) -> CementMark:
        """Return the fill after ``given_ml``, or all of it; makes the mesh: call it rarely."""
        given = cement.placed_ml if given_ml is None else given_ml
        filled = cement.filled(given)
        codes = np.zeros(filled.shape, np.uint8)
        codes[filled] = np.clip(np.ceil(cement.arrival_ml[filled]), 1, 255).astype(np.uint8)
        return cls(
            geometry=cement.geometry,
            codes=codes,
            mesh=mask_surface("cement", filled, cement.geometry),
            moment=""
            if given >= cement.placed_ml
            else f"CEMENT AFTER {given:.1f} mL OF {cement.placed_ml:.1f} mL",
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulatedMark:
    """A simulated zone as drawn: uint8 codes ``[k, j, i]``, as named above.

    ``moment`` says loudly that it is not the zone of the whole treatment; empty when it is.
    """

    geometry: VolumeGeometry
    codes: NDArray[np.uint8]
    moment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TissueMark:
    """What the heat model takes each place for, as drawn.

    Attributes
    ----------
    codes
        uint8 ``[k, j, i]``: number of the class and 1; 0 is not drawn.
    names
        Code and name of every class that is there, the most frequent first.
    by_hand
        bool ``[k, j, i]``: where a person's choice made another class of it.
    """

    geometry: VolumeGeometry
    codes: NDArray[np.uint8]
    names: tuple[tuple[int, str], ...]
    by_hand: NDArray[np.bool_]

    def name_at(self, point: PointLps) -> str:
        """Return the name of the class at a point; empty outside the map."""
        i, j, k = (int(value) for value in np.floor(self.geometry.ijk(point.array) + 0.5))
        if not all(
            0 <= n < size for n, size in zip((i, j, k), self.geometry.size_ijk, strict=True)
        ):
            return ""
        name = dict(self.names).get(int(self.codes[k, j, i]), "")
        return f"{name}, set by hand" if self.by_hand[k, j, i] else name


@dataclass(frozen=True, slots=True, kw_only=True)
class ThermometerMark:
    """Where a thermometer would lie, and the skin point of the way to it, if there is one."""

    at: PointLps
    skin: PointLps | None
    label: str


UNREACHED, HELD, REACHED, AMPLE = range(4)
"""Codes of the skin map: no path, one the rules hold, one they do not, one with room to spare."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SkinMark:
    """Skin points, shape ``(n, 3)`` LPS, with uint8 codes as named above."""

    level: str
    points_mm: Vector
    codes: NDArray[np.uint8]
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingMark:
    """Where a finding points to."""

    at: PointLps
    severity: Severity
    label: str


@dataclass(frozen=True, slots=True)
class LevelTag:
    """The name of a vertebra at its body; ``?`` where the name is in doubt."""

    text: str
    at: PointLps
    reach_mm: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawing:
    """Everything drawn over the images.

    Attributes
    ----------
    pending_entry, pending_tip
        One end of a needle whose other end is not placed yet.
    gaps
        Where two needles come near each other, nearest first.
    wall_points_mm
        float64, shape ``(n, 3)``, LPS: posterior walls of all levels.
    measures
        What was measured on the slices.
    other
        What another plan draws, on panes of its own.
    tissue
        What the heat model takes each place for, where that is shown.
    """

    needles: tuple[NeedleMark, ...] = ()
    gaps: tuple[NeedleGap, ...] = ()
    zones: tuple[ZoneMark, ...] = ()
    cements: tuple[CementMark, ...] = ()
    simulated: tuple[SimulatedMark, ...] = ()
    focus: FindingMark | None = None
    pending_entry: PointLps | None = None
    pending_tip: PointLps | None = None
    wall_points_mm: Vector | None = None
    levels: tuple[LevelTag, ...] = ()
    skin: SkinMark | None = None
    grid_mark: PointLps | None = None
    layers: tuple[ProtectionLayer, ...] = ()
    tool: ToolMarks = field(default_factory=ToolMarks)
    measures: tuple[Measure, ...] = ()
    other: Drawing | None = None
    tissue: TissueMark | None = None
    thermometers: tuple[ThermometerMark, ...] = ()
    straight: tuple[StraightPicture, ...] = ()

    @property
    def moments(self) -> tuple[str, ...]:
        """What is shown before its end, loudly: a part must not be taken for the whole."""
        said = [*(zone.moment for zone in self.simulated), *(fill.moment for fill in self.cements)]
        return tuple(dict.fromkeys(said))


class Grip(StrEnum):
    """What a drag does with a needle."""

    END = "end"
    WHOLE = "whole"
    ALONG = "along"
    """The tip goes along the needle; the skin point stays."""


@dataclass(frozen=True, slots=True)
class Handle:
    """What is held of a needle: an end, or its shaft; with Ctrl the tip along its axis."""

    trajectory_id: TrajectoryId
    is_entry: bool
    grip: Grip = Grip.END


class Projected(Protocol):
    """Anything that shows patient points at pixels."""

    def pixel(self, point: PointLps) -> tuple[float, float]:
        """Project one point."""
        ...


def handle_at(
    needles: tuple[NeedleMark, ...], pane: Projected, x: float, y: float, *, along: bool = False
) -> Handle | None:
    """Return what of a needle is under a pixel; ends win over shafts, the selected one first.

    ``along`` holds the tip to its axis, wherever the needle is taken hold of.
    """
    best: tuple[bool, bool, float, Handle] | None = None
    for needle in needles:
        if needle.locked:
            continue
        for offer in _offers(needle, pane, np.array((x, y))):
            if best is None or offer[:3] < best[:3]:
                best = offer
    if best is None:
        return None
    held = best[3]
    return replace(held, is_entry=False, grip=Grip.ALONG) if along else held


def _offers(
    needle: NeedleMark, pane: Projected, at: Vector
) -> list[tuple[bool, bool, float, Handle]]:
    """Return the parts of a needle near a pixel: whether a shaft, whether another, how far.

    Of a needle seen end on the entry is held, so that the hand steers it about its tip.
    """
    ends = {True: np.array(pane.pixel(needle.entry)), False: np.array(pane.pixel(needle.tip))}
    found = []
    is_end_on = float(np.hypot(*(ends[True] - ends[False]))) <= HANDLE_RADIUS_PX
    for is_entry, end in ends.items():
        if is_end_on and not is_entry:
            continue
        away = float(np.hypot(*(end - at)))
        if away <= HANDLE_RADIUS_PX:
            found.append((False, not needle.selected, away, Handle(needle.id, is_entry)))
    way = ends[False] - ends[True]
    length2 = float(way @ way)
    share = float((at - ends[True]) @ way) / length2 if length2 > 0.0 else -1.0
    away = float(np.hypot(*(ends[True] + share * way - at)))
    if 0.0 < share < 1.0 and away <= SHAFT_RADIUS_PX:
        held = Handle(needle.id, is_entry=False, grip=Grip.WHOLE)
        found.append((True, not needle.selected, away, held))
    return found


def cut(shape: Spheroid, pane: PaneMap) -> tuple[Vector, Vector] | None:
    """Return the ellipse in which the pane's plane cuts an ellipsoid, or None.

    Its middle, shape ``(2,)``, in mm to the right of the pane's centre and below it; and the
    matrix M, shape ``(2, 2)``, with which ``d M d = 1`` on it for d from its middle. The
    ellipsoid is ``x' M x = 1`` with ``M = I / w^2 + (1 / l^2 - 1 / w^2) a a'``; its cut by a
    plane spanned by U is an ellipse whose matrix is ``U' M U``.
    """
    inv_w, inv_l = shape.half_width_mm**-2, shape.half_length_mm**-2
    more, axis = inv_l - inv_w, shape.axis
    x, y, z = (pane.centre.array - shape.centre.array).tolist()
    u, v = pane.frame.right, pane.frame.down
    # In plain numbers: a slice cuts three ellipsoids at each step of a scroll.
    a_u, a_v, a_o = (
        one[0] * axis[0] + one[1] * axis[1] + one[2] * axis[2] for one in (u, v, (x, y, z))
    )
    o_u, o_v = (one[0] * x + one[1] * y + one[2] * z for one in (u, v))
    m_uu, m_uv, m_vv = inv_w + more * a_u * a_u, more * a_u * a_v, inv_w + more * a_v * a_v
    g_u, g_v = inv_w * o_u + more * a_u * a_o, inv_w * o_v + more * a_v * a_o
    size = m_uu * m_vv - m_uv * m_uv
    middle_u = (m_uv * g_v - m_vv * g_u) / size
    middle_v = (m_uv * g_u - m_uu * g_v) / size
    level = inv_w * (x * x + y * y + z * z) + more * a_o * a_o
    room = 1.0 - level - middle_u * g_u - middle_v * g_v
    if room <= 0.0:
        return None
    matrix = np.array(((m_uu, m_uv), (m_uv, m_vv))) / room
    return np.array((middle_u, middle_v)), matrix


def section(shape: Spheroid, pane: PaneMap) -> Vector | None:
    """Return the exact cut of an ellipsoid by the pane's plane, shape ``(n, 3)`` LPS, or None."""
    found = cut(shape, pane)
    if found is None:
        return None
    middle, matrix = found
    plane = np.array((pane.frame.right, pane.frame.down)).T
    values, vectors = np.linalg.eigh(matrix)
    angle = np.linspace(0.0, 2.0 * np.pi, SECTION_POINTS, endpoint=False)
    circle = np.stack((np.cos(angle), np.sin(angle)))
    ellipse = middle[:, None] + (vectors / np.sqrt(values)) @ circle
    return np.asarray((pane.centre.array[:, None] + plane @ ellipse).T)


def grown(shape: Spheroid, by_mm: float) -> Spheroid | None:
    """Return the ellipsoid with both half axes longer by ``by_mm``; None when nothing is left."""
    length, width = shape.half_length_mm + by_mm, shape.half_width_mm + by_mm
    if length <= 0.0 or width <= 0.0:
        return None
    return Spheroid(shape.centre, shape.axis, length, width)


def level_tags(anatomy: Anatomy) -> tuple[LevelTag, ...]:
    """Return the name of every vertebra; a doubtful one carries its doubt."""
    return tuple(
        LevelTag(
            f"{item.level} ?" if item.level_doubt and not item.accepted else item.level.value,
            item.body_centre,
            min(item.body_size_mm) / 2.0,
        )
        for item in anatomy.vertebrae.values()
    )


def wall_points(anatomy: Anatomy) -> Vector | None:
    """Return the points of every posterior wall, shape ``(n, 3)``, or None when there is none."""
    walls = [item.posterior_wall for item in anatomy.vertebrae.values()]
    points = [wall.points_mm for wall in walls if wall is not None and len(wall.points_mm)]
    return np.concatenate(points) if points else None
