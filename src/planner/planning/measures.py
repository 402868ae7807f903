"""What is measured of one planned needle."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.domain.plan import TrajectoryId
    from planner.domain.sourced import Interval
    from planner.geometry.points import PointLps

GERTZBEIN_ROBBINS_MM: Final = (("A", 0.0), ("B", 2.0), ("C", 4.0), ("D", 6.0))
"""Grade A: no breach; B under 2 mm; C under 4; D under 6; E from 6 mm (secondary pages)."""


MIDWAY: Final = "from the needle's side to midway between voxels in and out of the outline"


class Direction(StrEnum):
    """Ways out of a pedicle, seen along it."""

    MEDIAL = "medial"
    LATERAL = "lateral"
    SUPERIOR = "superior"
    INFERIOR = "inferior"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearance:
    """Shortest distance from the needle's surface to a structure's surface.

    Attributes
    ----------
    distance_mm
        Negative when the needle touches or enters it. The interval is half a voxel each way
        along the shortest line, widened by the placement error asked for.
    at
        The structure's nearest point.
    on_needle
        The nearest point of the needle's axis.
    """

    structure: str
    distance_mm: Interval
    at: PointLps
    on_needle: PointLps


@dataclass(frozen=True, slots=True, kw_only=True)
class PedicleMargins:
    """How a needle lies in a pedicle.

    Attributes
    ----------
    worst_mm
        Bone beyond the needle's surface where it is thinnest, all directions; negative where
        the needle leaves the pedicle. Where the mask is wider than the measured pedicle, half
        of that is taken off.
    worst_direction
        Which way it is thinnest.
    shift_mm
        How far the needle could be moved each way before it touches the outer wall; negative
        when it is through.
    at
        Point of the axis where the bone is thinnest.
    width_across_needle_mm
        Bone from wall to wall across the needle there, medial to lateral.
    not_believed_mm
        How far the outline goes beyond the measured wall, for each side on which it is not
        believed; there the measured wall counts.
    """

    worst_mm: Interval
    worst_direction: Direction
    shift_mm: Mapping[Direction, Interval]
    at: PointLps
    width_across_needle_mm: Interval
    not_believed_mm: Mapping[Direction, float] = field(default_factory=dict)

    @property
    def breach_mm(self) -> float:
        """How far the needle stands out of the pedicle; 0 when it does not."""
        return max(0.0, -self.worst_mm.best)

    @property
    def gertzbein_robbins(self) -> str:
        """Grade A to E."""
        return gertzbein_robbins(self.breach_mm)


def gertzbein_robbins(breach_mm: float) -> str:
    """Return the grade of a breach: A none, B under 2 mm, C under 4, D under 6, else E."""
    if breach_mm <= 0.0:
        return "A"
    for grade, below_mm in GERTZBEIN_ROBBINS_MM[1:]:
        if breach_mm < below_mm:
            return grade
    return "E"


@dataclass(frozen=True, slots=True, kw_only=True)
class TipPlace:
    """Where the tip lies in the vertebral body, in the vertebra's own frame.

    Attributes
    ----------
    depth_fraction
        0 at the back of the body, 1 at its front.
    own_side_fraction
        0 in the midline, 1 at the edge of the needle's own side, negative across the midline.
    height_fraction
        0 at the lower, 1 at the upper end of the body.
    doubt
        Of the fractions to the own side, of depth and of height, each way.
    """

    in_body: bool
    depth_fraction: float
    own_side_fraction: float
    height_fraction: float
    doubt: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def in_anterior_third(self) -> bool:
        """Whether the tip lies in the body and in its front third."""
        return self.in_body and self.depth_fraction >= 2.0 / 3.0

    @property
    def crosses_midline(self) -> bool:
        """Whether the tip lies across the midline from its own side."""
        return self.own_side_fraction < 0.0

    @property
    def may_cross_midline(self) -> bool:
        """Whether it may do so within its doubt."""
        return self.own_side_fraction < self.doubt[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimatedClearance:
    """The distance to something the scan does not show.

    Attributes
    ----------
    at_least_mm
        To where the structure may reach, less the doubt of measuring.
    likely_mm
        To where published sizes put it; ``None`` where it likely does not reach.
    """

    structure: str
    at_least_mm: float
    likely_mm: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A place where the needle's axis passes the surface of bone.

    ``bone`` is the level whose outline is passed; ``hu`` the highest HU within 1 mm of it.
    """

    bone: str
    enters: bool
    from_entry_mm: float
    at: PointLps
    hu: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TrajectoryMeasures:
    """Everything measured of one needle.

    Attributes
    ----------
    skin
        Where the line of the needle passes the skin; ``None`` when the scan does not show it.
    skin_to_tip_mm
        Along the needle.
    bone_entry
        Where the axis first meets this vertebra; ``None`` when it never does.
    bone_depth_mm
        From there to the tip.
    bone_hu
        Lowest, mean and highest HU of the axis between the two.
    pedicle
        ``None`` for other approaches, and when the pedicle was not found or not passed.
    clearances
        Nearest first.
    clearances_go
        From where to where they are measured, in words.
    farther_than_mm
        Structures that were looked for and lie farther from the vertebra than this.
    estimated
        Distances to what is estimated; nothing is chosen or judged by them.
    angles_deg
        ``axial``: against the sagittal plane of the patient, positive towards the midline.
        ``cranial``: out of the axial plane, positive when the tip is nearer the head.
        ``vertebra_axial``: as ``axial`` in the vertebra's own frame. ``endplate``: out of the
        vertebra's own axial plane, positive towards its upper endplate. ``in_slice`` and
        ``out_of_slice``: as ``axial`` and ``cranial``, to the slices as the gantry made them.
    angle_doubt_deg
        How far any of them may be off when the ends are as doubtful as distances are.
    placement_error_mm
        Of registration, needle bend and the like; all intervals hold it besides half a voxel.
    """

    trajectory_id: TrajectoryId
    outer_diameter_mm: float
    length_mm: float
    skin: PointLps | None
    skin_to_tip_mm: Interval | None
    bone_entry: PointLps | None
    bone_depth_mm: Interval | None
    pedicle: PedicleMargins | None
    clearances: tuple[Clearance, ...]
    farther_than_mm: Mapping[str, float]
    angles_deg: Mapping[str, float]
    tip: TipPlace | None
    crossings: tuple[Crossing, ...]
    estimated: tuple[EstimatedClearance, ...] = ()
    bone_hu: Interval | None = None
    angle_doubt_deg: float = 0.0
    placement_error_mm: float = 0.0
    clearances_go: str = MIDWAY

    @property
    def pedicle_margin_mm(self) -> float | None:
        """Thinnest bone about the needle in the pedicle, best estimate."""
        return None if self.pedicle is None else self.pedicle.worst_mm.best

    @property
    def clearances_mm(self) -> dict[str, float]:
        """Best estimate of each clearance by structure, nearest first."""
        return {item.structure: item.distance_mm.best for item in self.clearances}

    def clearance(self, structure: str) -> Clearance | None:
        """Return the clearance to a structure, ``None`` when it was not measured."""
        return next((item for item in self.clearances if item.structure == structure), None)
