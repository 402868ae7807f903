"""Thermometers of the simulation that is shown: looked up in the background, never for another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.session.drawing import ThermometerMark

if TYPE_CHECKING:
    from planner.domain.anatomy import Anatomy
    from planner.domain.volume import CtVolume
    from planner.session.case_desk import CaseDesk
    from planner.session.job_desk import JobDesk
    from planner.session.plan_desk import PlanDesk
    from planner.session.ports import CaseServices
    from planner.session.simulation_desk import SimulationDesk
    from planner.session.thermometer_plan import PlannedThermometer

SLOT = "thermometers"


class ThermometerDesk:
    """Follows the simulation desk."""

    def __init__(
        self,
        services: CaseServices,
        jobs: JobDesk,
        case: CaseDesk,
        edits: PlanDesk,
        simulation: SimulationDesk,
    ) -> None:
        self._services = services
        self._jobs = jobs
        self._case = case
        self._edits = edits
        self._simulation = simulation
        self._asked: object = None
        self._found: tuple[object, tuple[PlannedThermometer, ...]] = (None, ())

    def forget(self) -> None:
        """Drop what belongs to another scan."""
        self._asked, self._found = None, (None, ())

    @property
    def planned(self) -> tuple[PlannedThermometer, ...]:
        """Those of the simulation that is shown."""
        key, found = self._found
        return found if key is not None and key == self._now() else ()

    @property
    def lines(self) -> tuple[str, ...]:
        """Each in words."""
        return tuple(f"{one.name}: {one.words}" for one in self.planned)

    @property
    def marks(self) -> tuple[ThermometerMark, ...]:
        """Each as drawn."""
        return tuple(
            ThermometerMark(at=one.at, skin=one.path.skin if one.path else None, label=one.label)
            for one in self.planned
        )

    def _now(self) -> object:
        """Return what they rest on: the simulations of the very plan that is shown."""
        current = self._simulation.current
        if not current or self._case.ct is None or self._edits.anatomy is None:
            return None
        digests = tuple(one.input_sha256 for one in current)
        return (digests, self._edits.plan.trajectories, self._edits.anatomy)

    def follow(self) -> None:
        """Look the paths up where the simulation is another one."""
        key = self._now()
        ct, anatomy = self._case.ct, self._edits.anatomy
        if key is None or key == self._asked or SLOT in self._jobs.busy:
            return
        if ct is None or anatomy is None or self._edits.is_dragging:
            return
        self._asked = key
        plan, simulations = self._edits.plan, self._simulation.current

        def work(ct: CtVolume, anatomy: Anatomy) -> tuple[PlannedThermometer, ...]:
            return self._services.thermometers(plan, ct, anatomy, simulations)

        def came(value: object) -> None:
            self._found = (key, value)  # type: ignore[assignment]  # what thermometers returns

        words = "Looking for paths to thermometers"
        self._jobs.start(SLOT, words, lambda _report: work(ct, anatomy), came)
