"""What a digital spine is made from: a seed, a range of levels, disease, and the scan."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import TYPE_CHECKING

from planner.domain.errors import UsageError
from planner.domain.levels import Level, Side
from planner.phantom.variants import LUMBAR_COUNTS, USUAL_LUMBAR, Wear, spine_levels

if TYPE_CHECKING:
    from planner.geometry.points import PointLps

DRAWN_LEVELS = spine_levels()
"""Every level of the usual digital spine, from the head down."""

MATRIX = (8, 2048)
"""Fewest and most columns or rows of a picture."""

_DETAIL = re.compile(r"[a-z_]+=[A-Za-z0-9.+-]+")


class Matter(StrEnum):
    """How a metastasis changes bone."""

    LYTIC = "lytic"
    BLASTIC = "blastic"
    MIXED = "mixed"


class Place(StrEnum):
    """Which part of the vertebra a lesion sits in."""

    CENTRE = "centre"
    ANTERIOR = "anterior"
    POSTERIOR = "posterior"
    LEFT = "left"
    RIGHT = "right"
    PEDICLE_LEFT = "pedicle-left"
    PEDICLE_RIGHT = "pedicle-right"
    LAMINA_LEFT = "lamina-left"
    LAMINA_RIGHT = "lamina-right"


class Position(StrEnum):
    """DICOM patient position."""

    HFS = "HFS"
    HFP = "HFP"
    FFS = "FFS"
    FFP = "FFP"
    HFDR = "HFDR"
    HFDL = "HFDL"
    FFDR = "FFDR"
    FFDL = "FFDL"


class FractureKind(StrEnum):
    """How a body has given way."""

    WEDGE = "wedge"
    BICONCAVE = "biconcave"
    BURST = "burst"


class Contrast(StrEnum):
    """Phase of the contrast medium in the vessels."""

    NONE = "none"
    ARTERIAL = "arterial"
    PORTAL = "portal"


class Leak(StrEnum):
    """Where old cement has run to."""

    DISC = "disc"
    EPIDURAL = "epidural"
    VEIN = "vein"
    PARAVERTEBRAL = "paravertebral"


class Kernel(StrEnum):
    """How sharp the scanner reconstructs."""

    SOFT = "soft"
    STANDARD = "standard"
    BONE = "bone"


class FieldOfView(StrEnum):
    """How much of the trunk the pictures show."""

    TRUNK = "trunk"
    """The whole cross-section with skin and table."""
    SPINE = "spine"
    """A square of 180 mm about the spine, down to the skin of the back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesion:
    """One metastasis.

    Attributes
    ----------
    r_mm
        Radius of the sphere of the same size.
    breach
        Whether it has broken the cortex it reaches (the posterior wall when posterior).
    epidural_mm
        How far soft tumour stands into the canal; 0 for none.
    foraminal
        The side whose foramen soft tumour enters, or ``None``.
    """

    level: Level
    kind: Matter
    r_mm: float
    place: Place = Place.CENTRE
    breach: bool = False
    epidural_mm: float = 0.0
    foraminal: Side | None = None

    def __post_init__(self) -> None:
        if not (isfinite(self.r_mm) and 1.0 <= self.r_mm <= 30.0):
            raise UsageError(f"a lesion radius must be 1 to 30 mm, got {self.r_mm}")
        if not (isfinite(self.epidural_mm) and 0.0 <= self.epidural_mm <= 15.0):
            raise UsageError(f"epidural tumour must be 0 to 15 mm, got {self.epidural_mm}")
        if self.level not in spine_levels(max(LUMBAR_COUNTS)):
            raise UsageError(f"the digital spine has no level {self.level}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fracture:
    """A collapsed body; ``loss`` is the share of height lost, 0 to 0.8."""

    level: Level
    kind: FractureKind
    loss: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.loss <= 0.8:
            raise UsageError(f"a fracture may lose 0 to 0.8 of the height, got {self.loss}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OldCement:
    """Cement from an earlier treatment."""

    level: Level
    volume_ml: float
    leaks: tuple[Leak, ...] = ()

    def __post_init__(self) -> None:
        if not 0.2 <= self.volume_ml <= 12.0:
            raise UsageError(f"old cement must be 0.2 to 12 mL, got {self.volume_ml}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedNeedle:
    """A bone needle that is in place, through the pedicle of one side."""

    level: Level
    side: Side
    outer_diameter_mm: float = 3.05


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidNeedle:
    """A straight needle that lies anywhere.

    Attributes
    ----------
    back, tip
        Both ends of the metal, LPS mm; the tip is level with the farthest metal.
    bevel_deg
        Angle between the ground face and the shaft; 90 is blunt.
    roll_deg
        Which way the face looks.
    hu
        As one energy would read it, far beyond what a scanner stores.
    hub_mm
        Length of a plastic hub at the back end; 0 for none.
    """

    back: PointLps
    tip: PointLps
    outer_diameter_mm: float
    bevel_deg: float = 90.0
    roll_deg: float = 0.0
    hu: float = 14000.0
    hub_mm: float = 0.0

    def __post_init__(self) -> None:
        if not 15.0 <= self.bevel_deg <= 90.0:
            raise UsageError(f"a bevel is 15 to 90 degrees, got {self.bevel_deg:g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidCement:
    """A round cord of cement anywhere, LPS mm; a short one is a lump."""

    start: PointLps
    end: PointLps
    radius_mm: float
    hu: float = 2200.0

    def __post_init__(self) -> None:
        if not 0.3 <= self.radius_mm <= 15.0:
            raise UsageError(f"cement must be 0.3 to 15 mm thick, got {self.radius_mm:g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that decides a digital spine and its scan. Equal recipes give equal voxels.

    Attributes
    ----------
    levels
        First and last level that is wholly inside the scan.
    spacing_mm
        Distance of voxel centres along columns, rows and slices.
    slice_thickness_mm
        ``None`` means as thick as the slices are apart.
    noise_hu
        Standard deviation of noise in the middle of the trunk.
    tilt_deg
        Gantry tilt.
    scoliosis_deg
        Cobb angle of a curve whose apex is at L1, convex to the left when positive.
    rotation_deg
        Turn of the whole trunk about the long axis, as a patient lying crooked.
    matrix
        Columns and rows of a picture; ``None`` takes what the field of view needs.
    screws
        Levels that carry a pedicle screw on both sides.
    lumbar_count
        Lumbar vertebrae: 5, or 4 or 6 in a spine with a transitional junction.
    sacralised
        Whether the last lumbar vertebra has grown onto the sacrum.
    wear
        Degeneration, segment by segment.
    posture_seed
        Of a second scan of the same person: every vertebra lies elsewhere and noise is new.
        ``None`` is the first scan. Equal seeds with other disease, kernel or grid are the same
        posture.
    needles
        Straight needles anywhere. A scan with one is read by a beam of several energies.
    laid_cement
        Cement that takes the place of whatever is there.
    highest_hu
        Where the scanner stops counting: 3071 in 12 bits, more with an extended scale.
    """

    seed: int = 0
    levels: tuple[Level, Level] = (Level.L2, Level.L4)
    lesions: tuple[Lesion, ...] = ()
    position: Position = Position.HFS
    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0)
    slice_thickness_mm: float | None = None
    noise_hu: float = 20.0
    tilt_deg: float = 0.0
    age: float = 60.0
    scoliosis_deg: float = 0.0
    rotation_deg: float = 0.0
    osteoporosis: bool = False
    fractures: tuple[Fracture, ...] = ()
    cement: tuple[OldCement, ...] = ()
    screws: tuple[Level, ...] = ()
    needle: PlacedNeedle | None = None
    needles: tuple[LaidNeedle, ...] = ()
    laid_cement: tuple[LaidCement, ...] = ()
    highest_hu: int = 3071
    contrast: Contrast = Contrast.NONE
    field_of_view: FieldOfView = FieldOfView.TRUNK
    matrix: tuple[int, int] | None = None
    kernel: Kernel = Kernel.STANDARD
    lumbar_count: int = USUAL_LUMBAR
    sacralised: bool = False
    wear: tuple[Wear, ...] = ()
    posture_seed: int | None = None

    @property
    def noise_seed(self) -> tuple[int, ...]:
        """What noise and streaks of this scan are drawn from."""
        return (self.seed,) if self.posture_seed is None else (self.seed, 11, self.posture_seed)

    @property
    def spine(self) -> tuple[Level, ...]:
        """Every level of this spine, from the head down."""
        return spine_levels(self.lumbar_count)

    def __post_init__(self) -> None:
        first, last = self.levels
        if self.lumbar_count not in LUMBAR_COUNTS:
            raise UsageError(f"a spine has 4, 5 or 6 lumbar vertebrae, not {self.lumbar_count}")
        self._refuse_missing_levels()
        if first not in self.spine or last not in self.spine or first.order > last.order:
            raise UsageError(f"levels must run downward within T1 to S1, got {first}-{last}")
        if not all(isfinite(step) and 0.2 <= step <= 10.0 for step in self.spacing_mm):
            raise UsageError(f"voxel spacing must be 0.2 to 10 mm, got {self.spacing_mm}")
        if self.matrix and not all(MATRIX[0] <= count <= MATRIX[1] for count in self.matrix):
            raise UsageError(
                f"a picture has {MATRIX[0]} to {MATRIX[1]} columns, got {self.matrix}"
            )
        for name, low, high in (
            ("noise_hu", 0.0, 300.0),
            ("tilt_deg", -30.0, 30.0),
            ("age", 18.0, 100.0),
            ("scoliosis_deg", -60.0, 60.0),
            ("rotation_deg", -30.0, 30.0),
            ("highest_hu", 1000, 32767),
        ):
            value = getattr(self, name)
            if not (isfinite(value) and low <= value <= high):
                raise UsageError(f"{name} must be {low:g} to {high:g}, got {value}")
        try:
            object.__setattr__(self, "position", Position(self.position))
        except ValueError as error:
            raise UsageError(f"{error}; known are {', '.join(Position)}") from error
        for seed in (self.seed, self.posture_seed):
            if seed is not None and seed < 0:
                raise UsageError(f"a seed must not be negative, got {seed}")

    def _refuse_missing_levels(self) -> None:
        """Refuse disease at a level that this spine does not have."""
        needle = () if self.needle is None else (self.needle,)
        parts = (*self.lesions, *self.fractures, *self.cement, *self.wear, *needle)
        for level in (*(part.level for part in parts), *self.screws):
            if level not in self.spine:
                raise UsageError(f"this spine has no {level}; it has {self.lumbar_count} lumbar")


def parse_levels(text: str) -> tuple[Level, Level]:
    """Read ``T10-L5`` or ``L3``.

    Raises
    ------
    UsageError
        When it is not a level or a range of levels.
    """
    first, _, last = text.strip().upper().partition("-")
    try:
        return Level(first), Level(last or first)
    except ValueError as error:
        raise UsageError(f"'{text}' is not a range of levels; write it as T10-L5 or L3") from error


def parse_lesion(text: str) -> Lesion:
    """Read ``L3:lytic:r=9:place=posterior:breach=yes``.

    Further keys: ``epidural=`` (``yes`` or mm), ``foraminal=left|right``.

    Raises
    ------
    UsageError
        When a part of it is not understood; the message names that part.
    """
    parts = text.strip().split(":")
    if len(parts) < 3 or not all(_DETAIL.fullmatch(part) for part in parts[2:]):
        raise UsageError(
            f"'{text}' is not a lesion; write it as L3:lytic:r=9:place=posterior:breach=yes"
        )
    details = dict(part.split("=", 1) for part in parts[2:])
    known = {"r", "place", "breach", "epidural", "foraminal"}
    if unknown := sorted(set(details) - known):
        raise UsageError(f"'{unknown[0]}' is not part of a lesion; known are {sorted(known)}")
    if "r" not in details:
        raise UsageError(f"the lesion '{text}' needs a radius in mm, such as r=9")
    try:
        return Lesion(
            level=Level(parts[0].upper()),
            kind=Matter(parts[1].lower()),
            r_mm=float(details["r"]),
            place=_place(details.get("place", "centre")),
            breach=_yes(details.get("breach", "no")),
            epidural_mm=_epidural(details.get("epidural", "no")),
            foraminal=Side(details["foraminal"]) if "foraminal" in details else None,
        )
    except ValueError as error:
        raise UsageError(f"the lesion '{text}' cannot be read: {error}") from error


def _place(text: str) -> Place:
    """Read a place; a bare ``pedicle`` or ``lamina`` is the left one."""
    return Place(f"{text}-left" if text in ("pedicle", "lamina") else text)


def _yes(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(f"'{text}' is neither yes nor no")
    return text == "yes"


EPIDURAL_BY_DEFAULT_MM = 4.0
"""Depth of epidural tumour when a recipe only says that there is some."""


def _epidural(text: str) -> float:
    if text in ("yes", "no"):
        return EPIDURAL_BY_DEFAULT_MM if text == "yes" else 0.0
    return float(text)
