"""Everything that is derived from one plan state, and the state a derivation is of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from planner.safety import input_digest
from planner.session import watch
from planner.session.cases import access_diameter_mm, check, scene_of
from planner.session.margins import measure_margins
from planner.session.ports import Evaluation
from planner.session.simulation import exposures_of

if TYPE_CHECKING:
    from planner.domain.plan import Plan
    from planner.session.cases import Case
    from planner.session.margins import Margin


def evaluated(plan: Plan, case: Case) -> Evaluation:
    """Predict, check and measure; nothing is measured where the check did not finish."""
    predictions, assessment = check(plan, case)
    zones = tuple(predictions.zones.values())
    cements = tuple(predictions.cements.values())

    def measured(beat: watch.Beat) -> tuple[Margin, ...]:
        widths = {
            needle.id: access_diameter_mm(plan, needle.id, case.catalog)
            for needle in plan.trajectories
        }
        exposures = exposures_of(predictions.simulations)
        return measure_margins(plan, case.anatomy, zones, cements, widths, beat, exposures)

    finished = bool(assessment.input_sha256)
    return Evaluation(
        plan=plan,
        zones=zones,
        cements=cements,
        margins=watch.watched(measured, watch.PATIENCE_S) if finished else (),
        assessment=assessment,
        simulations=predictions.simulations,
        unfilled={str(key): why for key, why in predictions.unfilled.items()},
        scene=scene_of(case, predictions),
    )


def state_sha256(plan: Plan, case: Case, evaluation: Evaluation) -> str:
    """Return the digest of the state of a case now, with what an evaluation predicts of it."""
    if evaluation.scene is None:
        return ""
    now = replace(
        evaluation.scene,
        ct=case.ct,
        anatomy=case.anatomy,
        catalog=case.catalog,
        today=datetime.now(UTC).date(),
    )
    return input_digest(plan, now)
