"""Asks the planning room for needles, and says in a line what each is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.planning import propose
from planner.session.ports import Suggestion, Suggestions

if TYPE_CHECKING:
    from planner.catalog import Catalog
    from planner.domain.anatomy import Anatomy
    from planner.domain.levels import Level, Side
    from planner.domain.progress import ProgressReport
    from planner.domain.volume import CtVolume
    from planner.planning import ProposedPair, ProposedTrajectory
    from planner.session.ports import Wish

SUGGESTIONS = 3
"""How many paths, and how many pairs, are offered at once; nobody reads a longer list."""


def proposed(  # one question: where, for whom, and what to keep to
    ct: CtVolume,
    anatomy: Anatomy,
    level: Level,
    side: Side | None,
    wish: Wish,
    catalog: Catalog,
    report: ProgressReport,
) -> Suggestions:
    """Return pairs first where the lesion needs two needles, then the best single ones."""
    device = catalog.devices[wish.device_id] if wish.device_id else None
    found = propose(
        ct,
        anatomy,
        level,
        side=side,
        approach=wish.approach,
        entry=wish.entry,
        target=wish.target,
        device=device,
        outer_diameter_mm=catalog.access_diameter([device] if device else [], wish.size).value,
        count=SUGGESTIONS,
        two_needles=wish.two_needles,
        report=report,
    )
    pairs = tuple(_pair(one) for one in found.pairs)
    singles = tuple(_single(one) for one in found.trajectories)
    return Suggestions(
        ranked=(*pairs, *singles), none_because=found.none_because, notes=found.notes
    )


def _single(one: ProposedTrajectory) -> Suggestion:
    needle = one.trajectory
    held = "" if one.coverage is None else f", zone holds {one.coverage:.0%}"
    return Suggestion(
        trajectory=needle,
        reasons=one.reasons,
        title=f"{needle.side.title()} {needle.approach}: {one.worst_mm:.1f} mm clear, "
        f"{one.worst_under_error_mm:.1f} if the hand errs{held}",
    )


def _pair(one: ProposedPair) -> Suggestion:
    held = "" if one.coverage is None else f", zones hold {one.coverage:.0%}"
    return Suggestion(
        trajectory=one.left.trajectory,
        second=one.right.trajectory,
        reasons=(*one.reasons, *one.left.reasons[:2], *one.right.reasons[:2]),
        title=f"Left and right: {one.worst_mm:.1f} mm clear{held}",
    )
