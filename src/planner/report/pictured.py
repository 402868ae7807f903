"""What a report draws on besides the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.domain.anatomy import Anatomy
    from planner.domain.plan import AblationId, CementId
    from planner.domain.prediction import (
        Exposure,
        MissingZone,
        PredictedCement,
        PredictedZone,
    )
    from planner.domain.volume import CtVolume


class Pictured(Protocol):
    """What pictures are made from; ``planner.safety`` scenes have all of it."""

    @property
    def ct(self) -> CtVolume | None:
        """The scan."""

    @property
    def anatomy(self) -> Anatomy | None:
        """The outlines, or ``None`` when there are none."""

    @property
    def zones(self) -> Mapping[AblationId, PredictedZone | MissingZone]:
        """One prediction per ablation."""

    @property
    def cements(self) -> Mapping[CementId, PredictedCement]:
        """One prediction per cement injection."""

    @property
    def exposures(self) -> Mapping[AblationId, Exposure]:
        """Simulated heat or cold at structures, where there is any."""
