"""What there is to recover and to open again, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from planner.domain.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRow:
    """Work that a program left when it ended without saving; it names no patient."""

    sheet: Path
    title: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentRow:
    """A plan that was open; ``file_name`` is shown on request only."""

    path: Path
    title: str
    detail: str
    file_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionRow:
    """A revision of the open plan that was kept."""

    path: Path
    title: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptState:
    """What there is to recover and to open again.

    Attributes
    ----------
    trouble
        Why the work is not in the journal; empty while it is, or while there is none.
    """

    offers: tuple[OfferRow, ...] = ()
    recents: tuple[RecentRow, ...] = ()
    trouble: str = ""


def treated(plan: Plan) -> str:
    """Say which levels a plan treats, by side; names nobody."""
    sides = dict.fromkeys(f"{needle.level} {needle.side}" for needle in plan.trajectories)
    return ", ".join(sides) or "no needle yet"
