"""Fixed colours and dashes of what a report draws on a CT.

The colours are those of Okabe and Ito ("Color universal design", 2008) without their green,
which reads as "go"; foramina take the violet of the window. They stay apart for
every common kind of colour blindness; every mark also has its own dash, for grey printers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Mark:
    """How one kind of thing is drawn.

    Attributes
    ----------
    colour
        ``#rrggbb``.
    dash_mm
        Lengths of line and gap on the patient; empty for a solid line.
    """

    name: str
    colour: str
    dash_mm: tuple[float, float] | None = None
    width_px: float = 2.0


NEEDLE: Final = Mark("needle", "#ffffff", None, 2.6)
NEEDLE_PROJECTED: Final = Mark("needle beyond the slice, projected", "#ffffff", (2.0, 1.6), 1.6)
ZONE: Final = Mark("ablation zone", "#e69f00", None, 2.4)
ZONE_BAND: Final = Mark("its uncertainty band", "#e69f00", (1.2, 1.2), 1.4)
CEMENT: Final = Mark("cement", "#56b4e9", None, 2.4)
CANAL: Final = Mark("spinal canal", "#cc79a7", (3.0, 1.0), 2.2)
ESTIMATE: Final = Mark("sac, cord and roots, estimated from bone", "#cc79a7", (0.6, 1.4), 1.2)
FORAMEN: Final = Mark("foramen", "#b79cf7", (2.0, 1.2), 2.2)
WALL: Final = Mark("posterior wall", "#f0e442", (0.8, 0.8), 2.2)
LESION: Final = Mark("lesion", "#d55e00", (2.5, 1.5), 2.0)

VERTEBRA: Final = Mark("vertebra, its shadow", "#3f74b0", (1.6, 1.0), 2.2)

LEGEND: Final = (
    NEEDLE, NEEDLE_PROJECTED, ZONE, ZONE_BAND, CEMENT, CANAL, ESTIMATE, FORAMEN, WALL, LESION,
)  # fmt: skip
"""Every mark, in the order in which the legend names them."""

BEYOND_SCAN: Final = (38, 46, 61)
"""Flat slate where the scan saw nothing; never black, which would look like air."""
