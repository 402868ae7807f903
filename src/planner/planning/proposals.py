"""What a search for trajectories returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.domain.plan import Trajectory
    from planner.planning.measures import TrajectoryMeasures


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedTrajectory:
    """One way in, with what speaks for it.

    Attributes
    ----------
    score
        In mm: the worst of clearance and bone about the needle, less what makes it awkward.
    worst_mm
        That worst distance itself.
    gas_mm
        Distance to lung or bowel gas as the CT shows it, infinite when none is near.
    worst_under_error_mm
        The same with the tip placed off by the error of a hand, in the worst direction.
    reasons
        Sentences, the good ones first.
    """

    trajectory: Trajectory
    measures: TrajectoryMeasures
    score: float
    worst_mm: float
    gas_mm: float
    worst_under_error_mm: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposals:
    """The outcome of a search.

    Attributes
    ----------
    trajectories
        Best first.
    none_because
        A sentence for each side and approach that gave no path.
    notes
        What else the user should know, such as a lesion that takes two needles.
    searched
        Number of paths looked at.
    """

    trajectories: tuple[ProposedTrajectory, ...]
    none_because: tuple[str, ...]
    notes: tuple[str, ...] = ()
    searched: int = 0
