"""All a rule may look at besides the plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from planner.catalog import Catalog
    from planner.domain.anatomy import Anatomy
    from planner.domain.plan import AblationId, CementId
    from planner.domain.prediction import Exposure, MissingZone, PredictedCement, PredictedZone
    from planner.domain.volume import CtVolume


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One scan, its outlines, what the models predict, and the catalogue.

    Attributes
    ----------
    zones, cements
        Predictions by the id of what they predict; an absent one is NOT EVALUATED.
    today
        The date the age of the scan is counted to, UTC. Given, never read from a clock here,
        so that the same inputs always give the same findings.
    exposures
        Simulated heat or cold at structures, by ablation; absent where nothing was simulated.
    """

    ct: CtVolume
    anatomy: Anatomy
    zones: Mapping[AblationId, PredictedZone | MissingZone]
    cements: Mapping[CementId, PredictedCement]
    catalog: Catalog
    today: date
    exposures: Mapping[AblationId, Exposure] = field(default_factory=dict)
