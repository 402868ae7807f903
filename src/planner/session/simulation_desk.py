"""Runs the heat and cold models of the plan shown, and says and draws what they gave."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.domain.coverage_words import coverage_lines
from planner.domain.structures import AORTA, VENA_CAVA, in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.domain.anatomy import Anatomy
    from planner.domain.coverage import Coverage
    from planner.domain.plan import AblationId, Plan
    from planner.domain.prediction import MissingZone, PredictedZone
    from planner.domain.progress import ProgressReport
    from planner.domain.simulation import Simulation
    from planner.domain.volume import CtVolume
    from planner.session.case_desk import CaseDesk
    from planner.session.check_desk import CheckDesk
    from planner.session.drawing import SimulatedMark
    from planner.session.floor import Floor
    from planner.session.job_desk import JobDesk
    from planner.session.plan_desk import PlanDesk
    from planner.session.ports import CaseServices
    from planner.session.window_states import TreatState

SLOT = "simulate"

BODY_CELSIUS = 37.0
WORST = 3
"""Structures that are named with their temperature; the findings name every other one."""

VESSELS = (AORTA, VENA_CAVA)
NO_LIMIT = "; no rule judges it: no limit for a vessel was found"
"""Said beside a vessel wherever the simulation reaches it, because its heat is no finding."""


class SimulationDesk:
    """Simulates on demand; the result is shown while it is of the plan shown."""

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
        self._shown_s: dict[tuple[str, bool], float] = {}
        self._played: tuple[Simulation, float, SimulatedMark] | None = None

    @property
    def current(self) -> tuple[Simulation, ...]:
        """The result of the very plan shown; empty after any edit until it is found again."""
        evaluation = self._checks.evaluation
        return () if evaluation is None else evaluation.simulations

    @property
    def marks(self) -> tuple[SimulatedMark, ...]:
        """The result as drawn, each run at the moment it is shown at."""
        return tuple(self._mark(one) for one in self.current)

    def _mark(self, one: Simulation) -> SimulatedMark:
        from planner.session.simulated_marks import mark_at, mark_of  # noqa: PLC0415 - loads after the window

        at_s = self.at_s(one)
        if at_s >= one.total_s:
            return mark_of(one)
        if self._played is None or self._played[0] is not one or self._played[1] != at_s:
            self._played = (one, at_s, mark_at(one, at_s))
        return self._played[2]

    # the time line

    def at_s(self, one: Simulation) -> float:
        """Return the moment a run is shown at: its end unless the slider was moved."""
        from planner.session.time_line import has_time_line  # noqa: PLC0415 - loads after the window

        if not has_time_line(one, self._edits.plan):
            return one.total_s
        return min(self._shown_s.get((one.input_sha256, one.is_cold), one.total_s), one.total_s)

    def beside(
        self, zones: Sequence[PredictedZone | MissingZone]
    ) -> tuple[PredictedZone | MissingZone, ...]:
        """Return the zones of tables to draw: not of a burn that is shown before its end."""
        played = {
            ablation
            for one in self.current
            if self.at_s(one) < one.total_s
            for ablation in one.extents
        }
        return tuple(zone for zone in zones if zone.ablation_id not in played)

    def play(self, at_s: float) -> None:
        """Show what is dead of the selected needle's zone, and of those simulated with it."""
        needle, plan = self._edits.needle, self._edits.plan
        own = [a.id for a in plan.ablations if needle and a.trajectory_id == needle.id]
        for one in self.current:
            if own and own[0] in one.extents:
                self._shown_s = {(one.input_sha256, one.is_cold): at_s}
                self._floor.refresh()

    def told(self, state: TreatState, ablation: AblationId | None) -> TreatState:
        """Return what is shown of a treatment with its time line."""
        from planner.session.time_line import has_time_line, time_lines  # noqa: PLC0415 - loads after the window

        for one in self.current:
            if ablation is not None and ablation in one.extents:
                plan, at_s = self._edits.plan, self.at_s(one)
                total_s = one.total_s if has_time_line(one, plan) else 0.0
                lines = time_lines(one, plan, ablation, at_s)
                return replace(state, heat_total_s=total_s, heat_at_s=at_s, heat_lines=lines)
        return state

    def start(self) -> None:
        """Simulate the plan as it is now, in tier full, in the background."""
        ct, anatomy = self._case.ct, self._edits.anatomy
        if ct is None or anatomy is None or self._edits.document is None:
            self._floor.say("Outline the spine first: heat needs to know bone.", is_error=True)
            return
        plan = self._edits.plan
        self._jobs.start(
            SLOT,
            "Simulating heat and cold",
            lambda report: self._simulated(plan, ct, anatomy, report),
            self._came,
        )

    def _simulated(
        self, plan: Plan, ct: CtVolume, anatomy: Anatomy, report: ProgressReport
    ) -> tuple[Simulation, ...]:
        """Simulate, and make ready what is drawn; runs in a worker."""
        from planner.session.simulated_marks import mark_of  # noqa: PLC0415 - loads after the window

        found = self._services.simulate(plan, ct, anatomy, report)
        for one in found:
            mark_of(one)
        return found

    def _came(self, value: object) -> None:
        """Check again: the check finds the result of the plan it looks at, and no other."""
        found: tuple[Simulation, ...] = value  # type: ignore[assignment]  # what simulate returns
        left_out = [why for one in found for why in one.left_out.values()]
        self._floor.say(" ".join(["Simulated.", *left_out]), is_error=bool(left_out))
        self._checks.retry()

    def coverage(self, ablation_id: AblationId | None) -> tuple[Coverage, ...]:
        """Return what is covered of lesion and target volume by the simulation shown."""
        for one in self.current:
            if ablation_id in one.extents:
                return tuple(x for x in (one.coverage, one.target_coverage) if x is not None)
        return ()

    def lines(self, ablation_id: AblationId | None) -> tuple[str, ...]:
        """Return what the simulation says of an ablation, in words."""
        for one in self.current:
            if ablation_id is not None and ablation_id in one.extents:
                return simulation_lines(one, ablation_id)
        return ()


def simulation_lines(one: Simulation, ablation_id: AblationId) -> tuple[str, ...]:
    """Return size, coverage and the worst temperatures; nothing finer than the band earns."""
    size = one.extents[ablation_id]
    if not size.volume_ml > 0.0:
        lines = ["Simulated: no tissue dies."]
    else:
        lines = [
            f"Simulated: {size.length_mm:.0f} x {size.width_mm:.0f} x {size.height_mm:.0f} mm "
            f"± {one.band_mm:.0f} mm, {size.volume_ml:.0f} mL"
        ]
    for coverage in (one.coverage, one.target_coverage):
        lines += [] if coverage is None else coverage_lines(coverage)
    lines += _temperatures(one)
    lines.append(f"{one.model.name}, {one.model.tier}, {one.model.status}; not for dose control")
    return tuple(lines)


def _temperatures(one: Simulation) -> list[str]:
    """Return the structures that change most, with the worst of all runs."""

    def change(name: str) -> float:
        course = one.courses[name]
        if one.is_cold:
            return BODY_CELSIUS - course.coldest_celsius
        return course.hottest_celsius - BODY_CELSIUS

    seen = [name for name, course in one.courses.items() if course.in_grid]
    worst = sorted(seen, key=change, reverse=True)
    vessels = [name for name in seen if name in VESSELS]
    worst = [name for name in worst if name not in VESSELS][:WORST] + vessels
    lines = []
    for name in worst:
        course = one.courses[name]
        if one.is_cold:
            words = f"down to {course.coldest_celsius:.0f} °C"
        else:
            words = f"up to {course.hottest_celsius:.0f} °C"
        if course.times is not None and course.times.words:
            words = f"{words}; {course.times.words}"
        lines.append(f"{in_words(name)}: {words}{NO_LIMIT if name in VESSELS else ''}")
    return lines
