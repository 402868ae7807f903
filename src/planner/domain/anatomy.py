"""What is known of the spine in one scan."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from planner.domain.structures import is_estimate, is_structure

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from planner.domain.corrections import DiscPlane
    from planner.domain.levels import Level, Side
    from planner.domain.sourced import Interval
    from planner.geometry.points import PointLps
    from planner.geometry.volume_geometry import VolumeGeometry


class QualityVerdict(StrEnum):
    """How far the outline of one vertebra can be trusted."""

    PLAUSIBLE = "plausible"
    """No flag fired. Still unverified until a person accepts it."""
    CHECK = "check"
    """A flag fired: look before use."""


class Origin(StrEnum):
    """Where an outline came from."""

    AUTOMATIC = "automatic"
    CLICKED = "clicked"
    PAINTED = "painted"
    IMPORTED = "imported"
    TRUTH = "truth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Quality flags of one vertebra."""

    verdict: QualityVerdict
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pedicle:
    """One pedicle.

    Attributes
    ----------
    isthmus
        Centre of the narrowest section.
    axis
        Unit vector from posterior to anterior along the pedicle, LPS.
    width_mm, height_mm
        Outer width and height at the isthmus, with voxel-size doubt, never biased wide.
    """

    side: Side
    isthmus: PointLps
    axis: tuple[float, float, float]
    width_mm: Interval
    height_mm: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class WallBreach:
    """A hole in the cortex of the posterior wall."""

    at: PointLps
    area_mm2: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PosteriorWall:
    """The posterior wall of a body as a surface, apart from the mask.

    Attributes
    ----------
    points_mm
        float64, shape ``(n, 3)``, LPS: points on the wall about 1 mm apart.
    cortex_hu
        float64, shape ``(n,)``: the highest HU within 1.5 mm of each point along the normal.
    intact
        ``None`` when it could not be judged.
    """

    points_mm: NDArray[np.float64]
    cortex_hu: NDArray[np.float64]
    intact: bool | None
    breaches: tuple[WallBreach, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vertebra:
    """One vertebra.

    Attributes
    ----------
    body_centre
        Centroid of the vertebral body.
    left, anterior, superior
        Unit vectors of the vertebra's own frame, LPS.
    body_size_mm
        Body width (left-right), depth (front-back) and height in that frame.
    level_doubt
        Empty when the name is the user's word; else why it may be off, in a sentence.
    """

    level: Level
    centroid: PointLps
    volume_ml: float
    body_centre: PointLps
    body_volume_ml: float
    body_size_mm: tuple[float, float, float]
    left: tuple[float, float, float]
    anterior: tuple[float, float, float]
    superior: tuple[float, float, float]
    quality: Quality
    origin: Origin
    pedicles: Mapping[Side, Pedicle]
    posterior_wall: PosteriorWall | None
    level_doubt: str = ""
    accepted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpineGuides:
    """What a person drags to correct the outlines.

    Attributes
    ----------
    discs
        From inferior to superior.
    canal_mm, posterior_wall_mm, anterior_wall_mm
        float64, shape ``(n, 3)``, LPS, 1 mm apart from inferior to superior: the axis of the
        canal, and the back and the front of the bodies in the midplane.
    """

    discs: tuple[DiscPlane, ...]
    canal_mm: NDArray[np.float64]
    posterior_wall_mm: NDArray[np.float64]
    anterior_wall_mm: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EstimatedRegion:
    """Where something lies that the scan does not show, as two nested regions.

    Attributes
    ----------
    geometry
        A crop of the anatomy's grid.
    likely, possible
        bool: where published sizes put it, and where it may reach. The second holds the first.
    """

    geometry: VolumeGeometry
    likely: NDArray[np.bool_]
    possible: NDArray[np.bool_]

    def __post_init__(self) -> None:
        if {self.likely.shape, self.possible.shape} != {self.geometry.shape_kji}:
            raise ValueError("both regions of an estimate must have the shape of its grid")
        if (self.likely & ~self.possible).any():
            raise ValueError("what is likely must be possible")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Anatomy:
    """The spine of one scan on one grid.

    Attributes
    ----------
    geometry
        The CT's own grid or an axis-aligned (in index space) crop of it.
    labels
        uint8 ``[k, j, i]``: VerSe numbers of whole vertebrae, 0 elsewhere.
    bodies
        uint8: VerSe numbers of vertebral bodies only.
    discs
        uint8: VerSe number of the vertebra ABOVE the disc.
    foramina
        uint8: see ``planner.domain.levels.foramen_label``.
    canal
        bool: the spinal canal.
    lesion
        bool, or ``None`` when none was drawn.
    masks
        Further structures by name (``aorta``, ``pleura``, ``skin`` ...), bool. A structure
        that was not looked for is absent; an all-False mask means looked for, not found.
        ``skin`` is everything outside the patient.
    seen_at
        The levels beside which a structure of ``masks`` is wholly outlined. One that is not
        named here is outlined wherever it is; beside other levels one that is named counts as
        not outlined.
    backend
        Name and version of what made it.
    ct_sha256
        The scan it belongs to.
    guides
        Lines the built-in segmenter went by; ``None`` for outlines made elsewhere.
    estimates
        What is estimated and not seen, by names that no mask may have: it is drawn, listed and
        measured to, and read by no rule and no simulation.
    """

    geometry: VolumeGeometry
    labels: NDArray[np.uint8]
    bodies: NDArray[np.uint8]
    discs: NDArray[np.uint8]
    foramina: NDArray[np.uint8]
    canal: NDArray[np.bool_]
    vertebrae: Mapping[Level, Vertebra]
    backend: str
    ct_sha256: str
    lesion: NDArray[np.bool_] | None = None
    masks: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    guides: SpineGuides | None = None
    seen_at: Mapping[str, frozenset[Level]] = field(default_factory=dict)
    estimates: Mapping[str, EstimatedRegion] = field(default_factory=dict)

    def outlines(self, name: str, level: Level) -> bool:
        """Tell whether a structure of ``masks`` is outlined beside a level."""
        return name in self.masks and (name not in self.seen_at or level in self.seen_at[name])

    def __post_init__(self) -> None:
        shape = self.geometry.shape_kji
        arrays = [self.labels, self.bodies, self.discs, self.foramina, self.canal]
        arrays += [] if self.lesion is None else [self.lesion]
        if any(array.shape != shape for array in [*arrays, *self.masks.values()]):
            raise ValueError(f"every array of an anatomy must have the grid's shape {shape}")
        unknown = [name for name in self.masks if not is_structure(name)]
        if unknown:
            raise ValueError(f"not names of structures: {unknown}")
        strangers = [name for name in self.estimates if not is_estimate(name)]
        if strangers:
            raise ValueError(f"not names of estimates: {sorted(strangers)}")
