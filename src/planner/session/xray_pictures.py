"""Simulated X-ray pictures of one needle's vertebra, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from planner.fluoroscopy import XrayView
    from planner.geometry.points import PointLps, Vector
    from planner.planning import CArmView

VERTEBRA_EDGE, CANAL_EDGE, LESION_EDGE = 1, 2, 3
"""Codes of ``XrayPicture.edges``; the later ones lie over the earlier."""

TITLES: Final = {
    "ap": "AP",
    "lateral": "Lateral",
    "oblique": "Along the pedicle",
    "down the barrel": "Down the needle",
}
ORDER: Final = tuple(TITLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class XraySubject:
    """What one picture is of; two equal ones give the same picture of the same case."""

    needle_side: str
    arm: CArmView
    isocentre: PointLps
    fill: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class XrayPicture:
    """One picture.

    Attributes
    ----------
    grey
        uint8 ``[row, column]``, bone bright.
    edges
        uint8 of the same shape: edges of shadows, as named above.
    midline
        Column and row of the ends of the body's midline, shape ``(2, 2)``; AP alone, else empty.
    spinous
        Column and row of the tip of the spinous process, shape ``(1, 2)``; AP alone, else empty.
    pedicles
        The rim of each pedicle's narrowest section, shape ``(n, 2)``; not in the lateral.
    """

    subject: XraySubject
    view: XrayView
    grey: NDArray[np.uint8]
    edges: NDArray[np.uint8]
    midline: Vector
    spinous: Vector
    pedicles: tuple[Vector, ...]

    @property
    def title(self) -> str:
        """Such as ``AP``."""
        return TITLES[self.subject.arm.name]

    @property
    def words(self) -> str:
        """The angles to dial, and how far the arm leans in the room."""
        arm = self.subject.arm
        if arm.tilt_deg is None:
            return f"{arm.words} (the scan does not say how the patient lay)"
        return f"{arm.words}, arm {arm.tilt_deg:.0f}° to the patient's {arm.tilt_towards}"
