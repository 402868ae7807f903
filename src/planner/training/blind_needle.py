"""A needle in the hand of who sees X-ray pictures alone: skin point, two angles and depth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from planner.domain.errors import UsageError

DEEPEST_MM: Final = 200.0
FARTHEST_MM: Final = 150.0
STEEPEST_DEG: Final = 70.0
IN_THE_PATIENT: Final = (
    "Draw the needle back to the skin first: in the patient it only goes deeper."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindNeedle:
    """What the hand set.

    Attributes
    ----------
    left_mm, head_mm
        The point on the skin of the back, from the middle of the room: to the patient's left and
        to the head.
    towards_midline_deg, upward_deg
        As in ``Trajectory``.
    depth_mm
        From the skin to the tip; 0 while it only touches.
    """

    left_mm: float = 0.0
    head_mm: float = 0.0
    towards_midline_deg: float = 0.0
    upward_deg: float = 0.0
    depth_mm: float = 0.0

    def __post_init__(self) -> None:
        for name, most in (
            ("left_mm", FARTHEST_MM),
            ("head_mm", FARTHEST_MM),
            ("towards_midline_deg", STEEPEST_DEG),
            ("upward_deg", STEEPEST_DEG),
        ):
            if not abs(getattr(self, name)) <= most:
                raise ValueError(f"{name} goes from -{most:g} to {most:g}")
        if not 0.0 <= self.depth_mm <= DEEPEST_MM:
            raise ValueError(f"a needle goes 0 to {DEEPEST_MM:g} mm deep, got {self.depth_mm}")

    def moved_to(self, other: BlindNeedle) -> BlindNeedle:
        """Return the needle as it is wanted, where a hand can bring it there.

        Raises
        ------
        UsageError
            When another skin point or angle is wanted while the needle is in the patient.
        """
        if self.depth_mm > 0.0 and replace(other, depth_mm=self.depth_mm) != self:
            raise UsageError(IN_THE_PATIENT)
        return other
