"""Clinical colours: fixed in every theme, told apart by colour-blind eyes, none of them green.

Hues follow Okabe and Ito ("Color universal design", 2008) without their green, because green
reads as "go". What must never be confused - heat, wall, canal - differs in lightness too, and
every colour comes with a word or a line style.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.domain.finding import Severity, Verdict
from planner.session.drawing import AMPLE, HELD, REACHED, UNREACHED
from planner.session.solid_view import FAR, INSIDE, NEAR, NEXT
from planner.session.view_state import Layer

if TYPE_CHECKING:
    from collections.abc import Mapping

VERTEBRA: Final = "#9FB4C8"
CANAL: Final = "#56B4E9"
ESTIMATE: Final = "#C9D6E2"
FORAMEN: Final = "#B79CF7"
POSTERIOR_WALL: Final = "#FFE14A"
LESION: Final = "#F2A93B"
NEEDLE: Final = "#FFFFFF"
NEEDLE_OTHER: Final = "#AEB9C4"
COLLISION: Final = "#E5484D"
ZONE: Final = "#FF6B35"
PROTECTION: Final = "#66E0D0"
THERMOMETER: Final = "#E8EEF5"
ICE: Final = "#BFE9FF"
LETHAL_COLD: Final = "#4D7DFF"
MISSED: Final = "#FF4FD8"
CEMENT: Final = "#E58AC2"
CROSSHAIR: Final = "#7C93AA"
LETTERS: Final = "#F3C969"
BONE: Final = "#E8DFCB"

WALL_COLOURS: Final[Mapping[int, str]] = {
    INSIDE: "#E5484D",
    NEAR: "#F76B15",
    NEXT: "#F2C14B",
    FAR: "#7FA7CC",
}

TISSUE_COLOURS: Final[tuple[str, ...]] = (
    "#B5796A", "#F5EFD8", "#D9B36C", "#A63A50", "#7A5C99", "#3C8DBC", "#E8D44D", "#4F7F8C",
    "#1F4E9E", "#B79CF7", "#F3E7A0", "#D62839", "#5A6672", "#E58AC2", "#66E0D0",
)  # fmt: skip
"""By the number of a class of the tissue map: soft tissue, cortical, cancellous, lytic, blastic,
spinal fluid, epidural fat, disc, cord, nerve, fat, vessel, gas, cement, water. A legend and the
line under the pictures name each."""

SKIN_COLOURS: Final[Mapping[int, str]] = {
    UNREACHED: "#4A5663",
    HELD: "#E5484D",
    REACHED: "#4D9DE0",
    AMPLE: "#F4FAFF",
}

LAYER_COLOURS: Final[Mapping[Layer, str]] = {
    Layer.VERTEBRAE: VERTEBRA,
    Layer.CANAL: CANAL,
    Layer.ESTIMATES: ESTIMATE,
    Layer.FORAMINA: FORAMEN,
    Layer.POSTERIOR_WALL: POSTERIOR_WALL,
    Layer.LESION: LESION,
    Layer.NEEDLES: NEEDLE,
    Layer.ZONES: ZONE,
    Layer.CEMENT: CEMENT,
    Layer.CROSSHAIR: CROSSHAIR,
}

SEVERITY_COLOURS: Final[Mapping[Severity, str]] = {
    Severity.BLOCK: "#E5484D",
    Severity.STOP: "#F76B15",
    Severity.NOT_EVALUATED: "#B79CF7",
    Severity.WARN: "#F2C14B",
    Severity.INFO: "#7FA7CC",
}

ON_SEVERITY: Final = "#0F1318"
"""Ink on a severity colour: readable in both themes, where the colour as ink is not."""

VERDICT_COLOURS: Final[Mapping[Verdict, str]] = {
    Verdict.NOT_EVALUATED: "#B79CF7",
    Verdict.HELD: "#F76B15",
    Verdict.WARNED: "#F2C14B",
    Verdict.CLEAR: "#7FA7CC",
}
