"""What a search for trajectories returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.domain.plan import Trajectory
    from planner.planning.measures import TrajectoryMeasures
    from planner.planning.needle_gaps import NeedleGap


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedTrajectory:
    """One way in, with what speaks for it.

    Attributes
    ----------
    score
        In mm: the worst of clearance and bone about the needle, and what covering the lesion is
        worth, less what makes the path awkward and long.
    worst_mm
        That worst distance itself.
    gas_mm
        Distance to lung or bowel gas as the CT shows it, infinite when none is near.
    worst_under_error_mm
        The same with the tip placed off by the error of a hand, in the worst direction.
    reasons
        Sentences, the good ones first.
    coverage
        Share of the lesion in this body that the device's first zone would hold; ``None`` without
        a lesion or a table.
    """

    trajectory: Trajectory
    measures: TrajectoryMeasures
    score: float
    worst_mm: float
    gas_mm: float
    worst_under_error_mm: float
    reasons: tuple[str, ...]
    coverage: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedPair:
    """Two needles, one from each side, for a lesion that one does not cover.

    Attributes
    ----------
    left, right
        The two, each with its own reasons.
    worst_mm
        The lesser of their worst distances.
    between
        How far apart they are.
    coverage
        Share of the lesion in this body that both zones would hold together; ``None`` where no
        device with a table was given.
    reasons
        Sentences about the two together.
    """

    left: ProposedTrajectory
    right: ProposedTrajectory
    worst_mm: float
    between: NeedleGap
    coverage: float | None
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
    pairs
        Two needles at once, best first, where they were asked for or the lesion needs them.
    """

    trajectories: tuple[ProposedTrajectory, ...]
    none_because: tuple[str, ...]
    notes: tuple[str, ...] = ()
    searched: int = 0
    pairs: tuple[ProposedPair, ...] = ()
