"""Runs the heat and cold models of the plan shown, and says and draws what they gave."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.structures import in_words
from planner.session.drawing import SimulatedMark

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.plan import AblationId
    from planner.domain.simulation import Simulation
    from planner.session.case_desk import CaseDesk
    from planner.session.check_desk import CheckDesk
    from planner.session.floor import Floor
    from planner.session.job_desk import JobDesk
    from planner.session.plan_desk import PlanDesk
    from planner.session.ports import CaseServices

SLOT = "simulate"

POSSIBLE, ZONE, CERTAIN, ICE, LETHAL, DEEP = range(1, 7)
"""Codes of a drawn simulation: heat in the band, nominal, in every run; ice, -20 and -40 C."""

LETHAL_CELSIUS, DEEP_CELSIUS = -20.0, -40.0

BODY_CELSIUS = 37.0
WORST = 3
"""Structures that are named with their temperature; the findings name every other one."""


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

    @property
    def current(self) -> tuple[Simulation, ...]:
        """The result of the very plan shown; empty after any edit until it is found again."""
        evaluation = self._checks.evaluation
        return () if evaluation is None else evaluation.simulations

    @property
    def marks(self) -> tuple[SimulatedMark, ...]:
        """The result as drawn."""
        return tuple(mark_of(one) for one in self.current)

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
            lambda report: self._services.simulate(plan, ct, anatomy, report),
            self._came,
        )

    def _came(self, value: object) -> None:
        """Check again: the check finds the result of the plan it looks at, and no other."""
        found: tuple[Simulation, ...] = value  # type: ignore[assignment]  # what simulate returns
        left_out = [why for one in found for why in one.left_out.values()]
        self._floor.say(" ".join(["Simulated.", *left_out]), is_error=bool(left_out))
        self._checks.retry()

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
    if (coverage := one.coverage) is not None:
        words = f"Lesion covered {coverage.percent:.0f} % ({coverage.sure_percent:.0f} % for sure)"
        missed = f"; missed {coverage.missed_words}" if coverage.missed_words else ""
        lines.append(words + missed)
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
    worst = sorted(seen, key=change, reverse=True)[:WORST]
    lines = []
    for name in worst:
        course = one.courses[name]
        if one.is_cold:
            lines.append(f"{in_words(name)}: down to {course.coldest_celsius:.0f} °C")
        else:
            lines.append(f"{in_words(name)}: up to {course.hottest_celsius:.0f} °C")
    return lines


@lru_cache(maxsize=8)
def mark_of(one: Simulation) -> SimulatedMark:
    """Return a simulation as drawn: heat with its band, cold as ice and lethal isotherms."""
    codes: NDArray[np.uint8] = np.zeros(one.geometry.shape_kji, dtype=np.uint8)
    if one.is_cold:
        codes[one.lowest_celsius <= 0.0] = ICE
        codes[one.lowest_celsius <= LETHAL_CELSIUS] = LETHAL
        codes[one.lowest_celsius <= DEEP_CELSIUS] = DEEP
    else:
        codes[one.possible] = POSSIBLE
        codes[one.zone] = ZONE
        codes[one.certain] = CERTAIN
    return SimulatedMark(geometry=one.geometry, codes=codes, label=str(one.model.tier))
