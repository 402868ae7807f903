"""A case that was opened, and the codes of a plan whose CT is not the right one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.domain.anatomy import Anatomy
    from planner.domain.plan import Plan
    from planner.domain.volume import CtVolume
    from planner.session.outlines import OutlineVolume

CT_GONE = "PLAN-CT-GONE"
"""Nothing is where the CT of a plan was."""

OTHER_CT = "PLAN-OTHER-CT"
"""What lies there is a different scan."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OpenedCase:
    """A scan that was read whole, and the plan on it."""

    plan: Plan
    ct: CtVolume
    anatomy: Anatomy | None
    drawn: OutlineVolume | None = None
