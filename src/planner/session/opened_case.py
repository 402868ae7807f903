"""A case that was opened, and the codes of a plan whose CT is not the right one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from planner.domain.anatomy import Anatomy
    from planner.domain.plan import Plan
    from planner.domain.volume import CtVolume
    from planner.session.outlines import OutlineVolume

CT_GONE = "PLAN-CT-GONE"
"""Nothing is where the CT of a plan was."""

OTHER_CT = "PLAN-OTHER-CT"
"""What lies there is a different scan."""

NO_OUTLINES = "none"
"""The backend of a plan whose scan was never outlined."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OpenedCase:
    """A scan that was read whole, and the plan on it."""

    plan: Plan
    ct: CtVolume
    anatomy: Anatomy | None
    drawn: OutlineVolume | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingScan:
    """A plan whose own CT is not where it was, or is another one.

    Attributes
    ----------
    wanted
        What to look for, in words.
    other
        Where a different scan lies, that may be opened without the plan; ``None`` when nothing
        does.
    """

    plan_file: Path
    sentence: str
    wanted: str
    other: Path | None
