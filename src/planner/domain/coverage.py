"""How much of what has to die dies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.geometry.points import PointLps


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedPart:
    """What lives of a target in one part of a vertebra, such as ``L3 pedicle left``."""

    words: str
    volume_ml: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of a target dies: the outlined lesion, or its clinical target volume.

    Attributes
    ----------
    of, volume_ml
        Which of the two, and how large it is.
    percent, sure_percent
        In the nominal run, and in every run.
    least_margin_mm
        Least depth of the lesion inside the zone; negative by how far it sticks out.
    missed_ml, missed_at, missed_words
        The largest joined part that lives: its volume, its middle, and where that is in the body.
    missed_parts
        All that lives, by the part of the vertebra it lies in, largest first.
    curve
        Percent of the lesion that takes at least a heat dose, by CEM43 minutes; for cold by the
        temperature it is cooled to.
    """

    percent: float
    sure_percent: float
    least_margin_mm: float
    curve: tuple[tuple[float, float], ...]
    missed_ml: float = 0.0
    missed_at: PointLps | None = None
    missed_words: str = ""
    missed_parts: tuple[MissedPart, ...] = ()
    of: str = "lesion"
    volume_ml: float = 0.0
