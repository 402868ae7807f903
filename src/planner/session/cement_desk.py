"""The cement shown: how likely it leaks, worked out in the background, and how much is drawn."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from planner.session.cement_words import leak_lines
from planner.session.drawing import CementMark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.domain.cement import LeakForecast
    from planner.domain.plan import CementId, Plan
    from planner.domain.prediction import PredictedCement
    from planner.domain.progress import ProgressReport
    from planner.session.case_desk import CaseDesk
    from planner.session.check_desk import CheckDesk
    from planner.session.floor import Floor
    from planner.session.job_desk import JobDesk
    from planner.session.plan_desk import PlanDesk
    from planner.session.ports import CaseServices
    from planner.session.window_states import TreatState

SLOT = "leaks"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What is worked out of the injections of one plan, beside its check."""

    forecasts: Mapping[CementId, LeakForecast] = field(default_factory=dict)
    advice: Mapping[CementId, tuple[str, ...]] = field(default_factory=dict)


class CementDesk:
    """Asks for the chances of a leak once a check is current, and plays the injection."""

    def __init__(
        self,
        services: CaseServices,
        floor: Floor,
        jobs: JobDesk,
        case: CaseDesk,
        edits: PlanDesk,
        checks: CheckDesk,
    ) -> None:
        self._services = services
        self._floor = floor
        self._jobs = jobs
        self._case = case
        self._edits = edits
        self._checks = checks
        self._of: tuple[object, ...] = ()
        self._told = _Told()
        self._given_ml: dict[CementId, float] = {}
        self._measured: tuple[PredictedCement, tuple[str, ...]] | None = None
        self._marks: dict[tuple[CementId, float], tuple[PredictedCement, CementMark]] = {}

    def forget(self) -> None:
        """Have nothing to say."""
        self._jobs.cancel(SLOT)
        self._of, self._told, self._given_ml, self._marks = (), _Told(), {}, {}
        self._measured = None

    def forecast(self, injection: CementId) -> LeakForecast | None:
        """Return the chances of an injection of the plan as it is now, once they are there."""
        return self._told.forecasts.get(injection) if self._is_of_the_plan() else None

    def _advice(self, injection: CementId) -> tuple[str, ...]:
        return self._told.advice.get(injection, ()) if self._is_of_the_plan() else ()

    def _is_of_the_plan(self) -> bool:
        evaluation = self._checks.evaluation
        return evaluation is not None and self._of == self._key(evaluation.plan)

    def follow(self) -> None:
        """Start working out the chances of the plan shown, where that was not done."""
        evaluation = self._checks.evaluation
        ct, anatomy = self._case.ct, self._edits.anatomy
        if evaluation is None or ct is None or anatomy is None or self._edits.is_dragging:
            return
        key = self._key(evaluation.plan)
        if key == self._of:
            return
        self._of, self._told = key, _Told()
        if not evaluation.cements:
            self._jobs.cancel(SLOT)
            return
        plan, scene = evaluation.plan, evaluation.scene

        def work(report: ProgressReport) -> _Told:
            from planner.session.cement_advice import (  # noqa: PLC0415 - loads after the window
                advice_lines,
            )

            chances = self._services.forecast_leaks(plan, ct, anatomy, report)
            if scene is None:
                return _Told(forecasts=chances)
            return _Told(
                forecasts=chances,
                advice={one.id: advice_lines(plan, one, scene) for one in plan.cements},
            )

        def came(value: object) -> None:
            if self._of == key and isinstance(value, _Told):
                self._told = value
                self._floor.refresh()

        def gone() -> None:
            if self._of == key:
                self._told = _Told()

        self._jobs.start(
            SLOT,
            "Estimating where cement may leak",
            work,
            came,
            gone=gone,
        )

    def _key(self, plan: Plan) -> tuple[object, ...]:
        return (plan.cements, plan.trajectories, plan.ablations, self._edits.anatomy)

    def told(self, state: TreatState, fills: Sequence[PredictedCement]) -> TreatState:
        """Return what is shown of a treatment with what is known of its leaks."""
        chosen = self._selected()
        fill = next((one for one in fills if one.cement_injection_id == chosen), None)
        if chosen is None or fill is None:
            return state
        return replace(
            state,
            cement_lines=(
                *state.cement_lines,
                *self._measure_lines(fill),
                *self._advice(chosen),
                *leak_lines(fill, self.forecast(chosen)),
            ),
            cement_placed_ml=fill.placed_ml,
            cement_given_ml=self.given_ml(fill),
        )

    def _measure_lines(self, fill: PredictedCement) -> tuple[str, ...]:
        """Return what a fill amounts to; worked out once for each."""
        needle, anatomy = self._edits.needle, self._edits.anatomy
        if needle is None or anatomy is None or needle.level not in anatomy.vertebrae:
            return ()
        if self._measured is None or self._measured[0] is not fill:
            from planner.session.cement_measures import (  # noqa: PLC0415 - loads after the window
                measure_lines,
                measured,
            )

            lines = measure_lines(measured(fill, anatomy, needle.level, needle.tip))
            self._measured = (fill, lines)
        return self._measured[1]

    # playing it

    def play(self, given_ml: float) -> None:
        """Show the cement of the selected needle as it lies after so much of it."""
        chosen = self._selected()
        if chosen is not None:
            self._given_ml[chosen] = given_ml
            self._floor.refresh()

    def given_ml(self, fill: PredictedCement) -> float:
        """Return how much of a fill is shown: all of it unless the slider was moved."""
        wanted = self._given_ml.get(fill.cement_injection_id, fill.placed_ml)
        return min(wanted, fill.placed_ml)

    def marks(
        self, fills: Sequence[PredictedCement], whole: Mapping[CementId, CementMark]
    ) -> list[CementMark]:
        """Return the fills as drawn, each after what is shown of it."""
        found = []
        for fill in fills:
            given = self.given_ml(fill)
            if given >= fill.placed_ml:
                found.append(whole[fill.cement_injection_id])
                continue
            key = (fill.cement_injection_id, given)
            if key not in self._marks or self._marks[key][0] is not fill:
                self._marks = {key: (fill, CementMark.of(fill, given))}
            found.append(self._marks[key][1])
        return found

    def _selected(self) -> CementId | None:
        needle = self._edits.needle
        if needle is None or self._edits.document is None:
            return None
        own = [one.id for one in self._edits.plan.cements if one.trajectory_id == needle.id]
        return own[0] if own else None
