"""What a person says about the outlines: small values, kept in the plan, played again in order.

Every place is a point in the patient, never a level name or a voxel, so that a correction means
the same after a vertebra was renamed or the grid changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import hypot, isfinite
from typing import TYPE_CHECKING, TypeAlias

from planner.domain.structures import is_structure

if TYPE_CHECKING:
    from planner.geometry.points import PointLps

LARGEST_BRUSH_MM = 40.0
USUAL_REACH_MM, GREATEST_REACH_MM = 30.0, 60.0
"""Nothing farther than this from the click belongs to the same lesion: unless said, and ever."""

LARGEST_SHIFT = 6
LEAST_BONE_HU, GREATEST_BONE_HU = 50.0, 800.0
"""A bone threshold outside these outlines nothing, or everything."""


class Paint(StrEnum):
    """What a brush may paint besides the structures of ``planner.domain.structures``."""

    VERTEBRA = "vertebra"
    BODY = "body"
    DISC = "disc"
    LESION = "lesion"


OWNED_PAINTS = frozenset({Paint.VERTEBRA, Paint.BODY, Paint.DISC})
"""Paints that belong to one vertebra (a disc to the one above it)."""


class WallSide(StrEnum):
    """Which wall of the bodies a line follows."""

    POSTERIOR = "posterior"
    ANTERIOR = "anterior"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscPlane:
    """The middle plane of a disc.

    Attributes
    ----------
    middle
        Its point on the axis of the bodies.
    normal
        Unit vector, LPS, towards the head.
    """

    middle: PointLps
    normal: tuple[float, float, float]

    def __post_init__(self) -> None:
        length = hypot(*self.normal)
        if not (isfinite(length) and abs(length - 1.0) < 1e-3):
            raise ValueError("the normal of a disc must have length one")


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscMoved:
    """A disc line was dragged or tilted.

    ``disc`` is where the middle of that disc was before.
    """

    disc: PointLps
    plane: DiscPlane


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscAdded:
    """A disc was missing here."""

    plane: DiscPlane


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscDeleted:
    """The disc whose middle is nearest to here is none."""

    disc: PointLps


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyClicked:
    """Here is the inside of a vertebral body: find the discs round it anew."""

    at: PointLps


@dataclass(frozen=True, slots=True, kw_only=True)
class CanalPoint:
    """The middle of the spinal canal runs through here."""

    at: PointLps


@dataclass(frozen=True, slots=True, kw_only=True)
class BoneThreshold:
    """In the vertebra at ``at``, bone begins at ``threshold_hu``."""

    at: PointLps
    threshold_hu: float

    def __post_init__(self) -> None:
        if not LEAST_BONE_HU <= self.threshold_hu <= GREATEST_BONE_HU:
            raise ValueError(
                f"a bone threshold lies between {LEAST_BONE_HU:.0f} and {GREATEST_BONE_HU:.0f} "
                f"HU, got {self.threshold_hu}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class WallLine:
    """The wall of the bodies runs along these points, drawn near the midline."""

    side: WallSide
    points: tuple[PointLps, ...]

    def __post_init__(self) -> None:
        if len(self.points) < 2:
            raise ValueError("a wall line needs at least two points")


@dataclass(frozen=True, slots=True, kw_only=True)
class BoneScribble:
    """The bone along this line belongs to one vertebra, or to none.

    Attributes
    ----------
    owner
        A point in the body of the vertebra; ``None`` when the bone is no vertebra's (a rib).
    """

    points: tuple[PointLps, ...]
    owner: PointLps | None = None
    radius_mm: float = 1.5

    def __post_init__(self) -> None:
        _check_line(self.points, self.radius_mm)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrushStroke:
    """A brush or an eraser was drawn along a line.

    Attributes
    ----------
    paint
        A ``Paint`` or the name of a structure.
    owner
        A point in the body of the vertebra that is painted; needed for ``OWNED_PAINTS``.
    normal
        Unit normal of the picture it was drawn in: the stroke is one voxel thick. ``None`` for
        a ball.
    """

    paint: str
    points: tuple[PointLps, ...]
    radius_mm: float
    erase: bool = False
    owner: PointLps | None = None
    normal: tuple[float, float, float] | None = None

    def __post_init__(self) -> None:
        _check_line(self.points, self.radius_mm)
        if self.paint not in {*Paint} and not is_structure(self.paint):
            raise ValueError(f"nothing called {self.paint!r} can be painted")
        if self.paint in OWNED_PAINTS and self.owner is None:
            raise ValueError(f"say which vertebra the {self.paint} belongs to")
        if self.normal is not None and not abs(hypot(*self.normal) - 1.0) < 1e-3:
            raise ValueError("the normal of a brush must have length one")


@dataclass(frozen=True, slots=True, kw_only=True)
class LesionGrown:
    """A lesion was grown from a click.

    ``low_hu`` and ``high_hu`` bound what it may take in; ``None`` leaves that side to the
    automatic limit. Nothing farther than ``reach_mm`` from the click is taken.
    """

    at: PointLps
    low_hu: float | None = None
    high_hu: float | None = None
    reach_mm: float = USUAL_REACH_MM

    def __post_init__(self) -> None:
        if not 0.0 < self.reach_mm <= GREATEST_REACH_MM:
            raise ValueError(
                f"a lesion reaches up to {GREATEST_REACH_MM:.0f} mm from the click, "
                f"got {self.reach_mm:g}"
            )
        if not all(isfinite(hu) for hu in (self.low_hu, self.high_hu) if hu is not None):
            raise ValueError("the HU limits of a lesion must be numbers")
        if self.low_hu is not None and self.high_hu is not None and self.low_hu >= self.high_hu:
            raise ValueError("the lower HU limit of a lesion must lie below the upper")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesShifted:
    """Every name moves along the spine: ``steps`` to the head where positive."""

    steps: int

    def __post_init__(self) -> None:
        if not 1 <= abs(self.steps) <= LARGEST_SHIFT:
            raise ValueError(f"names shift by 1 to {LARGEST_SHIFT} levels, got {self.steps}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelCount:
    """How many thoracic and lumbar vertebrae this patient has."""

    thoracic: int = 12
    lumbar: int = 5

    def __post_init__(self) -> None:
        if self.thoracic not in (11, 12, 13) or self.lumbar not in (4, 5, 6):
            raise ValueError("a spine has 11 to 13 thoracic and 4 to 6 lumbar vertebrae")


Correction: TypeAlias = (
    DiscMoved
    | DiscAdded
    | DiscDeleted
    | BodyClicked
    | CanalPoint
    | BoneThreshold
    | WallLine
    | BoneScribble
    | BrushStroke
    | LesionGrown
    | NamesShifted
    | LevelCount
)


def _check_line(points: tuple[PointLps, ...], radius_mm: float) -> None:
    if not points:
        raise ValueError("a stroke needs at least one point")
    if not 0.0 < radius_mm <= LARGEST_BRUSH_MM:
        raise ValueError(f"a brush has a radius of up to {LARGEST_BRUSH_MM:.0f} mm")
