"""Ways into a vertebral body: where a needle of each approach passes the pedicle.

A corridor is a window in the plane of the pedicle's narrowest section, and the angles that a
needle through it may have. The windows and angles bound a search; what makes a path good or
bad is measured, never read from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from planner.domain.plan import Approach

if TYPE_CHECKING:
    from planner.domain.levels import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Corridor:
    """A window beside or in the pedicle.

    Attributes
    ----------
    lateral_mm
        From the pedicle's outer side wall, positive away from the canal, lowest and highest;
        a lowest of ``-inf`` is the wall towards the canal.
    height
        From the pedicle's middle in halves of its height, positive towards the head.
    axial_deg
        Lowest and highest angle against the vertebra's sagittal plane, positive when the
        needle runs towards the midline.
    regions
        Regions of the spine it is used in.
    """

    approach: Approach
    lateral_mm: tuple[float, float]
    height: tuple[float, float]
    axial_deg: tuple[float, float]
    regions: tuple[str, ...]


CORRIDORS: Final = (
    Corridor(
        approach=Approach.TRANSPEDICULAR,
        lateral_mm=(float("-inf"), 0.0),
        height=(-1.0, 1.0),
        axial_deg=(-10.0, 45.0),
        regions=("thoracic", "lumbar"),
    ),
    Corridor(
        approach=Approach.PARAPEDICULAR,
        lateral_mm=(-1.0, 5.0),
        height=(-1.0, 1.0),
        axial_deg=(10.0, 50.0),
        regions=("thoracic", "lumbar"),
    ),
    Corridor(
        approach=Approach.TRANSCOSTOVERTEBRAL,
        lateral_mm=(2.0, 12.0),
        height=(-0.5, 1.3),
        axial_deg=(15.0, 55.0),
        regions=("thoracic",),
    ),
    Corridor(
        approach=Approach.POSTEROLATERAL,
        lateral_mm=(5.0, 22.0),
        height=(-1.6, 0.5),
        axial_deg=(25.0, 65.0),
        regions=("lumbar",),
    ),
)
"""Windows are project defaults (derived) about the routes of the literature: transpedicular or
posterolateral in the lumbar spine, transpedicular, para- or costovertebral in the thoracic."""

STEEPEST_CRANIAL_DEG: Final = 35.0
"""Beyond this a gantry cannot follow and ribs and spinous processes stand in the way."""

PREFERENCE: Final = {
    Approach.TRANSPEDICULAR: 0,
    Approach.PARAPEDICULAR: 1,
    Approach.TRANSCOSTOVERTEBRAL: 2,
    Approach.POSTEROLATERAL: 2,
}
"""With nothing against it the pedicle comes first: bone guards the needle all the way."""


def corridors_for(level: Level, approach: Approach | None) -> tuple[Corridor, ...]:
    """Return the corridors to search; none where an approach does not fit the level."""
    return tuple(
        corridor
        for corridor in CORRIDORS
        if approach in (None, corridor.approach) and level.region in corridor.regions
    )
